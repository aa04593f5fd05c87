//! What every answer has: request ids, a date and, where it failed, Graph's error envelope.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use serde_json::json;

use super::State as Shared;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");

/// A failure in Graph's words. `complete` gives it the ids of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
    /// Seconds, for the header `Retry-After`.
    pub retry_after: Option<u32>,
    /// Where to begin anew.
    pub location: Option<String>,
}

impl GraphError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, location: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub fn not_found(id: &str) -> Self {
        let message =
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    pub fn invalid_token(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Middleware: writes the envelope of a `GraphError` and the headers that every answer has.
pub async fn complete(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let request_id = shared.clock.new_id().to_string();
    let client_request_id = request.headers().get(CLIENT_REQUEST_ID).cloned();
    let mut response = next.run(request).await;

    let now = shared.clock.now();
    if let Some(error) = response.extensions_mut().remove::<GraphError>() {
        let client_id = client_request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or(&request_id);
        let body = json!({"error": {"code": error.code, "message": error.message, "innerError": {
            "date": now.to_rfc3339_opts(SecondsFormat::Secs, true).trim_end_matches('Z'),
            "request-id": request_id,
            "client-request-id": client_id,
        }}});
        response = (error.status, Json(body)).into_response();
        if let Some(seconds) = error.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(location) = &error.location {
            insert_text(response.headers_mut(), header::LOCATION, location);
        }
        if error.status == StatusCode::UNAUTHORIZED {
            let challenge =
                HeaderValue::from_static("Bearer realm=\"\", authorization_uri=\"/common/oauth2/authorize\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
    let headers = response.headers_mut();
    insert_text(headers, REQUEST_ID, &request_id);
    insert_text(headers, header::DATE, &httpdate::fmt_http_date(now.into()));
    match client_request_id {
        Some(id) => drop(headers.insert(CLIENT_REQUEST_ID, id)),
        None => insert_text(headers, CLIENT_REQUEST_ID, &request_id),
    }
    response
}

fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
