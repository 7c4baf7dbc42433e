//! What a session needs of a socket; the socket itself is in `http/socket`.

use std::time::Duration;

use protocol::CloseReason;

/// A frame from the client, or a sign of life.
#[derive(Debug)]
pub enum Inbound {
    /// A text frame.
    Text(String),
    /// A binary frame; the protocol has none.
    Binary,
    /// A pong, or a ping that was answered below.
    Alive,
}

/// The socket is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// Both directions of a socket.
pub trait Link: Send {
    /// The next frame; nothing once the socket is gone. May be dropped between frames.
    fn receive(&mut self) -> impl Future<Output = Option<Inbound>> + Send;

    /// Writes a frame, to the end.
    fn send(&mut self, text: String) -> impl Future<Output = Result<(), Gone>> + Send;

    /// Whether all sockets of this client's address, together, may write now; else how long to wait.
    fn pace(&mut self, now: Duration) -> Result<(), Duration> {
        let _ = now;
        Ok(())
    }

    /// Asks for a sign of life.
    fn ping(&mut self) -> impl Future<Output = Result<(), Gone>> + Send;

    /// Says why, and lets the client close its side.
    fn close(&mut self, reason: CloseReason) -> impl Future<Output = ()> + Send;
}
