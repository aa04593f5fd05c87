//! Graph's and the sign-in service's error bodies, turned into a reason code. Codes decide; words do not.

use serde_json::Value;

use super::{GraphError, wire::Answer};
use crate::{
    model::reason::ReasonCode::{self, *},
    server::redact::redact,
};

/// The one thing that Graph tells by words alone.
const UNLICENSED: &str = "request not applicable to target tenant";

/// How deep inner errors are followed.
const DEPTH: u8 = 8;

/// The error of a Graph answer with an error status.
pub(super) fn graph_error(answer: &Answer) -> GraphError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let mut found = Found::default();
    found.walk(body.get("error").unwrap_or(&body), DEPTH);
    if challenges_claims(answer) {
        found.codes.push("insufficient_claims".to_owned());
    }
    let reason = if found.unlicensed {
        LicenseMissing
    } else {
        // The innermost code says most.
        found.codes.iter().rev().find_map(|code| reason_of_code(code)).unwrap_or(reason_of_status(answer.status))
    };
    let known = found.codes.iter().rev().find(|code| reason_of_code(code).is_some());
    let mut error = GraphError::new(reason).answered(answer.status, answer.request_id().or(found.request_id));
    error.code = known.or(found.codes.first()).and_then(|code| safe_word(code));
    if (300..400).contains(&answer.status) {
        error = error.noted("It answered with a redirect.");
    }
    error
}

/// The error of a token request that was refused.
pub(super) fn sign_in_error(answer: &Answer) -> GraphError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let number = aadsts(&body);
    let reason = match (number, answer.status) {
        (Some(5_000_224 | 900_023 | 90_002), _) => TenantUnavailable,
        (Some(53_003), _) => BlockedByPolicy,
        (_, 429 | 500..) => reason_of_status(answer.status),
        (_, 300..400) => Network,
        _ => AuthFailed,
    };
    let request_id = answer.request_id().or_else(|| safe_word(body.get("trace_id")?.as_str()?));
    let mut error = GraphError::new(reason).answered(answer.status, request_id);
    error.code = match number {
        Some(number) => Some(format!("AADSTS{number}")),
        None => body.get("error").and_then(Value::as_str).and_then(safe_word),
    };
    error
}

/// A short word that is no secret: a code or an id. Whatever else a server puts there is dropped.
pub(super) fn safe_word(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain) && redact(text) == text).then(|| text.to_owned())
}

/// The sign-in service's error number: from `error_codes`, else from the beginning of its description.
fn aadsts(body: &Value) -> Option<u64> {
    body.pointer("/error_codes/0").and_then(Value::as_u64).or_else(|| {
        let (_, rest) = body.get("error_description")?.as_str()?.split_once("AADSTS")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    })
}

/// Continuous access evaluation asks for another token by a header.
fn challenges_claims(answer: &Answer) -> bool {
    let challenge = answer.headers.get(reqwest::header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    challenge.is_some_and(|text| text.contains("insufficient_claims"))
}

/// Gathered from an error and the errors in it, outermost first.
#[derive(Default)]
struct Found {
    codes: Vec<String>,
    request_id: Option<String>,
    unlicensed: bool,
}

impl Found {
    fn walk(&mut self, error: &Value, depth: u8) {
        let (Value::Object(fields), Some(depth)) = (error, depth.checked_sub(1)) else { return };
        for (name, value) in fields {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("code" | "errorcode" | "customapierrorphrase", Value::String(code)) if !code.is_empty() => {
                    self.codes.push(code.clone());
                }
                ("request-id" | "requestid", Value::String(id)) => self.request_id = safe_word(id),
                ("message", Value::String(message)) => self.message(message, depth),
                _ => {}
            }
        }
        for (name, value) in fields {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("innererror" | "error", Value::Object(_)) => self.walk(value, depth),
                ("details", Value::Array(details)) => details.iter().for_each(|detail| self.walk(detail, depth)),
                _ => {}
            }
        }
    }

    /// Intune often puts an error of its own into the message, as JSON.
    fn message(&mut self, message: &str, depth: u8) {
        self.unlicensed |= message.to_ascii_lowercase().contains(UNLICENSED);
        if message.trim_start().starts_with('{')
            && let Ok(inner) = serde_json::from_str(message)
        {
            self.walk(&inner, depth);
        }
    }
}

fn reason_of_code(code: &str) -> Option<ReasonCode> {
    Some(match code.to_ascii_lowercase().as_str() {
        "toomanyrequests" | "activitylimitreached" => GraphThrottled,
        "authorization_requestdenied" | "accessdenied" => PermissionDenied,
        "invalidauthenticationtoken" => AuthFailed,
        "insufficient_claims" => BlockedByPolicy,
        "itemnotfound" | "request_resourcenotfound" => NotFound,
        "namealreadyexists" => Conflict,
        "modelvalidationfailure" => InvalidPayload,
        "syncstatenotfound" | "resyncrequired" => IncompleteData,
        _ => return None,
    })
}

fn reason_of_status(status: u16) -> ReasonCode {
    match status {
        429 => GraphThrottled,
        401 => AuthFailed,
        403 => PermissionDenied,
        404 | 410 => NotFound,
        408 => Timeout,
        409 | 412 | 423 => Conflict,
        424 => DependencyMissing,
        400..500 => InvalidPayload,
        500.. => ServiceUnavailable,
        // A redirect or the like: something else than Graph stands at the address.
        _ => Network,
    }
}

#[cfg(test)]
mod tests;
