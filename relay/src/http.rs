//! The doors: everything that a stranger can reach. Nothing else imports this but `lib`.

pub mod address;
pub mod admin;
mod admission;
pub mod assets;
pub mod chat_page;
mod dataflow;
pub mod gpc;
pub mod headers;
mod html;
pub mod inherited;
pub mod meter;
mod nowhere;
pub mod packed;
pub mod plain;
mod rights;
pub mod serve;
pub mod socket;
pub mod waiting;

use std::sync::Arc;

use axum::{
    Router,
    http::{Method, StatusCode, Uri},
    middleware,
    routing::{delete, get},
};
use tokio::sync::Semaphore;

use crate::{
    config::Network, domain::record::Flow, error::HttpError, lifecycle::Tasks, planted::Planted,
    session::driver, store::Store,
};

/// What the public doors share.
pub struct Doors {
    /// The origin that visitors see, for example `https://chat.example`.
    pub public_origin: String,
    /// The rows, for what a visitor asks beside a session.
    pub store: Store,
    /// What sessions share.
    pub sessions: Arc<driver::Shared>,
    /// Where sessions run.
    pub tasks: Tasks,
    /// A permit for each socket that may be open.
    pub sockets: Arc<Semaphore>,
    /// A permit for each socket that may be on its way to its welcome.
    pub greetings: Arc<Semaphore>,
    /// How many sockets each address has open.
    pub addresses: address::Addresses,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where data are stored and who gets words, for whoever asks.
    pub flow: Flow,
    /// The chats' pages, compressed.
    pub pages: packed::Packed,
    /// A known-wrong behaviour for the fault rig's control (cargo feature `planted`).
    pub planted: Planted,
}

/// The whole public route table.
pub fn public(doors: Arc<Doors>) -> Router {
    let secure = doors.public_origin.starts_with("https://");
    Router::new()
        .route("/widget.js", get(assets::loader))
        .route("/assets/{name}", get(assets::asset))
        .route("/chat/{site_key}", get(chat_page::page))
        .route("/v1/chat", get(socket::upgrade))
        .route("/v1/mine/{site_key}", get(rights::menu).delete(rights::erase))
        .route("/v1/mine/{site_key}/export.json", get(rights::data))
        .route("/v1/mine/{site_key}/export.html", get(rights::page))
        .route("/v1/mine/{site_key}/consents/{channel}", delete(rights::withdraw))
        .route("/v1/export.schema.json", get(rights::schema))
        .route("/v1/dataflow.json", get(dataflow::flow))
        .route("/healthz", get(admin::health))
        .route("/.well-known/gpc.json", get(gpc::support))
        .fallback(not_found)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn(plain::check))
        .layer(middleware::map_response(move |response| headers::secure(response, secure)))
        .with_state(doors)
}

async fn not_found(uri: Uri) -> HttpError {
    nothing_at(&uri, "/widget.js, /chat/SITE_KEY")
}

/// Says that there is nothing, and what there is.
pub(crate) fn nothing_at(uri: &Uri, doors: &str) -> HttpError {
    let sentence = format!("there is nothing at {}; the doors are {doors}", uri.path());
    HttpError::new(StatusCode::NOT_FOUND, "not_found", sentence)
}

pub(crate) async fn wrong_method(method: Method) -> HttpError {
    HttpError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not allowed here; `Allow` says which methods are"),
    )
}
