//! What a stranger is told when a request over plain HTTP fails. Sockets have their own answers,
//! see `protocol::failure`.

use std::{borrow::Cow, fmt};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// A refusal: a status, a code for programs, a sentence for people.
#[derive(Debug)]
pub struct HttpError {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    /// What really happened: for the log, never for the stranger.
    cause: Option<String>,
}

impl HttpError {
    /// A refusal whose sentence the stranger may read.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, message: message.into(), cause: None }
    }

    /// A failure of our own: the cause goes to the log, the stranger learns nothing of it.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            message: Cow::Borrowed("something went wrong here; try again"),
            cause: Some(cause.to_string()),
        }
    }

    /// The sentence that the stranger may read.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status that is answered.
    pub fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for HttpError {
    /// The one place where a failed request is logged: a failure of our own, with its cause. What a
    /// stranger did wrong, or too often, is counted elsewhere and fills no log.
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                status = self.status.as_u16(),
                code = self.code,
                cause,
                "Failed a request"
            );
        }
        let body = Json(json!({ "code": self.code, "message": self.message }));
        // A refusal must not outlive its reason in a cache.
        let fresh = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        (self.status, fresh, body).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn body(error: HttpError) -> String {
        let response = error.into_response();
        let bytes = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_failure_of_our_own_tells_the_stranger_nothing() {
        let told = body(HttpError::internal("table messages is locked by canary")).await;
        assert_eq!(told, r#"{"code":"internal","message":"something went wrong here; try again"}"#);
    }

    #[tokio::test]
    async fn a_refusal_tells_what_to_do() {
        let told = body(HttpError::new(StatusCode::NOT_FOUND, "not_found", "look elsewhere")).await;
        assert_eq!(told, r#"{"code":"not_found","message":"look elsewhere"}"#);
    }
}
