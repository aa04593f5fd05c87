//! The origin check: what changes state must come from Runledger's own pages.

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Refuses state-changing requests that a browser sent on behalf of another site.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || is_own(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "This request comes from another site and was refused.").into_response()
    }
}

/// Browsers always name the origin of a POST; what names none is not a browser and carries no one's cookies.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let headers =
            pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect();
        is_own(&headers)
    }

    #[test]
    fn only_runledgers_own_pages_may_post() {
        assert!(own(&[("origin", "https://run.example"), ("host", "run.example")]));
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("host", "run.example")]));
        assert!(!own(&[("origin", "https://evil.example"), ("host", "run.example")]));
        assert!(!own(&[("origin", "null"), ("host", "run.example")]));
        assert!(!own(&[("sec-fetch-site", "same-site"), ("host", "run.example")]));
        assert!(!own(&[("origin", "https://run.example")]));
    }
}
