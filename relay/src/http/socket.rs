//! `GET /v1/chat`: from an HTTP request to a session's link. Knows frames, no store and no model.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
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
use tokio_tungstenite::tungstenite;

use crate::{
    error::HttpError,
    http::{
        Doors,
        address::{self, Counted, TooMuch},
    },
    limits::{CLOSE_TIMEOUT, SOCKET_MAX_WRITE_BYTES, SOCKET_READ_BYTES},
    session::{
        driver,
        link::{Gone, Inbound, Link},
    },
    telemetry::{Held, names},
};

/// How long a client that was turned away should wait.
const RETRY_AFTER_S: &str = "5";

/// Upgrades a request from the chat page to a session.
///
/// The origin is checked before anything else is looked at (T49): the chat page is the relay's
/// own, so its origin is the only one. Where the page itself may be framed, `frame-ancestors` says.
pub async fn upgrade(
    State(doors): State<Arc<Doors>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpError> {
    check_origin(&headers, &doors.public_origin)?;
    let Ok(upgrade) = upgrade else {
        let sentence = "this is a WebSocket; ask for an upgrade (RFC 6455)";
        let error = HttpError::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", sentence);
        return Ok(([(header::UPGRADE, "websocket")], error).into_response());
    };
    if doors.tasks.stopping().is_cancelled() {
        return Ok(turned_away(BUSY, "restarting", "the relay is restarting; come back"));
    }
    let Ok(permit) = Arc::clone(&doors.sockets).try_acquire_owned() else {
        return Ok(turned_away(BUSY, "overloaded", "the relay has as many sockets as it may hold"));
    };
    let address = address::visitor(peer.ip(), &headers, &doors.trusted_proxies);
    let counted = match doors.addresses.count(address) {
        Ok(counted) => counted,
        Err(too_much) => {
            let (code, sentence) = match too_much {
                TooMuch::Open => ("too_many_sockets", "too many open chats from one address"),
                TooMuch::TooFast => ("too_fast", "too many chats opened from one address"),
            };
            return Ok(turned_away(StatusCode::TOO_MANY_REQUESTS, code, sentence));
        }
    };
    let response = upgrade
        .read_buffer_size(SOCKET_READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(SOCKET_MAX_WRITE_BYTES)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            let (sessions, tasks) = (Arc::clone(&doors.sessions), doors.tasks.clone());
            tasks.spawn("session", async move {
                // All are given back when the session ends, however it ends.
                let _held = (permit, Held::one(names::SOCKETS));
                driver::run(Socket { socket, counted }, sessions).await;
            });
        });
    Ok(response)
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

/// The status where it is the relay that can't, not the client that may not.
const BUSY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

fn turned_away(status: StatusCode, code: &'static str, sentence: &'static str) -> Response {
    metrics::counter!(names::SOCKETS_REFUSED, "reason" => code).increment(1);
    let error = HttpError::new(status, code, sentence);
    ([(header::RETRY_AFTER, RETRY_AFTER_S)], error).into_response()
}

/// A WebSocket as a session's link.
struct Socket {
    socket: WebSocket,
    /// Counts it to its address until it is gone.
    counted: Counted,
}

impl Link for Socket {
    async fn receive(&mut self) -> Option<Inbound> {
        loop {
            match self.socket.recv().await? {
                Ok(Message::Text(text)) => return Some(Inbound::Text(text.as_str().to_owned())),
                Ok(Message::Binary(_)) => return Some(Inbound::Binary),
                Ok(Message::Ping(_) | Message::Pong(_)) => return Some(Inbound::Alive),
                // The answer to a close is written while reading on, until the other side ends.
                Ok(Message::Close(_)) => {}
                Err(error) => {
                    self.refuse(error).await;
                    return None;
                }
            }
        }
    }

    async fn send(&mut self, text: String) -> Result<(), Gone> {
        self.socket.send(Message::Text(text.into())).await.map_err(|_| Gone)
    }

    fn pace(&mut self, now: Duration) -> Result<(), Duration> {
        self.counted.take(now)
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        self.socket.send(Message::Ping(bytes::Bytes::new())).await.map_err(|_| Gone)
    }

    async fn close(&mut self, reason: CloseReason) {
        self.close_with(reason.code(), reason.word()).await;
    }
}

impl Socket {
    /// Says what was wrong with the bytes, where RFC 6455 has a code for it.
    async fn refuse(&mut self, error: axum::Error) {
        let inner = error.into_inner();
        match inner.downcast_ref::<tungstenite::Error>() {
            Some(tungstenite::Error::Capacity(_)) => self.close_with(1009, "too_large").await,
            Some(tungstenite::Error::Utf8(_)) => self.close_with(1007, "not_utf8").await,
            Some(tungstenite::Error::Protocol(_)) => self.close_with(1002, "protocol").await,
            _ => {}
        }
    }

    /// Sends a close frame and reads on until the client has closed its side, for a while.
    async fn close_with(&mut self, code: u16, reason: &'static str) {
        let frame = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let closed = async {
            if self.socket.send(frame).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A client that never answers is dropped; nothing of it is lost.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, closed).await;
    }
}
