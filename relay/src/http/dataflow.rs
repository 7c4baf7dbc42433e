//! `/v1/dataflow.json`: where data are stored and who gets words, as the configuration has it (A-C4a).
//! For everybody; it holds no visitor's data, and of the operator's own machines no address.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};

use super::Doors;

/// Says so.
pub(super) async fn flow(State(doors): State<Arc<Doors>>) -> impl IntoResponse {
    Json(doors.flow.clone())
}
