//! Keeps the lasting tasks of a process going: one that ends or panics begins again.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{error, warn};

/// The pause before a task that ended begins again.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs what `begin` makes, again whenever it ends or panics, until the process stops.
pub async fn supervise<F>(name: &str, stopping: CancellationToken, begin: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    while !stopping.is_cancelled() {
        let task = AbortOnDropHandle::new(tokio::spawn(begin()));
        tokio::select! {
            ended = task => match ended {
                Ok(()) if stopping.is_cancelled() => return,
                Ok(()) => warn!(task = name, "ended; it begins again"),
                Err(cause) => error!(task = name, %cause, "failed; it begins again"),
            },
            () = stopping.cancelled() => return,
        }
        tokio::time::sleep(PAUSE).await;
    }
}
