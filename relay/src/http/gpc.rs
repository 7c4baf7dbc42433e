//! `/.well-known/gpc.json`: that Global Privacy Control is heeded here (B-60,
//! <https://www.w3.org/TR/gpc/#gpc-support-resource>). There is nothing to switch off: no door keeps
//! statistics of visitors, and what they say goes to nobody whom the notice does not name.

use axum::{http::header, response::IntoResponse};

/// Since when this holds; changed with what it says.
const SUPPORT: &str = r#"{"gpc":true,"lastUpdate":"2026-11-28"}"#;

/// Says so.
pub async fn support() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], SUPPORT)
}
