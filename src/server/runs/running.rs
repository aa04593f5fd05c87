//! The jobs of this process. They are nobody's children: a queue that loses its database for a moment must not take the
//! running jobs with it.

use std::{future::Future, sync::Arc, time::Duration};

use apalis_core::error::BoxDynError;
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

/// How long jobs that were abandoned may take to hand their runs back.
const HAND_BACK: Duration = Duration::from_secs(5);

/// Cheap to clone.
#[derive(Clone)]
pub struct Running {
    jobs: TaskTracker,
    slots: Arc<Semaphore>,
    stopping: CancellationToken,
    abandoned: CancellationToken,
    killed: CancellationToken,
}

impl Running {
    /// Room for so many jobs at once, however often the queue's worker begins anew.
    pub fn new(slots: usize) -> Self {
        Self {
            jobs: TaskTracker::new(),
            slots: Arc::new(Semaphore::new(slots)),
            stopping: CancellationToken::new(),
            abandoned: CancellationToken::new(),
            killed: CancellationToken::new(),
        }
    }

    /// Starts a job on a task of its own, once there is room. The answer may be dropped; the job goes on.
    pub(super) fn spawn(
        &self,
        job: impl Future<Output = Result<(), BoxDynError>> + Send + 'static,
    ) -> impl Future<Output = Result<(), BoxDynError>> + Send + 'static {
        let (slots, stopping, killed) = (self.slots.clone(), self.stopping.clone(), self.killed.clone());
        let job = self.jobs.spawn(async move {
            let _room = tokio::select! {
                room = slots.acquire_owned() => Some(room?),
                // The job itself sees that there is nothing to begin any more.
                () = stopping.cancelled() => None,
            };
            tokio::select! {
                ended = job => ended,
                () = killed.cancelled() => Err("the process stops".into()),
            }
        });
        async move { job.await? }
    }

    /// Waits for the last job, once no more are begun.
    pub async fn finished(&self) {
        self.jobs.wait().await;
    }

    /// Waits until no new run is to be begun.
    pub(super) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Waits until the grace time is over, and the jobs are to be handed back.
    pub(super) async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Begins no more runs and waits for the jobs, no longer than `grace`; the runs of those that are left are handed back
    /// to the queue.
    pub async fn finish(&self, grace: Duration) {
        self.stopping.cancel();
        self.jobs.close();
        if tokio::time::timeout(grace, self.jobs.wait()).await.is_ok() {
            return;
        }
        warn!(jobs = self.jobs.len(), "jobs are still running; their runs are handed back");
        self.abandoned.cancel();
        if tokio::time::timeout(HAND_BACK, self.jobs.wait()).await.is_err() {
            warn!(jobs = self.jobs.len(), "runs could not be handed back; their lease will tell");
            self.killed.cancel();
            // What computes and never waits cannot be stopped: the process ends without it.
            let _ = tokio::time::timeout(HAND_BACK, self.jobs.wait()).await;
        }
    }

    /// Ends the jobs as a crash does: nothing is handed back. For tests.
    pub async fn crash(&self) {
        self.jobs.close();
        self.killed.cancel();
        self.jobs.wait().await;
    }
}
