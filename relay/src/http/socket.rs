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
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tokio_tungstenite::tungstenite;

use crate::{
    error::HttpError,
    http::{
        Doors,
        address::{self, Counted, TooMuch},
    },
    limits::{
        CLOSE_TIMEOUT, GREETING_PLACE, SOCKET_MAX_WRITE_BYTES, SOCKET_READ_BYTES, TURNED_AWAY_MAX_S,
    },
    random,
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
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, HttpError> {
    check_origin(&headers, &doors.public_origin)?;
    let Ok(upgrade) = upgrade else {
        let sentence = "this is a WebSocket; ask for an upgrade (RFC 6455)";
        let error = HttpError::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", sentence);
        return Ok(([(header::UPGRADE, "websocket")], error).into_response());
    };
    let turned_away = |code, sentence| Ok(turned_away(&doors, BUSY, code, sentence));
    if doors.tasks.stopping().is_cancelled() {
        return turned_away("restarting", "the relay is restarting; come back");
    }
    let Ok(greeting) = Arc::clone(&doors.greetings).try_acquire_owned() else {
        return turned_away("too_many_greetings", "too many come at once; come back");
    };
    let Ok(permit) = Arc::clone(&doors.sockets).try_acquire_owned() else {
        return turned_away("overloaded", "the relay has as many sockets as it may hold");
    };
    let address = address::visitor(peer.ip(), &headers, &doors.trusted_proxies);
    let counted = match doors.addresses.count(address) {
        Ok(counted) => counted,
        Err(too_much) => return Ok(too_many(&doors, too_much)),
    };
    let planted = doors.planted.as_deref() == Some("default-buffers");
    let response = upgrade
        .read_buffer_size(if planted { PLANTED_READ_BYTES } else { SOCKET_READ_BYTES })
        .write_buffer_size(0)
        .max_write_buffer_size(SOCKET_MAX_WRITE_BYTES)
        .max_message_size(MAX_FRAME_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_upgrade(move |socket| async move {
            let held = (permit, counted, Held::one(names::SOCKETS));
            let socket = Socket { stream: socket, greeting: Some(greeting), is_heard: false, held };
            doors.tasks.spawn("session", driver::run(socket, Arc::clone(&doors.sessions)));
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

/// Turns an address away that has or opens too many sockets.
fn too_many(doors: &Doors, too_much: TooMuch) -> Response {
    let (code, sentence) = match too_much {
        TooMuch::Open => ("too_many_sockets", "too many open chats from one address"),
        TooMuch::TooFast => ("too_fast", "too many chats opened from one address"),
    };
    turned_away(doors, StatusCode::TOO_MANY_REQUESTS, code, sentence)
}

fn turned_away(
    doors: &Doors,
    status: StatusCode,
    code: &'static str,
    sentence: &'static str,
) -> Response {
    metrics::counter!(names::SOCKETS_REFUSED, "reason" => code).increment(1);
    let wait_s = 1 + random::below(&*doors.sessions.random, TURNED_AWAY_MAX_S);
    let error = HttpError::new(status, code, sentence);
    ([(header::RETRY_AFTER, wait_s.to_string())], error).into_response()
}

/// A WebSocket as a session's link.
struct Socket {
    stream: WebSocket,
    /// Its place among those who are being greeted, until the first frame has been answered.
    greeting: Option<OwnedSemaphorePermit>,
    /// Whether anything came yet.
    is_heard: bool,
    /// All are given back when the session ends, however it ends.
    held: (OwnedSemaphorePermit, Counted, Held),
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
        let sent = self.stream.send(Message::Text(text.into())).await.map_err(|_| Gone);
        self.greeting = None;
        sent
    }

    fn pace(&mut self, now: Duration) -> Result<(), Duration> {
        self.held.1.take(now)
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        self.stream.send(Message::Ping(bytes::Bytes::new())).await.map_err(|_| Gone)
    }

    async fn close(&mut self, reason: CloseReason) {
        self.close_with(reason.code(), reason.word()).await;
    }
}

impl Socket {
    /// What comes next.
    async fn next(&mut self) -> Option<Inbound> {
        loop {
            match self.stream.recv().await? {
                Ok(Message::Text(text)) => return Some(Inbound::Text(text.as_str().to_owned())),
                Ok(Message::Binary(_)) => return Some(Inbound::Binary),
                Ok(Message::Ping(_) | Message::Pong(_)) => return Some(Inbound::Alive),
                // The answer to a close is written while reading on, until the other side ends.
                Ok(Message::Close(_)) => {}
                Err(error) => {
                    // Boxed, as is all that an idle socket does not do.
                    Box::pin(self.refuse(error)).await;
                    return None;
                }
            }
        }
    }

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
            if self.stream.send(frame).await.is_ok() {
                while let Some(Ok(_)) = self.stream.recv().await {}
            }
        };
        // A client that never answers is dropped; nothing of it is lost.
        let _ = timeout(CLOSE_TIMEOUT, closed).await;
    }
}
