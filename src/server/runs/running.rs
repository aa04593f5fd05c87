//! The jobs of this process. They are nobody's children: a queue that loses its database for a moment must not take the
//! running jobs with it.

use std::{future::Future, time::Duration};

use apalis_core::error::BoxDynError;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Running {
    jobs: TaskTracker,
    abandoned: CancellationToken,
}

impl Running {
    /// Starts a job on a task of its own. The answer may be dropped; the job goes on.
    pub(super) fn spawn(
        &self,
        job: impl Future<Output = Result<(), BoxDynError>> + Send + 'static,
    ) -> impl Future<Output = Result<(), BoxDynError>> + Send + 'static {
        let abandoned = self.abandoned.clone();
        let job = self.jobs.spawn(async move {
            tokio::select! {
                ended = job => ended,
                () = abandoned.cancelled() => Err("the process stops".into()),
            }
        });
        async move { job.await? }
    }

    /// Waits for the jobs, no longer than `grace`; those that are left are abandoned, and the queue gives their runs to
    /// another worker once their hearts have stopped.
    pub async fn finish(&self, grace: Duration) {
        self.jobs.close();
        if tokio::time::timeout(grace, self.jobs.wait()).await.is_err() {
            warn!(jobs = self.jobs.len(), "jobs are still running and are abandoned");
            self.abandoned.cancel();
            self.jobs.wait().await;
        }
    }
}
