//! A language model as a server on this machine, for tests and demos: it speaks the streaming
//! formats of OpenAI, Anthropic and Mistral, byte by byte as it is told, and fails in every way.
//!
//! Addresses: `/openai/v1` and `/mistral/v1` refuse what these providers refuse, `/anthropic/v1`
//! wants its headers, `/v1` takes anything as self-hosted servers do. Other processes drive it:
//!
//! ```text
//! POST /__script   a script, a list of scripts, or {"named": "…"}: for the next requests
//! POST /__default  the same, for all requests without a script of their own
//! POST /__release  lets one request through its gate ({"count": n}: so many)
//! GET  /__requests what was asked so far, with how each request ended
//! GET  /__calls    only the last words of each
//! GET  /__told     these, when each came, and the stamped words that it was told
//! ```

pub mod asking;
pub mod control;
pub mod faults;
pub mod http;
pub mod listen;
pub mod script;
pub mod server;
pub mod wire;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ::relay::llm::{LlmConfig, ProviderKind};
use serde::Serialize;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use script::{Act, Newline, Script};

/// How long a test waits for a fact before it gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is still being answered.
    Open,
    /// The script was played to its end.
    Played,
    /// The client left before that.
    Cancelled,
}

/// A request, as it came.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The path.
    pub path: String,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// When it had come, in nanoseconds on the wall.
    pub arrived_ns: u64,
    /// The words of [`Act::Stamped`] that it was told so far.
    pub stamped: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) inner: Mutex<Inner>,
    /// Counts changes of `inner`, so that a test can wait for one.
    pub(crate) changes: watch::Sender<u64>,
    /// Each release adds a permit, each gate takes one.
    pub(crate) gate: Semaphore,
}

/// What the server was told and what it has seen.
pub(crate) struct Inner {
    pub(crate) scripts: VecDeque<Script>,
    pub(crate) usual: Script,
    pub(crate) requests: Vec<Recorded>,
}

impl Shared {
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        let result = act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
        result
    }

    pub(crate) fn settle(&self, number: usize, outcome: Outcome) {
        self.with(|inner| {
            if let Some(request) = inner.requests.get_mut(number) {
                request.outcome = outcome;
            }
        });
    }
}

/// The server. Dropping it closes all its connections.
pub struct MockLlm {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl MockLlm {
    /// Starts it on a free port.
    pub async fn start() -> std::io::Result<Self> {
        Self::listen(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts it on this address.
    pub async fn listen(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            inner: Mutex::new(Inner {
                scripts: VecDeque::new(),
                usual: Script::default(),
                requests: Vec::new(),
            }),
            changes: watch::Sender::new(0),
            gate: Semaphore::new(0),
        });
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let run = server::run(listener, Arc::clone(&shared), tasks.clone(), stop.clone());
        tasks.spawn(run);
        Ok(Self { address, shared, stop })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base URL for a provider: `openai`, `anthropic`, `mistral`, or `""` for a self-hosted one.
    pub fn base_url(&self, provider: &str) -> String {
        match provider {
            "" | "openai-compatible" => format!("{}/v1", self.url()),
            provider => format!("{}/{provider}/v1", self.url()),
        }
    }

    /// The relay's configuration for this server as one of the providers.
    pub fn config(&self, provider: ProviderKind) -> LlmConfig {
        LlmConfig {
            provider,
            model: Some("mock".into()),
            base_url: Some(self.base_url(provider.word())),
            api_key: Some("sk-canary-key".to_owned().into()),
            ..LlmConfig::default()
        }
    }

    /// Plays a script for the next request that has none yet.
    pub fn script(&self, script: Script) {
        self.shared.with(|inner| inner.scripts.push_back(script));
    }

    /// Plays a script for each request without one of its own.
    pub fn usually(&self, script: Script) {
        self.shared.with(|inner| inner.usual = script);
    }

    /// Lets one request through its gate.
    pub fn release(&self) {
        self.shared.gate.add_permits(1);
    }

    /// What was asked so far.
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.inner.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }

    /// Forgets what was asked and what was to be played.
    pub fn forget(&self) {
        self.shared.with(|inner| {
            inner.requests.clear();
            inner.scripts.clear();
        });
    }

    /// Waits until the requests are as wanted.
    ///
    /// # Panics
    /// After [`PATIENCE`], with what was asked so far.
    pub async fn wait(&self, what: &str, wanted: impl Fn(&[Recorded]) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        let fact = async {
            while !wanted(&self.requests()) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let in_time = timeout(PATIENCE, fact).await.is_ok();
        assert!(in_time, "waited in vain for: {what}; outcomes: {:?}", self.outcomes());
    }

    /// How the requests ended, in their order.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.requests().into_iter().map(|request| request.outcome).collect()
    }
}

impl Drop for MockLlm {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
