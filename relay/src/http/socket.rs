//! `GET /v1/chat`: from an HTTP request to a session's link. Knows frames, no store and no model.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{
        ConnectInfo, State,
        ws::{
            CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection,
        },
    },
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{CloseReason, limits::MAX_FRAME_BYTES};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tokio_tungstenite::tungstenite;

use crate::{
    error::HttpError,
    http::{Doors, address::Counted, admission, meter::Meter},
    limits::{
        CLOSE_TIMEOUT, FRAME_HEADER_BYTES, GREETING_PLACE, RESTART_CLOSE_TIMEOUT,
        SOCKET_MAX_WRITE_BYTES, SOCKET_READ_BYTES,
    },
    session::{
        driver,
        link::{Gone, Inbound, Link},
    },
    telemetry::{Held, names},
};

/// axum's own read buffer: the control of the idle fleet (T01, cargo feature `planted`).
const PLANTED_READ_BYTES: usize = 128 * 1024;

/// Upgrades a request from the chat page to a session.
///
/// The origin is checked before anything else is looked at (T49): the chat page is the relay's
/// own, so its origin is the only one. Where the page itself may be framed, `frame-ancestors` says.
pub async fn upgrade(
    State(doors): State<Arc<Doors>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    meter: Option<Extension<Meter>>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpError> {
    check_origin(&headers, &doors.public_origin)?;
    let Ok(upgrade) = upgrade else {
        let sentence = "this is a WebSocket; ask for an upgrade (RFC 6455)";
        let error = HttpError::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", sentence);
        return Ok(([(header::UPGRADE, "websocket")], error).into_response());
    };
    let greeting = match admission::greet(&doors) {
        Ok(greeting) => greeting,
        Err(turned_away) => return Ok(turned_away),
    };
    let Ok(permit) = Arc::clone(&doors.sockets).try_acquire_owned() else {
        return Ok(admission::overloaded(&doors));
    };
    let counted = match admission::count(&doors, peer, &headers) {
        Ok(counted) => counted,
        Err(turned_away) => return Ok(turned_away),
    };
    let mut upgrade = bounded(upgrade, MAX_FRAME_BYTES);
    if doors.planted.is("default-buffers") {
        upgrade = upgrade.read_buffer_size(PLANTED_READ_BYTES);
    }
    let meter = meter.map(|Extension(meter)| meter).unwrap_or_default();
    let response = upgrade.on_upgrade(move |socket| async move {
        let mut socket = Socket::new(socket, meter);
        socket.greeting = Some(greeting);
        socket.held = Some((permit, counted, Held::one(names::SOCKETS)));
        doors.tasks.spawn("session", driver::run(socket, Arc::clone(&doors.sessions)));
    });
    Ok(response)
}

/// The bounds of a socket (D12); `bytes` is the largest message, whole or in one frame.
pub fn bounded(upgrade: WebSocketUpgrade, bytes: usize) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(SOCKET_READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(SOCKET_MAX_WRITE_BYTES.max(bytes + FRAME_HEADER_BYTES))
        .max_message_size(bytes)
        .max_frame_size(bytes)
}

/// Only the relay's own origin may open a socket: exactly, not by suffix.
fn check_origin(headers: &HeaderMap, public_origin: &str) -> Result<(), HttpError> {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    if origin == Some(public_origin) {
        return Ok(());
    }
    metrics::counter!(names::SOCKETS_REFUSED, "reason" => "wrong_origin").increment(1);
    Err(HttpError::new(
        StatusCode::FORBIDDEN,
        "wrong_origin",
        format!("only {public_origin} may open this socket; set `public_url` to what visitors see"),
    ))
}

/// A WebSocket as a session's link.
pub struct Socket {
    stream: WebSocket,
    /// What came since the last message.
    meter: Meter,
    /// Its place among those who are being greeted, until the first frame has been answered.
    greeting: Option<OwnedSemaphorePermit>,
    /// Whether anything came yet.
    is_heard: bool,
    /// All are given back when the session ends, however it ends.
    held: Option<(OwnedSemaphorePermit, Counted, Held)>,
}

impl Link for Socket {
    async fn receive(&mut self) -> Option<Inbound> {
        if self.greeting.is_some() && !self.is_heard {
            // Boxed, so that the wait for the first frame does not weigh on each idle socket.
            match Box::pin(timeout(GREETING_PLACE, self.next())).await {
                Ok(first) => {
                    self.is_heard = true;
                    // Who begins with anything but a greeting is not waited for in its place.
                    if !matches!(first, Some(Inbound::Text(_))) {
                        self.greeting = None;
                    }
                    return first;
                }
                // Others may come in its place; it is still waited for.
                Err(_) => self.greeting = None,
            }
        }
        self.next().await
    }

    async fn send(&mut self, text: String) -> Result<(), Gone> {
        let sent = self.write(Message::Text(text.into())).await;
        self.greeting = None;
        sent
    }

    fn pace(&mut self, now: Duration) -> Result<(), Duration> {
        self.held.as_ref().map_or(Ok(()), |(_, counted, _)| counted.take(now))
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        self.write(Message::Ping(bytes::Bytes::new())).await
    }

    async fn close(&mut self, reason: CloseReason) {
        let wait = match reason {
            // The next relay begins when this one has ended; what is closed is closed all the same.
            CloseReason::Restarting => RESTART_CLOSE_TIMEOUT,
            _ => CLOSE_TIMEOUT,
        };
        let _ = timeout(wait, self.close_with(reason.code(), reason.word())).await;
    }
}

impl Socket {
    /// A socket whose incoming bytes are counted by this meter.
    pub fn new(stream: WebSocket, meter: Meter) -> Self {
        meter.reset();
        Self { stream, meter, greeting: None, is_heard: false, held: None }
    }

    /// The next message that is not a close; nothing once the socket is gone.
    pub async fn message(&mut self) -> Option<Message> {
        loop {
            match self.stream.recv().await? {
                // The answer to a close is written while reading on, until the other side ends.
                Ok(Message::Close(_)) => {}
                Ok(message) => {
                    self.meter.reset();
                    return Some(message);
                }
                Err(error) => {
                    // Boxed, as is all that an idle socket does not do.
                    Box::pin(self.refuse(error)).await;
                    return None;
                }
            }
        }
    }

    /// Writes a message, to the end.
    pub async fn write(&mut self, message: Message) -> Result<(), Gone> {
        self.stream.send(message).await.map_err(|_| Gone)
    }

    /// What comes next.
    async fn next(&mut self) -> Option<Inbound> {
        Some(match self.message().await? {
            Message::Text(text) => Inbound::Text(text.as_str().to_owned()),
            Message::Binary(_) => Inbound::Binary,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Inbound::Alive,
        })
    }

    /// Says what was wrong with the bytes, where RFC 6455 has a code for it.
    async fn refuse(&mut self, error: axum::Error) {
        let inner = error.into_inner();
        match inner.downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => self.close_with(1009, "too_large").await,
            Some(tungstenite::Error::Utf8(_)) => self.close_with(1007, "not_utf8").await,
            Some(tungstenite::Error::Protocol(_)) => self.close_with(1002, "protocol").await,
            _ if self.meter.is_over() => self.close_with(1009, "too_large").await,
            _ => {}
        }
    }

    /// Sends a close frame and reads on until the client has closed its side, for a while.
    async fn close_with(&mut self, code: u16, reason: &'static str) {
        let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let closed = async {
            if self.stream.send(frame).await.is_ok() {
                while let Some(Ok(_)) = self.stream.recv().await {}
            }
        };
        // A client that never answers is dropped; nothing of it is lost.
        let _ = timeout(CLOSE_TIMEOUT, closed).await;
    }
}
