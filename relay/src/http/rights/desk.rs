//! Where a visitor asks for the own chat: let in, at a known site, with the token that proves it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    RequestPartsExt,
    extract::{ConnectInfo, FromRequestParts, Query, RawPathParams},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use protocol::{SessionToken, SiteKey};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    domain::{dealer::Dealer, dossier::Dossier},
    error::HttpError,
    http::{Doors, admission},
    store::{Conversation, DealerStore, StoreError},
    telemetry::names,
};

/// In which language the answer is read.
#[derive(Debug, Default, Deserialize)]
struct Wishes {
    /// A BCP 47 tag; the dealer's own language where there is none.
    #[serde(default)]
    lang: String,
}

/// A dealer's rows, for one visitor.
pub(in crate::http) struct Desk {
    pub(super) doors: Arc<Doors>,
    pub(super) dealer: Arc<Dealer>,
    pub(super) rows: DealerStore,
    pub(super) lang: String,
    token: Option<SessionToken>,
    _greeting: OwnedSemaphorePermit,
}

impl FromRequestParts<Arc<Doors>> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, doors: &Arc<Doors>) -> Result<Self, Response> {
        let peer: ConnectInfo<SocketAddr> =
            parts.extract().await.map_err(IntoResponse::into_response)?;
        let greeting = admission::greet(doors)?;
        admission::knock(doors, peer.0, &parts.headers)?;
        let params: RawPathParams = parts.extract().await.map_err(IntoResponse::into_response)?;
        let site_key = params.iter().find(|(name, _)| *name == "site_key").map(|(_, key)| key);
        // Its dealer paused or not: rights end with the data, not with the chat.
        let dealer = site_key
            .and_then(|key| SiteKey::parse(key).ok())
            .and_then(|key| doors.store.dealer_by_any_site(&key))
            .ok_or_else(|| unknown_site().into_response())?;
        let rows = doors.store.dealer(&dealer.id);
        let wishes: Result<Query<Wishes>, _> = parts.extract().await;
        let lang = wishes.map(|Query(wishes)| wishes.lang).unwrap_or_default();
        let (doors, token) = (Arc::clone(doors), token(&parts.headers));
        Ok(Self { doors, dealer, rows, lang, token, _greeting: greeting })
    }
}

impl Desk {
    /// What is kept of the visitor's chat; `None` where there is nothing, or no token.
    pub(super) async fn any_dossier(&self) -> Result<Option<Dossier>, HttpError> {
        if self.token.is_none() {
            return Ok(None);
        }
        match self.conversation().await? {
            Some(found) => self.rows.dossier(&found.id).await.map_err(|error| failed(&error)),
            None => Ok(None),
        }
    }

    /// The same; an error where there is none.
    pub(super) async fn dossier(&self) -> Result<Dossier, HttpError> {
        self.token.as_ref().ok_or_else(unproved)?;
        self.any_dossier().await?.ok_or_else(gone)
    }

    /// The visitor's chat; `None` where it is over.
    pub(super) async fn conversation(&self) -> Result<Option<Conversation>, HttpError> {
        let token = self.token.as_ref().ok_or_else(unproved)?;
        self.rows.resume(token).await.map_err(|error| failed(&error))
    }
}

/// The token of a chat, if one is shown.
fn token(headers: &HeaderMap) -> Option<SessionToken> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    SessionToken::parse(shown.strip_prefix("Bearer ")?).ok()
}

fn unknown_site() -> HttpError {
    HttpError::new(StatusCode::NOT_FOUND, "unknown_site", "no site has this key")
}

fn unproved() -> HttpError {
    let sentence = "show the token of the chat: `Authorization: Bearer tok_…`";
    HttpError::new(StatusCode::UNAUTHORIZED, "token_required", sentence)
}

/// Nothing is left of a chat.
pub(super) fn gone() -> HttpError {
    let sentence = "nothing is kept of this chat: it has ended, expired or been deleted";
    HttpError::new(StatusCode::NOT_FOUND, "conversation_ended", sentence)
}

/// A read or write that failed: for the operator, with ids at most. What is held stays (G-29), and its
/// visitor is told so.
pub(super) fn failed(error: &StoreError) -> HttpError {
    if let StoreError::Held { .. } = error {
        let sentence = "this chat is kept for a legal reason for now: write to the dealer";
        return HttpError::new(StatusCode::CONFLICT, "held", sentence);
    }
    metrics::counter!(names::STORE_ERRORS, "kind" => error.word()).increment(1);
    HttpError::internal(error)
}
