//! The operator's doors: is it alive, is it ready, what does it count. Never for the public.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    http::{assets, headers},
    lifecycle::Tasks,
    store::Store,
    telemetry::Metrics,
};

/// What the operator's doors look at.
pub struct Watch {
    /// Whether it can write.
    pub store: Store,
    /// Whether it is stopping.
    pub tasks: Tasks,
    /// What it counts.
    pub metrics: Metrics,
}

/// The whole operator's route table.
pub fn admin(watch: Arc<Watch>) -> Router {
    Router::new()
        .route("/livez", get(health))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(middleware::map_response(|response| headers::secure(response, false)))
        .with_state(watch)
}

/// The process answers. Says only that.
pub async fn health() -> &'static str {
    "ok"
}

/// Whether visitors should be sent here: it is not stopping, and a commit goes through.
async fn ready(State(watch): State<Arc<Watch>>) -> Response {
    let stopping = watch.tasks.stopping().is_cancelled();
    let store = watch.store.probe().await;
    let built = assets::widget_is_built();
    let fine = !stopping && store.is_ok() && built;
    let status = if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let store = match store {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.to_string(),
    };
    // Visitors may come: what is due is hidden from them, swept or not.
    let retention = watch.store.clock_doubt();
    let retention = retention.map_or_else(|| "ok".to_owned(), |doubt| format!("halted: {doubt}"));
    let words = json!({
        "ready": fine,
        "stopping": stopping,
        "store": store,
        "retention": retention,
        "widget_built": built,
    });
    (status, Json(words)).into_response()
}

/// Prometheus text.
async fn metrics(State(watch): State<Arc<Watch>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], watch.metrics.render())
}
