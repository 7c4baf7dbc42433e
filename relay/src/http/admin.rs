//! The operator's doors: is it alive, is it ready, what does it count. Never for the public.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;

use crate::{
    error::HttpError,
    http::{self, assets, headers, plain},
    lifecycle::Tasks,
    limits::PROBE_PATIENCE,
    retention,
    store::{Store, StoreError},
    telemetry::{Metrics, names},
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
        .route("/metrics", get(counts))
        .fallback(not_found)
        .method_not_allowed_fallback(http::wrong_method)
        .layer(middleware::from_fn(plain::check))
        .layer(middleware::map_response(|response| headers::secure(response, false)))
        .with_state(watch)
}

async fn not_found(uri: Uri) -> HttpError {
    http::nothing_at(&uri, "/livez, /readyz, /metrics, /healthz")
}

/// The process answers. Says only that.
pub async fn health() -> &'static str {
    "ok"
}

/// Whether visitors should be sent here: it is not stopping, a commit goes through, and what is past
/// its end is deleted in time (G-26).
async fn ready(State(watch): State<Arc<Watch>>) -> Response {
    let stopping = watch.tasks.stopping().is_cancelled();
    // A writer that does not come round to it counts as not ready, and is not waited for.
    let probe = tokio::time::timeout(PROBE_PATIENCE, watch.store.probe()).await;
    let store = probe.unwrap_or(Err(StoreError::Busy));
    let built = assets::widget_is_built();
    let retention = retention::standing(&watch.store).await;
    let fine = !stopping && store.is_ok() && built && !retention.is_unfit;
    let status = if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let store = match store {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.to_string(),
    };
    let words = json!({
        "ready": fine,
        "stopping": stopping,
        "store": store,
        "retention": retention.words,
        "requests": requests(&watch.store).await,
        "widget_built": built,
    });
    (status, Json(words)).into_response()
}

/// How the requests under data-protection law stand, in words; counts them. One that is late is no
/// reason to send visitors away.
async fn requests(store: &Store) -> String {
    match store.request_tally().await {
        Ok(tally) => {
            metrics::gauge!(names::REQUESTS_SOON).set(f64::from(tally.soon));
            metrics::gauge!(names::REQUESTS_OVERDUE).set(f64::from(tally.overdue));
            tally.words()
        }
        Err(error) => error.to_string(),
    }
}

/// Prometheus text.
async fn counts(State(watch): State<Arc<Watch>>) -> impl IntoResponse {
    retention::standing(&watch.store).await;
    requests(&watch.store).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], watch.metrics.render())
}
