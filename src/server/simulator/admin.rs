//! The control pages under `/_simulator`: faults and statistics, for tests and demonstrations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::State as Shared;
use super::fault::{Fault, FaultError};
use super::stats::Counts;

/// The faults in force, with what is left of their counts.
pub async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<String>> {
    Json(shared.faults.current().iter().map(Fault::to_string).collect())
}

/// Takes a JSON list of faults in place of those in force; all or none.
pub async fn replace_faults(
    State(shared): State<Arc<Shared>>,
    body: Result<Json<Vec<String>>, JsonRejection>,
) -> Response {
    let parsed: Result<Vec<Fault>, String> = body
        .map_err(|rejection| rejection.body_text())
        .and_then(|Json(texts)| texts.iter().map(|text| parse(text)).collect());
    match parsed {
        Ok(new) => {
            shared.faults.replace(new);
            faults(State(shared)).await.into_response()
        }
        Err(message) => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": message}))).into_response(),
    }
}

pub async fn clear_faults(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.replace(Vec::new());
    StatusCode::NO_CONTENT
}

pub async fn stats(State(shared): State<Arc<Shared>>) -> Json<Counts> {
    Json(shared.stats.current())
}

fn parse(text: &str) -> Result<Fault, String> {
    text.parse().map_err(|error: FaultError| error.to_string())
}
