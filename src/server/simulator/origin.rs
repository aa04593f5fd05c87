//! Where the caller reached the simulator: the links in its answers lead back there.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

/// Scheme and authority, as in `http://127.0.0.1:3010`.
pub struct Origin(pub String);

impl<S: Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        // A proxy that ends TLS says so; the official SDKs refuse a link that falls back to http.
        let scheme = header("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        let host = header(header::HOST.as_str()).or(authority).unwrap_or("localhost");
        Ok(Self(format!("{scheme}://{host}")))
    }
}
