//! `/v1/mine/SITE_KEY`: what visitors do with their own chats, without an account: see what happens to
//! it, take it along, take a consent back, delete it (A-C6, B-26, B-32, B-34).
//!
//! The token of the chat is the proof, in `Authorization` alone, so no other origin can ask for
//! anything: a browser adds no such header by itself.

mod desk;

use axum::{
    Json,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::lead::Channel;
use serde::Serialize;

use crate::{
    domain::{
        dossier::Dossier,
        export::{self, Export},
        proof::Signed,
        rights,
    },
    error::HttpError,
    telemetry::names,
};
use desk::{Desk, failed, gone};

/// What a visitor keeps of a deletion.
#[derive(Serialize)]
struct Deleted {
    /// The signed receipt; `null` where nothing was left to delete but rows without a key.
    receipt: Option<Signed>,
}

/// `GET /v1/mine/SITE_KEY`: what happens to this chat; also before there is any.
pub(super) async fn menu(desk: Desk) -> Result<Response, HttpError> {
    let dossier = desk.any_dossier().await?;
    let recipients = &desk.doors.sessions.recipients;
    let now = desk.rows.now();
    Ok(Json(rights::menu(dossier.as_ref(), &desk.dealer, recipients, &desk.lang, now))
        .into_response())
}

/// `GET /v1/mine/SITE_KEY/export.json`: the chat as data.
pub(super) async fn data(desk: Desk) -> Result<Response, HttpError> {
    let dossier = desk.dossier().await?;
    let json = export_of(&desk, &dossier).to_json().map_err(HttpError::internal)?;
    Ok(file("application/json", "chat.json", json))
}

/// `GET /v1/mine/SITE_KEY/export.html`: the chat to read.
pub(super) async fn page(desk: Desk) -> Result<Response, HttpError> {
    let dossier = desk.dossier().await?;
    let page = export::page(&export_of(&desk, &dossier));
    Ok(file("text/html; charset=utf-8", "chat.html", page))
}

/// `DELETE /v1/mine/SITE_KEY`: the chat, at once and for good. Answers after the commit.
pub(super) async fn erase(desk: Desk) -> Result<Response, HttpError> {
    let found = desk.conversation().await?.ok_or_else(gone)?;
    let erased = desk.rows.erase(&found.id).await.map_err(|error| failed(&error))?;
    // Whoever is connected to it has nothing to be connected to.
    if let Some(thread) = desk.doors.sessions.threads.known(&found.id) {
        thread.erase();
    }
    count("erase");
    let receipt = match erased.ok_or_else(gone)?.receipt {
        // Deleted it is, whatever becomes of its proof.
        Some(id) => desk.doors.store.receipt(&id).await.ok().flatten(),
        None => None,
    };
    Ok(Json(Deleted { receipt }).into_response())
}

/// `DELETE /v1/mine/SITE_KEY/consents/CHANNEL`: takes back what was agreed to by a channel.
pub(super) async fn withdraw(
    desk: Desk,
    Path((_, channel)): Path<(String, String)>,
) -> Result<Response, HttpError> {
    let found = desk.conversation().await?.ok_or_else(gone)?;
    let channel = Channel::from_word(&channel).ok_or_else(no_channel)?;
    let withdrawn = desk.rows.withdraw(&found.id, channel).await;
    withdrawn.map_err(|error| failed(&error))?.ok_or_else(gone)?;
    count("withdraw");
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/export.schema.json`: what `export.json` holds.
pub(super) async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/schema+json")], export::SCHEMA)
}

fn export_of<'a>(desk: &'a Desk, dossier: &'a Dossier) -> Export<'a> {
    let recipients = &desk.doors.sessions.recipients;
    export::export(dossier, &desk.dealer, recipients, &desk.lang, desk.rows.now())
}

/// What is taken along.
fn file(kind: &'static str, name: &str, body: String) -> Response {
    count("export");
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, body).into_response()
}

fn no_channel() -> HttpError {
    let sentence = "the channels are email, sms, phone and post";
    HttpError::new(StatusCode::NOT_FOUND, "unknown_channel", sentence)
}

fn count(what: &'static str) {
    metrics::counter!(names::RIGHTS, "what" => what).increment(1);
}
