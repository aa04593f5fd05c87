//! What a fault answers.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;

use super::answer::GraphError;
use super::collection::Collection;
use super::faults::Verdict;

/// Seconds, in the answer to a throttled request.
const RETRY_AFTER: u32 = 1;
const PROXY_PAGE: &str = "<!doctype html><title>Gateway</title><h1>The request is being checked</h1>";

/// The faults that are errors of Graph.
pub fn refuse(verdict: Verdict, collection: Collection) -> Result<(), GraphError> {
    let error = match verdict {
        Verdict::Answer | Verdict::BrokenBody | Verdict::Html => return Ok(()),
        Verdict::Throttled => {
            let message = "Too many requests. Try again later.";
            let error = GraphError::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message);
            GraphError { retry_after: Some(RETRY_AFTER), ..error }
        }
        Verdict::Unavailable => {
            let message = "The service is temporarily unavailable.";
            GraphError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        }
        Verdict::Forbidden => forbidden(collection),
        Verdict::Unlicensed => GraphError::bad_request("Request not applicable to target tenant."),
    };
    Err(error)
}

/// The directory and Intune use different codes for the same thing.
fn forbidden(collection: Collection) -> GraphError {
    let (code, message) = match collection {
        Collection::Groups => {
            ("Authorization_RequestDenied", "Insufficient privileges to complete the operation.".to_owned())
        }
        Collection::ConditionalAccessPolicies => {
            let permission = collection.read_permission();
            (
                "AccessDenied",
                format!("You cannot perform the requested operation, required scopes are missing: {permission}"),
            )
        }
        _ => {
            let permission = collection.read_permission();
            let start = "Application is not authorized to perform this operation.";
            ("Forbidden", format!("{start} Application must have one of the following scopes: {permission}"))
        }
    };
    GraphError::new(StatusCode::FORBIDDEN, code, message)
}

/// The faults that spoil the body of a good answer.
pub fn spoilt(verdict: Verdict, body: &Value) -> Option<Response> {
    match verdict {
        Verdict::Html => Some(Html(PROXY_PAGE).into_response()),
        Verdict::BrokenBody => {
            // The first half of the JSON, sent as if it were all of it.
            let mut half = body.to_string().into_bytes();
            half.truncate(half.len() / 2);
            Some(([(header::CONTENT_TYPE, "application/json")], half).into_response())
        }
        _ => None,
    }
}
