//! What a job holds of its run: progress, item results, and the word to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};

use super::{JobError, OperationRunService, RunChange, UpdateError};
use crate::{
    model::{
        ids::RunId,
        run::{Run, RunFailure, RunProgress, SummaryCounts},
    },
    server::db::{Tx, scope::TenantScope},
};

/// A job's hold on the run that it does. Every write carries the attempt: once another worker has taken the run
/// over, or it has ended, each call answers [`JobError::Stopped`].
#[derive(Clone)]
pub struct RunHandle {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: OperationRunService,
    run: Run,
    scope: TenantScope,
    worker: String,
    stopped: AtomicBool,
}

/// What a step of the work amounts to.
#[derive(Debug, Clone, Default)]
pub struct StepResult {
    /// Added to the run's counts.
    pub counts: SummaryCounts,
    pub failures: Vec<RunFailure>,
    /// How far the run is after it; `None` leaves it as it was.
    pub progress: Option<RunProgress>,
}

/// An open transaction for one step: the job's rows and the run's counts are written together or not at all.
pub struct Step<'a> {
    handle: &'a RunHandle,
    tx: Tx,
}

impl RunHandle {
    pub(super) fn new(ledger: OperationRunService, run: Run, scope: TenantScope, worker: String) -> Self {
        Self { inner: Arc::new(Inner { ledger, run, scope, worker, stopped: AtomicBool::new(false) }) }
    }

    pub fn id(&self) -> RunId {
        self.inner.run.id
    }

    pub fn attempt(&self) -> i32 {
        self.inner.run.attempt
    }

    /// The run as it was when this attempt began.
    pub fn run(&self) -> &Run {
        &self.inner.run
    }

    pub fn scope(&self) -> TenantScope {
        self.inner.scope
    }

    /// The ledger's time, for the rows that the job writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.ledger.clock().now()
    }

    /// Says so when the run is no longer this job's; a job asks between its steps.
    pub fn check(&self) -> Result<(), JobError> {
        if self.inner.stopped.load(Ordering::Relaxed) { Err(JobError::Stopped) } else { Ok(()) }
    }

    /// Opens the transaction of one step.
    pub async fn step(&self) -> Result<Step<'_>, JobError> {
        self.check()?;
        let tx = self.inner.ledger.db().begin().await?;
        Ok(Step { handle: self, tx })
    }

    /// Notes progress and item results that have no rows of their own.
    pub async fn record(&self, result: StepResult) -> Result<(), JobError> {
        self.step().await?.commit(result).await
    }

    /// Closes the run: failed with this failure, else by what the ledger has of its items.
    pub(super) async fn complete(&self, failure: Option<RunFailure>) -> Result<(), JobError> {
        self.update(RunChange::Complete { failure }).await
    }

    pub(super) async fn beat(&self) -> Result<(), JobError> {
        self.update(RunChange::Heartbeat).await
    }

    async fn update(&self, change: RunChange) -> Result<(), JobError> {
        let inner = &self.inner;
        let updated = inner.ledger.update_run(inner.run.id, inner.run.attempt, &inner.worker, change).await;
        self.heed(updated).map(|_| ())
    }

    /// Remembers a refusal, so that the job stops at its next step.
    fn heed(&self, updated: Result<Run, UpdateError>) -> Result<Run, JobError> {
        match updated {
            Ok(run) => Ok(run),
            Err(UpdateError::Database(error)) => Err(error.into()),
            Err(UpdateError::Refused(_) | UpdateError::NotFound) => {
                self.inner.stopped.store(true, Ordering::Relaxed);
                Err(JobError::Stopped)
            }
        }
    }
}

impl Step<'_> {
    pub const fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Commits the step with its result. When the run is no longer this job's, the step's rows are undone.
    pub async fn commit(mut self, result: StepResult) -> Result<(), JobError> {
        let inner = &self.handle.inner;
        let change =
            RunChange::Progress { counts: result.counts, failures: result.failures, progress: result.progress };
        let updated =
            inner.ledger.update_in(&mut self.tx, inner.run.id, inner.run.attempt, &inner.worker, change.clone()).await;
        match updated {
            Ok(run) => {
                self.tx.commit().await?;
                inner.ledger.publish(&run);
                Ok(())
            }
            Err(UpdateError::Refused(_)) => {
                drop(self.tx);
                // Again, outside of the step's transaction: so that the refusal stays in the history.
                self.handle.update(change).await
            }
            Err(error) => self.handle.heed(Err(error)).map(|_| ()),
        }
    }
}
