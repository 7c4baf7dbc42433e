//! The listeners: from a TCP connection to the routes, with a bound on all that a stranger can hold.
//!
//! `axum::serve` has no bound on how long a request's head may take, and would speak HTTP/2 as soon
//! as any dependency asks for it. Here it is HTTP/1.1 alone, as a proxy in front speaks it; a head
//! has a size, a time and a number of lines, and silent connections have a room of a fixed size.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    http::{
        meter::{Meter, Metered},
        waiting::{Place, Waiting},
    },
    lifecycle::Tasks,
    limits::{
        ACCEPT_PAUSE, CONNECTION_GRACE, CONNECTION_LIFE, HEAD_BYTES, HEAD_LINES, HEAD_TIMEOUT,
        WAITING_CONNECTIONS,
    },
};

/// What the connections of one listener share.
struct Listener {
    http: http1::Builder,
    router: Router,
    waiting: Waiting,
    until: CancellationToken,
}

/// Serves until `until`; open sockets are the sessions' own to end.
pub fn serve(
    tasks: &Tasks,
    name: &'static str,
    listener: TcpListener,
    router: Router,
    until: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEAD_LINES);
    let waiting = Waiting::new(WAITING_CONNECTIONS);
    let shared = Arc::new(Listener { http, router, waiting, until });
    let on_connections = tasks.clone();
    tasks.spawn(name, async move {
        loop {
            let accepted = tokio::select! {
                biased;
                () = shared.until.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let shared = Arc::clone(&shared);
                    on_connections.spawn("connection", shared.connection(stream, peer));
                }
                Err(error) if is_theirs(&error) => {}
                Err(error) => {
                    // No more files, most likely: room is made, and the next try waits for it.
                    tracing::warn!(listener = name, %error, "Could not accept a connection");
                    shared.waiting.shed();
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    });
}

/// Whether a connection failed before it was accepted, which says nothing about the next one.
fn is_theirs(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused
    )
}

impl Listener {
    /// Serves one connection until it ends, becomes a socket, or has to go.
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        // Frames are small and written whole: waiting to fill a packet only delays words.
        let _ = stream.set_nodelay(true);
        let (meter, place) = (Meter::default(), Arc::new(self.waiting.enter()));
        let io = TokioIo::new(Metered::new(stream, meter.clone()));
        let service = hyper::service::service_fn(|request: Request<Incoming>| {
            answer(self.router.clone(), request, peer, meter.clone(), Arc::clone(&place))
        });
        let connection = self.http.serve_connection(io, service).with_upgrades();
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            // What a stranger did wrong on the way is the stranger's to know.
            _ = &mut connection => return,
            () = place.gone().cancelled() => return,
            () = self.until.cancelled() => {}
            () = sleep(CONNECTION_LIFE) => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(CONNECTION_GRACE, connection).await;
    }
}

/// Hands a request to the routes; meanwhile its connection is not waited for.
async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    meter: Meter,
    place: Arc<Place>,
) -> Result<Response, Infallible> {
    meter.reset();
    place.leave();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(meter);
    let response = router.oneshot(request).await;
    place.wait();
    response
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

    async fn door() -> (Tasks, SocketAddr) {
        let tasks = Tasks::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", axum::routing::get(async || "fine"));
        serve(&tasks, "test", listener, router, tasks.stopping());
        (tasks, address)
    }

    /// Sends bytes and reads until the connection ends.
    async fn answer_to(address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        // A reset after the answer is an end, too.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_head_beyond_its_bounds_is_refused_and_http_2_is_not_spoken() {
        let (_tasks, address) = door().await;
        let fine = b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n";
        assert!(answer_to(address, fine).await.ends_with("fine"));
        let long = "x".repeat(HEAD_BYTES);
        let long = format!("GET / HTTP/1.1\r\nx: {long}\r\n\r\n");
        assert!(answer_to(address, long.as_bytes()).await.starts_with("HTTP/1.1 431 "));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(HEAD_LINES + 1));
        assert!(answer_to(address, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
        let two = answer_to(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;
        assert!(two.is_empty() || two.starts_with("HTTP/1.1 400 "), "{two}");
    }

    #[tokio::test]
    async fn a_stop_waits_for_nobody_who_says_nothing() {
        let (tasks, address) = door().await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HT").await.unwrap();
        let mut kept = TcpStream::connect(address).await.unwrap();
        kept.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        assert_eq!(kept.read_u8().await.unwrap(), b'H');
        assert!(tasks.stop(CONNECTION_GRACE + SECOND).await);
        assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    }
}
