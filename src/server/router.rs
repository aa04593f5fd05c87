//! Every route of the server, and what stands around them.

use std::sync::OnceLock;

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{MethodRouter, get, post},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, file_and_error_handler_with_context,
    generate_route_list_with_exclusions_and_ssg_and_context,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, DefaultPredicate, Predicate, predicate::NotForContentType},
    trace::TraceLayer,
};

use super::{
    audit,
    auth::{origin::same_origin, request::theme},
    backup,
    db::Asker,
    export,
    live::stream::events,
    rendering::{in_time, with_asker},
    state::AppState,
};
use crate::{
    app::{App, shell},
    error::AppError,
    model::page_time::PageTime,
};

/// Bigger requests than any form of ours are refused.
const BODY_LIMIT: usize = 256 * 1024;
/// The header by which leptos marks the error of a server function.
const SERVER_FN_ERROR: &str = "serverfnerror";

/// The routes beside pages and server functions. `tests/roles.rs` knows each of them, and who may what there.
pub fn plain_routes() -> Vec<(&'static str, MethodRouter<AppState>)> {
    let backup_files = DefaultBodyLimit::max(backup::archive::LARGEST_FILE + BODY_LIMIT);
    vec![
        ("/healthz", get(|| async { "alive" })),
        ("/readyz", get(ready)),
        ("/t/{tenant}/events", get(events)),
        ("/t/{tenant}/operations/export.csv", get(export::csv)),
        ("/t/{tenant}/operations/export.ndjson", get(export::ndjson)),
        ("/t/{tenant}/operations/{run}/export.json", get(export::run)),
        ("/t/{tenant}/audit/export.csv", get(audit::routes::csv)),
        ("/t/{tenant}/audit/export.ndjson", get(audit::routes::ndjson)),
        ("/t/{tenant}/backups/{set}/download", get(backup::routes::download)),
        ("/t/{tenant}/backups/upload", post(backup::routes::upload).layer(backup_files)),
    ]
}

pub fn router(state: AppState) -> Router {
    let context = {
        let state = state.clone();
        move || {
            provide_context(state.clone());
            provide_context(theme());
            if let Some(asker) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Asker>().cloned()) {
                provide_context(asker);
            }
            provide_context(PageTime::new(state.runs.clock().now(), state.config.silent_after));
            protect_page();
        }
    };
    let page = {
        let options = state.leptos.clone();
        move || shell(options.clone())
    };
    let pages = Router::new()
        .leptos_routes_with_context(&state, page_routes(&context), context.clone(), page)
        .fallback(file_and_error_handler_with_context::<AppState, _>(context, shell))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn(with_asker));
    plain_routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .merge(pages)
        .layer(middleware::from_fn(right_status))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(middleware::from_fn(same_origin))
        .layer(middleware::from_fn(one_root))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers))
        .layer(CompressionLayer::new().compress_when(worth_compressing()))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

/// The pages of the application. Asked for once in a process: while leptos lists them, no page being rendered
/// anywhere in the process gets its data, and would wait for it for ever.
fn page_routes(context: &(impl Fn() + Clone + Send + Sync + 'static)) -> Vec<AxumRouteListing> {
    static PAGES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    let pages = || generate_route_list_with_exclusions_and_ssg_and_context(App, None, context.clone()).0;
    PAGES.get_or_init(pages).clone()
}

/// 200 when the database is reached and takes writes; migrations are done before the server listens.
async fn ready(State(state): State<AppState>) -> Response {
    match state.runs.db().ping().await {
        Ok(()) => (StatusCode::OK, "ready").into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "The database does not answer.").into_response()
        }
    }
}

/// An error outside of pages and server functions: its JSON with its status.
pub fn error_response(error: &AppError) -> Response {
    tracing::info!(status = error.status(), reason = error.title(), "refused");
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(error)).into_response()
}

/// What is a zip already does not get smaller.
fn worth_compressing() -> impl Predicate {
    DefaultPredicate::new().and(NotForContentType::const_new("application/zip"))
}

/// A page's Content-Security-Policy: scripts only with the nonce of this answer.
fn protect_page() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Refuses addresses with an empty part or no path at all: as a redirect they could lead to another host, and leptos
/// takes a path for granted. A slash at the end is one too many: the page is at the address without it.
async fn one_root(request: Request, next: Next) -> Response {
    let nothing = || (StatusCode::NOT_FOUND, "There is nothing at this address.").into_response();
    let Some(address) = request.uri().path_and_query() else { return nothing() };
    let (path, reads) = (address.path(), matches!(*request.method(), Method::GET | Method::HEAD));
    if !path.starts_with('/') || path.contains("//") {
        return nothing();
    }
    match path.strip_suffix('/') {
        Some(page) if reads && !page.is_empty() => {
            let query = address.query().map_or_else(String::new, |query| format!("?{query}"));
            Redirect::permanent(&format!("{page}{query}")).into_response()
        }
        _ => next.run(request).await,
    }
}

/// The headers of every answer.
async fn headers(request: Request, next: Next) -> Response {
    let hashed = request.uri().path().starts_with("/pkg/");
    let mut response = next.run(request).await;
    let cache = match (hashed && response.status().is_success(), response.headers().contains_key(header::CACHE_CONTROL))
    {
        // The names of these files change with their content.
        (true, _) => Some("public, max-age=31536000, immutable"),
        (false, false) => Some("no-store"),
        (false, true) => None,
    };
    let set = [
        (header::X_CONTENT_TYPE_OPTIONS, Some("nosniff")),
        (header::X_FRAME_OPTIONS, Some("DENY")),
        (header::REFERRER_POLICY, Some("same-origin")),
        (header::CACHE_CONTROL, cache),
    ];
    for (name, value) in set {
        if let Some(value) = value {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
    }
    response
}

/// Sets right what leptos and our own statuses make of each other. A form that failed without JavaScript is sent back
/// to its page, which tells the error: browsers follow only a 3xx. And arguments of a server function that cannot be
/// read are answered 500: the error itself knows better. And a page that leads elsewhere says so with its status also to
/// those who do not ask for HTML by name.
async fn right_status(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.run(request).await;
    if reads && response.status() == StatusCode::OK && response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
        return response;
    }
    if response.status().is_client_error() && response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::SEE_OTHER;
        return response;
    }
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key(SERVER_FN_ERROR) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_LIMIT).await else { return Response::from_parts(parts, Body::empty()) };
    if let Some(status) = serde_json::from_slice::<AppError>(&bytes).ok().map(|error| error.status()) {
        parts.status = StatusCode::from_u16(status).unwrap_or(parts.status);
    }
    Response::from_parts(parts, Body::from(bytes))
}
