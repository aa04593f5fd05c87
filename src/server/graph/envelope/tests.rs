//! Error bodies as Graph, Intune and the sign-in service send them.

use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;

use super::*;

fn answer(status: u16, body: impl ToString) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
}

fn reason(status: u16, body: Value) -> ReasonCode {
    graph_error(&answer(status, body)).reason
}

#[test]
fn a_status_alone_gives_the_reason_when_the_body_says_nothing() {
    for (status, expected) in [
        (400, InvalidPayload),
        (401, AuthFailed),
        (403, PermissionDenied),
        (404, NotFound),
        (409, Conflict),
        (412, Conflict),
        (422, InvalidPayload),
        (423, Conflict),
        (424, DependencyMissing),
        (429, GraphThrottled),
        (500, ServiceUnavailable),
        (503, ServiceUnavailable),
        (302, Network),
    ] {
        assert_eq!(reason(status, Value::Null), expected, "{status}");
        assert_eq!(graph_error(&answer(status, "<html>gateway</html>")).reason, expected, "{status}");
    }
}

#[test]
fn the_innermost_known_code_decides() {
    let body = json!({"error": {"code": "generalException", "message": "Words.",
        "innerError": {"code": "activityLimitReached", "request-id": "5f3c", "innerError": {"code": "details"}}}});
    let error = graph_error(&answer(400, body));
    assert_eq!((error.reason, error.code.as_deref()), (GraphThrottled, Some("activityLimitReached")));
    assert_eq!(error.request_id.as_deref(), Some("5f3c"));
}

#[test]
fn every_code_of_the_table_has_its_reason_whatever_the_status() {
    for (code, expected) in [
        ("TooManyRequests", GraphThrottled),
        ("Authorization_RequestDenied", PermissionDenied),
        ("accessDenied", PermissionDenied),
        ("itemNotFound", NotFound),
        ("Request_ResourceNotFound", NotFound),
        ("nameAlreadyExists", Conflict),
        ("ModelValidationFailure", InvalidPayload),
        ("insufficient_claims", BlockedByPolicy),
        ("InvalidAuthenticationToken", AuthFailed),
    ] {
        assert_eq!(reason(400, json!({"error": {"code": code, "message": ""}})), expected, "{code}");
    }
}

#[test]
fn intunes_json_in_the_message_is_read() {
    let inner = json!({"_version": 3, "ErrorCode": "ModelValidationFailure", "Message": "Words."}).to_string();
    let error = graph_error(&answer(400, json!({"error": {"code": "BadRequest", "message": inner}})));
    assert_eq!((error.reason, error.code.as_deref()), (InvalidPayload, Some("ModelValidationFailure")));
}

#[test]
fn a_tenant_without_the_licence_is_told_by_its_words_even_inside_json() {
    let words = "Request not applicable to target tenant.";
    assert_eq!(reason(400, json!({"error": {"code": "BadRequest", "message": words}})), LicenseMissing);
    let inner = json!({"Message": words}).to_string();
    assert_eq!(reason(403, json!({"error": {"code": "Forbidden", "message": inner}})), LicenseMissing);
}

#[test]
fn a_claims_challenge_in_the_header_is_a_policys_block() {
    let mut refused = answer(401, json!({"error": {"code": "InvalidAuthenticationToken"}}));
    refused.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"insufficient_claims\""));
    assert_eq!(graph_error(&refused).reason, BlockedByPolicy);
}

#[test]
fn sign_in_errors_are_told_by_number_from_either_field() {
    for (number, expected) in [
        (7_000_215, AuthFailed),
        (7_000_222, AuthFailed),
        (700_016, AuthFailed),
        (65_001, AuthFailed),
        (5_000_224, TenantUnavailable),
        (900_023, TenantUnavailable),
        (53_003, BlockedByPolicy),
    ] {
        let listed = json!({"error": "invalid_client", "error_codes": [number]});
        let described = json!({"error": "invalid_client", "error_description": format!("AADSTS{number}: Words.")});
        for body in [listed, described] {
            let error = sign_in_error(&answer(401, body));
            assert_eq!((error.reason, error.code), (expected, Some(format!("AADSTS{number}"))));
        }
    }
    assert_eq!(sign_in_error(&answer(503, "")).reason, ServiceUnavailable);
}

#[test]
fn free_text_and_tokens_in_the_place_of_a_code_are_dropped() {
    for code in ["Ada was here", "ada@contoso.example", "eyJhbGciOiJub25lIn0.e30.", ""] {
        assert_eq!(graph_error(&answer(400, json!({"error": {"code": code}}))).code, None, "{code}");
    }
}

#[test]
fn a_body_of_errors_inside_errors_comes_to_an_end() {
    let deep = (0..200).fold(json!({"code": "deep"}), |inner, _| json!({"innerError": inner}));
    assert_eq!(reason(404, json!({"error": deep})), NotFound);
}
