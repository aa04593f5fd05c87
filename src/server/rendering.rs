//! Watches over the rendering of pages.

use std::time::Duration;

use axum::{
    body::Body,
    extract::Request,
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::future::{Either, select};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::db::Asker;

/// A page that takes longer is rendered a second time beside the first.
const SOON: Duration = Duration::from_secs(3);
/// A page that takes longer is not waited for: longer than a database that is away lets one wait for its error.
const AT_LAST: Duration = Duration::from_secs(30);

/// Leaves word of a browser that goes away before it has its answer, for what outlives the request.
pub async fn with_asker(mut request: Request, next: Next) -> Response {
    let gone = CancellationToken::new();
    request.extensions_mut().insert(Asker(gone.clone()));
    let leaves = gone.drop_guard();
    let response = next.run(request).await;
    leaves.disarm();
    response
}

/// Gives whichever of two renderings ends first, where the first takes long. Now and then a rendering that shares its
/// processors with many others waits for ever for data that is there (a race of leptos, seen once in thousands of pages
/// under load); it changes nothing, so that doing it again is safe.
pub async fn in_time(request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let (parts, _) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let render = move || {
        let (request, next) = (Request::from_parts(parts.clone(), Body::empty()), next.clone());
        async move { next.run(request).await }
    };
    match timeout(AT_LAST, hedged(SOON, render)).await {
        Ok(page) => page,
        Err(_) => {
            error!(path, "a page was not rendered at all");
            let text = "The page takes too long. Nothing was changed. Reload it in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

/// The result of the work, begun once more after `soon`.
async fn hedged<F: Future>(soon: Duration, work: impl Fn() -> F) -> F::Output {
    let first = match select(Box::pin(work()), Box::pin(sleep(soon))).await {
        Either::Left((done, _)) => return done,
        Either::Right(((), first)) => first,
    };
    warn!("a page takes long; it is rendered a second time");
    select(first, Box::pin(work())).await.factor_first().0
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::atomic::{AtomicU32, Ordering},
    };

    use tokio::sync::Notify;

    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    #[tokio::test]
    async fn what_never_ends_is_begun_once_more_and_what_ends_is_not() {
        let begun = AtomicU32::new(0);
        let stuck_at_first = || async {
            match begun.fetch_add(1, Ordering::Relaxed) {
                0 => pending().await,
                number => number,
            }
        };
        assert_eq!(hedged(AT_ONCE, stuck_at_first).await, 1);
        assert_eq!(hedged(AT_LAST, stuck_at_first).await, 2);
        assert_eq!(begun.load(Ordering::Relaxed), 3, "what ends in time is begun once");
    }

    #[tokio::test]
    async fn what_is_merely_slow_is_not_lost() {
        let (begun, again) = (AtomicU32::new(0), Notify::new());
        let slow_at_first = || async {
            let number = begun.fetch_add(1, Ordering::Relaxed);
            if number == 0 {
                again.notified().await;
                return number;
            }
            again.notify_one();
            pending().await
        };
        assert_eq!(hedged(AT_ONCE, slow_at_first).await, 0);
    }
}
