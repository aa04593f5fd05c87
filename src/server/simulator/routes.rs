//! The simulator's addresses.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get, post};
use axum::{Extension, Router};

use super::State as Shared;
use super::answer::{GraphError, complete};
use super::resource::Version;
use super::{admin, batch, graph, group_changes, sign_in};

pub fn router(shared: Arc<Shared>) -> Router {
    let control = Router::new()
        .route("/_simulator/faults", get(admin::faults).put(admin::replace_faults).delete(admin::clear_faults))
        .route("/_simulator/tenants/{tenant}/groups", post(group_changes::change))
        .route("/_simulator/stats", get(admin::stats));
    simulated(&shared).merge(control).with_state(shared)
}

/// Graph and its sign-in service, without the control pages.
pub fn simulated(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1.0/$batch", post(batch::answer).layer(Extension(Version::V1)))
        .route("/beta/$batch", post(batch::answer).layer(Extension(Version::Beta)))
        .route("/v1.0/{*path}", any(graph::answer).layer(Extension(Version::V1)))
        .route("/beta/{*path}", any(graph::answer).layer(Extension(Version::Beta)))
        .route("/{tenant}/oauth2/v2.0/token", post(sign_in::token))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(sign_in::discovery))
        .fallback(unknown)
        .layer(from_fn_with_state(Arc::clone(shared), count))
        .layer(from_fn_with_state(Arc::clone(shared), complete))
}

async fn count(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    shared.stats.request();
    next.run(request).await
}

async fn unknown() -> GraphError {
    GraphError::bad_request("Invalid version. The address starts with v1.0 or beta.")
}
