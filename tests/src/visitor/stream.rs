//! What comes over a visitor's socket, below the protocol.

use futures_util::StreamExt;
use protocol::{AuthorKind, ClientMsgId, Message, Offer};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, tungstenite};

/// A visitor's socket.
pub(super) type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The next message that is not a sign of life.
pub(super) async fn next_message(stream: &mut Stream) -> Option<tungstenite::Message> {
    loop {
        match stream.next().await?.ok()? {
            tungstenite::Message::Ping(_) | tungstenite::Message::Pong(_) => {}
            message => return Some(message),
        }
    }
}

/// The visitor's own words, once they are acknowledged.
pub(super) fn own_message(id: ClientMsgId, seq: u64, at: i64, text: String) -> Message {
    Message {
        seq,
        author_kind: AuthorKind::Visitor,
        text,
        at,
        client_msg_id: Some(id),
        reply_id: None,
        finish: None,
        generator: None,
        sources: Vec::new(),
        offer: Offer::None,
    }
}
