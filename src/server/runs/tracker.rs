//! `TrackOperationRun`: the Tower layer around the task queue's workers. It claims the run, beats its heart,
//! hands the job its handle and closes the run whatever happens. Producers need no tracking code.

use std::{
    panic::AssertUnwindSafe,
    task::{Context, Poll},
    time::Duration,
};

use apalis_core::{error::BoxDynError, task::Task};
use futures::{FutureExt, future::BoxFuture};
use tokio_util::task::AbortOnDropHandle;
use tower::{Layer, Service};
use tracing::{error, info, warn};

use super::{
    JobError, Limits, OperationRunService, RunChange, RunHandle, Running, UpdateError,
    change::ReleaseReason,
    claim::Next,
    failure::{failure_of, plain},
    watchdog::MOST_ATTEMPTS,
};
use crate::{
    model::{reason::ReasonCode, run::RunEventKind},
    server::{
        db::{
            run_events,
            tasks::{RunTask, run_of},
        },
        error::is_passing,
        redact::detail,
    },
};

/// How long a database that is away is waited for, at first and at last; it doubles in between.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LAST_WAIT: Duration = Duration::from_secs(8);
/// How often the database may refuse that a run is closed, for reasons that do not pass.
const MOST_REFUSALS: u32 = 5;
/// How often a worker that has a task looks for a run that it may begin, when nobody says that one has ended.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How a worker tracks its runs.
#[derive(Debug, Clone)]
pub struct TrackerSettings {
    /// Who it is, in the history.
    pub worker: String,
    pub heartbeat_every: Duration,
    /// A job that takes longer is ended with `timeout`.
    pub time_limit: Duration,
    /// How long a job may go on after it was asked to stop.
    pub cancel_patience: Duration,
    /// How much one tenant may have at once.
    pub limits: Limits,
}

/// The layer.
#[derive(Clone)]
pub struct TrackOperationRun {
    ledger: OperationRunService,
    settings: TrackerSettings,
    running: Running,
}

impl TrackOperationRun {
    pub const fn new(ledger: OperationRunService, settings: TrackerSettings, running: Running) -> Self {
        Self { ledger, settings, running }
    }
}

impl<S> Layer<S> for TrackOperationRun {
    type Service = TrackedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TrackedService { inner, tracker: self.clone() }
    }
}

/// A service whose calls are runs of the ledger.
#[derive(Clone)]
pub struct TrackedService<S> {
    inner: S,
    tracker: TrackOperationRun,
}

impl<S> Service<Task<RunTask>> for TrackedService<S>
where
    S: Service<RunHandle, Response = (), Error = JobError> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = BoxFuture<'static, Result<(), BoxDynError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<RunTask>) -> Self::Future {
        // The clone stays behind; the one that was polled ready does the call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let tracker = self.tracker.clone();
        let running = self.tracker.running.clone();
        running
            .spawn(async move {
                let Some(handle) = tracker.claim(task).await? else { return Ok(()) };
                // On a task of its own, so that a job that computes for long does not look dead.
                let heart =
                    AbortOnDropHandle::new(tokio::spawn(beat(handle.clone(), tracker.settings.heartbeat_every)));
                let end = tracker.watch(&handle, async { inner.call(handle.clone()).await }).await;
                tracker.close(&handle, end).await;
                drop(heart);
                tracker.ledger.live().run_ended();
                Ok(())
            })
            .boxed()
    }
}

/// How a job ended, as the tracker saw it.
enum End {
    Done,
    Failed(JobError),
    Panicked,
    TimedOut,
    /// It was asked to stop, and did not listen.
    CutOff,
    /// The process stops, and the grace time is over.
    Abandoned,
}

impl TrackOperationRun {
    /// Takes the run whose turn it is; none when there is nothing to do. Waits while all runs that wait are beyond the
    /// limits of their tenants, and while the database is away.
    async fn claim(&self, task: Task<RunTask>) -> Result<Option<RunHandle>, BoxDynError> {
        let mut wait = FIRST_WAIT;
        let looks = self.ledger.live().work();
        let of = task.task_id().and_then(run_of);
        if let RunTask::Unreadable(payload) = &task.args {
            let id = task.task_id().map(ToString::to_string).unwrap_or_default();
            self.ledger.park(&id, of, payload).await?;
        }
        loop {
            if self.running.is_stopping() {
                let run = match task.args {
                    RunTask::For(run) => Some(run),
                    RunTask::Unreadable(_) => of,
                };
                if let Some(run) = run {
                    self.ledger.give_back_task(run).await?;
                }
                return Ok(None);
            }
            let ended = looks.notified();
            match self.ledger.begin_next(&self.settings.worker, self.settings.limits).await {
                Ok(Next::Run(run, scope)) => {
                    info!(run = %run.id, attempt = run.attempt, r#type = %run.operation_type, tenant = %run.tenant_id, "run started");
                    let (worker, beat_every) = (self.settings.worker.clone(), self.settings.heartbeat_every);
                    return Ok(Some(RunHandle::new(self.ledger.clone(), *run, scope, worker, beat_every)));
                }
                Ok(Next::Nothing) => return Ok(None),
                Ok(Next::AtLimits) => wait = LOOK_EVERY,
                Err(error) => {
                    warn!(%error, "taking a run failed; trying again in {wait:?}");
                    wait = (wait * 2).min(LAST_WAIT);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = ended => {}
                () = self.running.stopping() => {}
            }
        }
    }

    /// Drives the job until it ends one way or another.
    async fn watch(&self, handle: &RunHandle, job: impl Future<Output = Result<(), JobError>>) -> End {
        let cut_off = async {
            handle.cancelled().await;
            tokio::time::sleep(self.settings.cancel_patience).await;
        };
        tokio::select! {
            ended = AssertUnwindSafe(job).catch_unwind() => match ended {
                Ok(Ok(())) => End::Done,
                Ok(Err(error)) => End::Failed(error),
                Err(_panic) => End::Panicked,
            },
            () = tokio::time::sleep(self.settings.time_limit) => End::TimedOut,
            () = cut_off => End::CutOff,
            () = self.running.abandoned() => End::Abandoned,
        }
    }

    /// Writes how it ended, or hands the run back where it did not.
    async fn close(&self, handle: &RunHandle, end: End) {
        let (id, attempt) = (handle.id(), handle.attempt());
        let failure = match end {
            End::Done => None,
            End::Failed(JobError::Stopped) if handle.is_lost() => {
                info!(run = %id, attempt, "stopped: the run is no longer this worker's");
                return;
            }
            End::Failed(JobError::Stopped) if handle.is_cancelled() => {
                info!(run = %id, attempt, "stopped: the run was cancelled");
                return self.persist(handle, RunChange::Cancelled { cut_off: false }).await;
            }
            End::CutOff => {
                warn!(run = %id, attempt, "the job did not heed the cancelling and was cut off");
                return self.persist(handle, RunChange::Cancelled { cut_off: true }).await;
            }
            End::Abandoned => return self.persist(handle, RunChange::Release { why: ReleaseReason::HandedBack }).await,
            // What it did is not lost: another attempt begins once the database is back.
            End::Failed(JobError::Database(cause)) if is_passing(&cause) && attempt < MOST_ATTEMPTS => {
                warn!(run = %id, attempt, error = %cause, "the database was away in the midst of the run");
                return self.persist(handle, RunChange::Release { why: ReleaseReason::DatabaseAway }).await;
            }
            End::Failed(cause) => {
                error!(run = %id, attempt, error = detail(&cause), "run failed");
                Some(failure_of(&cause))
            }
            End::Panicked => {
                error!(run = %id, attempt, "the job panicked");
                Some(plain(ReasonCode::Internal, ReasonCode::Internal.sentence()))
            }
            End::TimedOut => {
                error!(run = %id, attempt, limit = ?self.settings.time_limit, "the job timed out");
                Some(plain(ReasonCode::Timeout, ReasonCode::Timeout.sentence()))
            }
        };
        self.persist(handle, RunChange::Complete { failure }).await;
    }

    /// Writes what the job told last and how it ended, until it is written: a database that is away is waited for, the heart
    /// beating on meanwhile. What the database
    /// refuses again and again is left to the watchdog, because the heart stops with this.
    async fn persist(&self, handle: &RunHandle, change: RunChange) {
        let id = handle.id();
        let mut wait = FIRST_WAIT;
        let (mut refusals, mut doubtful) = (0, false);
        loop {
            if doubtful && self.is_written(handle).await {
                return;
            }
            let written = match &change {
                RunChange::Release { why } => self.ledger.release(handle.holder(), *why).await,
                end => self.ledger.settle(handle.holder(), Some(end.clone())).await,
            };
            match written {
                Ok(_) | Err(UpdateError::Refused(_) | UpdateError::NotFound) => return,
                Err(UpdateError::Database(error)) => {
                    // It may be that it was committed, and only the answer was lost.
                    doubtful = true;
                    refusals += u32::from(!is_passing(&error));
                    if refusals == MOST_REFUSALS {
                        error!(run = %id, %error, "the run cannot be closed; the watchdog will end it");
                        return;
                    }
                    warn!(run = %id, %error, "closing the run failed; trying again in {wait:?}");
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(LAST_WAIT);
                }
            }
        }
    }
}

impl TrackOperationRun {
    /// Whether this worker has written already how its attempt ended; not when the database cannot say.
    async fn is_written(&self, handle: &RunHandle) -> bool {
        let events = run_events::list(self.ledger.db(), handle.scope(), handle.id()).await.unwrap_or_default();
        events.iter().rev().any(|event| {
            matches!(event.kind, RunEventKind::Completed | RunEventKind::Released)
                && event.attempt == handle.attempt()
                && event.actor == self.settings.worker
        })
    }
}

/// Beats, and writes what the job records, until the run is no longer this worker's. What the database missed is made up
/// for by the next.
async fn beat(handle: RunHandle, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        let done = tokio::select! {
            _ = ticks.tick() => handle.beat().await,
            () = handle.unwritten() => handle.flush().await,
        };
        match done {
            Ok(()) => {}
            Err(JobError::Stopped) => return,
            Err(error) => warn!(run = %handle.id(), %error, "the run could not be written; tried again soon"),
        }
    }
}
