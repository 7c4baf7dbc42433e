//! Who may come in now: the bounds that every request of a visitor meets before it costs anything.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    error::HttpError,
    http::{
        Doors,
        address::{self, Counted, TooMuch},
    },
    limits::TURNED_AWAY_MAX_S,
    random,
    telemetry::names,
};

/// The status where it is the relay that can't, not the client that may not.
const BUSY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Takes a place among those who come in at this moment, or says when to come back.
#[expect(clippy::result_large_err, reason = "the refusal is the response")]
pub(super) fn greet(doors: &Doors) -> Result<OwnedSemaphorePermit, Response> {
    if doors.tasks.stopping().is_cancelled() {
        let sentence = "the relay is restarting; come back";
        return Err(turned_away(doors, BUSY, "restarting", sentence));
    }
    let greeting = Arc::clone(&doors.greetings).try_acquire_owned();
    greeting.map_err(|_| {
        turned_away(doors, BUSY, "too_many_greetings", "too many come at once; come back")
    })
}

/// Counts one more of an address, or says when to come back. Last: who is refused for another reason
/// may knock again at once.
#[expect(clippy::result_large_err, reason = "the refusal is the response")]
pub(super) fn count(
    doors: &Doors,
    peer: SocketAddr,
    headers: &HeaderMap,
) -> Result<Counted, Response> {
    let address = address::visitor(peer.ip(), headers, &doors.trusted_proxies);
    doors.addresses.count(address).map_err(|too_much| too_many(doors, too_much))
}

/// Lets a request of an address in, or says when to come back.
#[expect(clippy::result_large_err, reason = "the refusal is the response")]
pub(super) fn knock(doors: &Doors, peer: SocketAddr, headers: &HeaderMap) -> Result<(), Response> {
    let address = address::visitor(peer.ip(), headers, &doors.trusted_proxies);
    doors.addresses.knock(address).map_err(|too_much| too_many(doors, too_much))
}

/// Turns a socket away for which there is no room.
pub(super) fn overloaded(doors: &Doors) -> Response {
    turned_away(doors, BUSY, "overloaded", "the relay has as many sockets as it may hold")
}

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
