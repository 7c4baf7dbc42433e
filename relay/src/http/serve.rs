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
