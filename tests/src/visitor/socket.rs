//! A visitor's socket: from an address of the test's choice, with buffers small enough for ten
//! thousand of them.

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::Context;
use futures_util::StreamExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{self, client::IntoClientRequest, protocol::WebSocketConfig},
};

/// What a visitor's socket reads at once.
const READ_BYTES: usize = 4 * 1024;

/// An open socket.
pub(super) type Stream = WebSocketStream<TcpStream>;

/// The socket is gone: an error that a visitor who comes back need not report.
#[derive(Debug)]
pub struct Lost(pub Option<u16>);

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the socket closed with {:?}", self.0)
    }
}

impl std::error::Error for Lost {}

/// Opens a socket as the chat page would.
pub(super) async fn open(
    relay: SocketAddr,
    origin: &str,
    from: Option<Ipv4Addr>,
) -> anyhow::Result<Stream> {
    let mut request = format!("ws://{relay}/v1/chat").into_client_request()?;
    request.headers_mut().insert("origin", origin.parse()?);
    let socket = TcpSocket::new_v4()?;
    if let Some(from) = from {
        socket.bind(SocketAddr::from((from, 0)))?;
    }
    let stream = socket.connect(relay).await.context("can't reach the relay")?;
    // As browsers do.
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BYTES).write_buffer_size(0);
    let opened = client_async_with_config(request, stream, Some(config)).await;
    Ok(opened.context("can't open the socket")?.0)
}

/// The next message that is not a sign of life.
pub(super) async fn next_message(stream: &mut Stream) -> Option<tungstenite::Message> {
    loop {
        match stream.next().await?.ok()? {
            tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_) => {}
            message => return Some(message),
        }
    }
}

/// How long a visitor who was turned away is asked to wait, in seconds: `Some(None)` where it was
/// turned away without a word on that, `None` where something else went wrong.
pub fn turned_away(error: &anyhow::Error) -> Option<Option<u64>> {
    let Some(tungstenite::Error::Http(response)) = error.downcast_ref() else { return None };
    let is_busy = response.status() == tungstenite::http::StatusCode::SERVICE_UNAVAILABLE;
    let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    is_busy.then(|| wait.and_then(|seconds| seconds.parse().ok()))
}
