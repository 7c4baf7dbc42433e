//! A dealer's system as a server on this machine: it takes what is delivered, answers as it is told, and
//! keeps what came.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a test waits for what always comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is answered to one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A status, with no body.
    Status(u16),
    /// A status that asks for a pause, in seconds.
    Busy(u16, u32),
    /// A redirect.
    To(String),
    /// A body of so many bytes.
    Huge(usize),
    /// Success, and a body that never ends.
    Drip,
    /// Nothing, for as long as somebody waits.
    Never,
}

/// One delivery, as it came.
#[derive(Clone, Debug)]
pub struct Came {
    /// The path.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Came {
    /// A header's value; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    usual: Mutex<Answer>,
    came: watch::Sender<Vec<Came>>,
}

/// The server. Ends with this value.
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    ending: CancellationToken,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

impl Sink {
    /// One that takes everything.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let came = watch::Sender::new(Vec::new());
        let shared = Arc::new(Shared {
            answers: Mutex::default(),
            usual: Mutex::new(Answer::Status(204)),
            came,
        });
        let doors = Router::new().fallback(take).with_state(Arc::clone(&shared));
        let ending = CancellationToken::new();
        let ended = ending.clone();
        TaskTracker::new().spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                _ = IntoFuture::into_future(axum::serve(listener, doors)) => {}
            }
        });
        Ok(Self { address, shared, ending })
    }

    /// Answers so whatever nothing else is said for.
    pub fn usually(&self, answer: Answer) {
        *self.shared.usual.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// Answers the next deliveries so; after that as usual, which is to take everything.
    pub fn next(&self, answers: impl IntoIterator<Item = Answer>) {
        let mut queue = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(answers);
    }

    /// `host:port`, as the operator allows it.
    pub fn target(&self) -> String {
        self.address.to_string()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Came> {
        self.shared.came.borrow().clone()
    }

    /// Waits until so many have come.
    pub async fn wait_for(&self, count: usize) -> anyhow::Result<Vec<Came>> {
        let mut came = self.shared.came.subscribe();
        let enough = timeout(PATIENCE, came.wait_for(|came| count <= came.len())).await;
        let enough = enough.with_context(|| format!("fewer than {count} deliveries came"))?;
        Ok(enough?.clone())
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8_lossy(&body).into_owned();
    let came = Came { path: uri.path().to_owned(), headers, body };
    let answer = {
        let mut queue = shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let usual = shared.usual.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop_front().unwrap_or_else(|| usual.clone())
    };
    shared.came.send_modify(|all| all.push(came));
    let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match answer {
        Answer::Status(code) => status(code).into_response(),
        Answer::Busy(code, seconds) => {
            (status(code), [(header::RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Answer::To(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Answer::Huge(bytes) => "x".repeat(bytes).into_response(),
        Answer::Drip => {
            let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"x"))]);
            Body::from_stream(first.chain(stream::pending())).into_response()
        }
        Answer::Never => std::future::pending().await,
    }
}
