//! What a job holds of its run: progress, item results, and the word to stop.

mod step;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::time::Instant;
use tracing::warn;
use uuid::Uuid;

pub use self::step::Step;
use super::{
    JobError, OperationRunService, RunChange, UpdateError,
    pending::{Holder, Pending},
};
use crate::{
    model::{
        ids::RunId,
        run::{Run, RunFailure, RunProgress, SummaryCounts},
    },
    server::{
        db::{Db, life, runs, scope::TenantScope},
        error::is_passing,
        live::CancelWatch,
    },
};

/// How long a step waits for a database that is away, at first and at last; it doubles in between.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LAST_WAIT: Duration = Duration::from_secs(8);
/// Viewers of a run that makes no progress get a sign of life this often, or every second heartbeat: sooner than they are
/// told of its silence, and seldom enough that idle runs cost nobody anything.
const TELL_EVERY: Duration = Duration::from_secs(20);

/// A job's hold on the run that it does. Every write carries the attempt: once another worker has taken the run
/// over, or it has ended, or somebody wants it to stop, each call answers [`JobError::Stopped`].
#[derive(Clone)]
pub struct RunHandle {
    inner: Arc<Inner>,
}

struct Inner {
    ledger: OperationRunService,
    run: Run,
    scope: TenantScope,
    holder: Holder,
    /// The run is no longer this worker's.
    lost: AtomicBool,
    cancel: CancelWatch,
    /// When viewers last heard of the run, and how often they do.
    told: Mutex<Instant>,
    tell_every: Duration,
}

/// What a step of the work amounts to.
#[derive(Debug, Clone, Default)]
pub struct StepResult {
    /// Added to the run's counts.
    pub counts: SummaryCounts,
    /// Taken off the run's counts after that.
    pub less: SummaryCounts,
    pub failures: Vec<RunFailure>,
    /// How far the run is after it; `None` leaves it as it was.
    pub progress: Option<RunProgress>,
}

impl RunHandle {
    pub(super) fn new(
        ledger: OperationRunService,
        run: Run,
        scope: TenantScope,
        worker: String,
        heartbeat_every: Duration,
    ) -> Self {
        let cancel = ledger.watch_cancel(run.id);
        cancel.heed(&run);
        let holder = Holder { run: run.id, attempt: run.attempt, worker, pending: Pending::new() };
        Self {
            inner: Arc::new(Inner {
                ledger,
                run,
                scope,
                holder,
                lost: AtomicBool::new(false),
                cancel,
                told: Mutex::new(Instant::now()),
                tell_every: TELL_EVERY.min(heartbeat_every * 2),
            }),
        }
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

    pub fn db(&self) -> &Db {
        self.inner.ledger.db()
    }

    /// The ledger's time, for the rows that the job writes.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.ledger.clock().now()
    }

    /// A new id, for a row that the job writes.
    pub fn new_id(&self) -> Uuid {
        self.inner.ledger.clock().new_id()
    }

    /// What the run was asked to do, as the producer accepted it.
    pub async fn inputs(&self) -> Result<Value, JobError> {
        let found = runs::find(self.inner.ledger.db(), self.scope(), self.id()).await?;
        let mut full = found.ok_or(JobError::Stopped)?;
        Ok(full.context.get_mut("inputs").map(Value::take).unwrap_or_default())
    }

    /// Says so when the run is no longer this job's or is to be cancelled; a job asks between its steps.
    pub fn check(&self) -> Result<(), JobError> {
        if self.is_lost() || self.is_cancelled() { Err(JobError::Stopped) } else { Ok(()) }
    }

    /// Waits until somebody asks to cancel the run: for a job that waits for something else for long.
    pub async fn cancelled(&self) {
        self.inner.cancel.asked().await;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.inner.cancel.is_asked()
    }

    pub(super) fn is_lost(&self) -> bool {
        self.inner.lost.load(Ordering::Relaxed)
    }

    /// Opens the transaction of one step.
    /// A database that is away is waited for: nothing of the step is done yet, so nothing can be done twice.
    pub async fn step(&self) -> Result<Step<'_>, JobError> {
        let mut wait = FIRST_WAIT;
        loop {
            self.check()?;
            match self.inner.ledger.db().begin().await {
                Ok(tx) => return Ok(Step { handle: self, tx }),
                Err(error) if is_passing(&error) => {
                    warn!(run = %self.id(), %error, "the database is away; the job waits {wait:?}");
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = self.cancelled() => {}
                    }
                    wait = (wait * 2).min(LAST_WAIT);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Notes progress and item results that have no rows of their own. They are written within a second, or together
    /// with the next step or the end of the run.
    pub async fn record(&self, result: StepResult) -> Result<(), JobError> {
        self.check()?;
        self.inner.holder.pending.add(self.now(), result);
        // A job that does nothing else leaves the others their turn.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits until a second has passed since the run was written: then a job that gathers rows writes them.
    pub async fn due(&self) {
        self.inner.holder.pending.due().await;
    }

    /// Whether that second has passed.
    pub fn is_due(&self) -> bool {
        self.inner.holder.pending.is_due()
    }

    /// Waits until something was recorded that is due to be written.
    pub(super) async fn unwritten(&self) {
        self.inner.holder.pending.unwritten().await;
    }

    /// Writes what was recorded.
    pub(super) async fn flush(&self) -> Result<(), JobError> {
        let written = self.inner.ledger.settle(self.holder(), None).await;
        // What cannot be written now is tried again in a second.
        self.inner.holder.pending.tried();
        self.told();
        self.heed(written).map(drop)
    }

    pub(super) fn holder(&self) -> &Holder {
        &self.inner.holder
    }

    /// Gives a sign of life, and learns whether the run is to be cancelled. It changes nothing else of the row and leaves
    /// no event; viewers hear of it seldom, see [`TELL_EVERY`].
    pub(super) async fn beat(&self) -> Result<(), JobError> {
        let inner = &self.inner;
        let mut tx = inner.ledger.beats().begin().await?;
        match life::beat(&mut tx, inner.run.id, inner.run.attempt, self.now()).await? {
            Some(run) => {
                tx.commit().await?;
                self.inner.cancel.heed(&run);
                self.tell_life(&run);
                Ok(())
            }
            // Refused: the long way leaves the line in the history.
            None => {
                drop(tx);
                self.update(RunChange::Heartbeat).await
            }
        }
    }

    /// Shows viewers a sign of life, when they have not seen the run for a while.
    fn tell_life(&self, run: &Run) {
        let mut told = self.inner.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= self.inner.tell_every {
            *told = Instant::now();
            self.inner.ledger.publish(run);
        }
    }

    fn told(&self) {
        *self.inner.told.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) async fn update(&self, change: RunChange) -> Result<(), JobError> {
        let inner = &self.inner;
        let updated = inner.ledger.update_run(inner.run.id, inner.run.attempt, &inner.holder.worker, change).await;
        self.heed(updated).map(drop)
    }

    /// Remembers a refusal, so that the job stops at its next step.
    fn heed(&self, updated: Result<Run, UpdateError>) -> Result<Run, JobError> {
        match updated {
            Ok(run) => {
                self.inner.cancel.heed(&run);
                Ok(run)
            }
            Err(UpdateError::Database(error)) => Err(error.into()),
            Err(UpdateError::Refused(_) | UpdateError::NotFound) => {
                self.inner.lost.store(true, Ordering::Relaxed);
                Err(JobError::Stopped)
            }
        }
    }
}
