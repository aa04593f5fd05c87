//! One HTTP exchange: sends a request, reads the whole answer up to a limit, and names what broke on the way.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, header};

use super::{
    GraphError,
    envelope::safe_word,
    retry::{Again, Failed},
};
use crate::{model::reason::ReasonCode, server::net::Refused};

/// A whole answer, of any status.
pub(super) struct Answer {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

/// Sends and reads.
///
/// # Errors
/// What broke between us and the other side; an answer with an error status is an answer.
pub(super) async fn exchange(request: RequestBuilder, body_bytes: usize) -> Result<Answer, Failed> {
    let mut response = request.send().await.map_err(unsent)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(cut_short)? {
        if body.len() + chunk.len() > body_bytes {
            let error = GraphError::incomplete("The answer is larger than this server reads.");
            return Err(Failed::for_good(error.answered(status, request_id(&headers))));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

impl Answer {
    pub fn request_id(&self) -> Option<String> {
        request_id(&self.headers)
    }

    /// Whether the same request may fare better later. Only for requests that may be repeated.
    pub fn again(&self, now: DateTime<Utc>) -> Again {
        match (self.status, self.retry_after(now)) {
            (429 | 502..=504, Some(time)) => Again::After(time),
            (429 | 502..=504, None) => Again::BackOff,
            _ => Again::Never,
        }
    }

    /// `Retry-After` in either of its forms (RFC 9110, 10.2.3).
    fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = DateTime::<Utc>::from(httpdate::parse_http_date(text).ok()?);
        Some((date - now).to_std().unwrap_or_default())
    }
}

fn request_id(headers: &header::HeaderMap) -> Option<String> {
    ["request-id", "x-ms-request-id"].iter().find_map(|name| safe_word(headers.get(*name)?.to_str().ok()?))
}

/// No answer came. The address is taken out of reqwest's error, for it may hold a token.
fn unsent(error: reqwest::Error) -> Failed {
    let error = error.without_url();
    if let Some(refused) = refused(&error) {
        return Failed::for_good(refused.into());
    }
    let (reason, again) = if error.is_timeout() && !error.is_connect() {
        (ReasonCode::Timeout, Again::Never)
    } else if error.is_builder() {
        (ReasonCode::Internal, Again::Never)
    } else {
        (ReasonCode::Network, Again::BackOff)
    };
    Failed { error: GraphError::new(reason).caused(error), again }
}

/// The answer began and did not come to its end.
fn cut_short(error: reqwest::Error) -> Failed {
    let error = error.without_url();
    if error.is_timeout() {
        return Failed::for_good(GraphError::new(ReasonCode::Timeout).caused(error));
    }
    Failed { error: GraphError::incomplete("The answer was cut short.").caused(error), again: Again::BackOff }
}

/// The resolver's refusal, wherever it stands in the chain of causes.
fn refused(error: &reqwest::Error) -> Option<Refused> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return Some(*refused);
        }
        next = cause.source();
    }
    None
}
