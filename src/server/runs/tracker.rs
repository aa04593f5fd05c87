//! `TrackOperationRun`: the Tower layer around the task queue's workers. It claims the run, beats its heart,
//! hands the job its handle and closes the run whatever happens. Producers need no tracking code.

use std::{
    panic::AssertUnwindSafe,
    task::{Context, Poll},
    time::Duration,
};

use apalis_core::{error::BoxDynError, task::Task};
use chrono::TimeDelta;
use futures::{FutureExt, future::BoxFuture};
use tokio_util::task::AbortOnDropHandle;
use tower::{Layer, Service};
use tracing::{error, info, warn};

use super::{
    JobError, OperationRunService, RunChange, RunHandle, Running, UpdateError,
    failure::{failure_of, plain},
};
use crate::{
    model::{
        ids::RunId,
        reason::ReasonCode,
        run::{Run, RunStatus},
    },
    server::{
        db::{runs, tasks::RunTask},
        redact::detail,
    },
};

/// A heart that has missed so many beats has stopped.
const BEATS_MISSED: u32 = 3;
/// How long closing a run waits for a database that is away, at first and at last; it doubles in between.
const CLOSE_FIRST_WAIT: Duration = Duration::from_millis(250);
const CLOSE_LAST_WAIT: Duration = Duration::from_secs(16);

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
        let run_id = task.args.run_id;
        let running = self.tracker.running.clone();
        running
            .spawn(async move {
                let Some(handle) = tracker.claim(run_id).await? else { return Ok(()) };
                let end = tracker.watch(&handle, async { inner.call(handle.clone()).await }).await;
                tracker.close(&handle, end).await
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
}

impl TrackOperationRun {
    /// Takes the run for this worker; none when there is nothing to do any more, or another worker was faster.
    async fn claim(&self, id: RunId) -> Result<Option<RunHandle>, BoxDynError> {
        let (run, scope) = loop {
            let found = match runs::find_any(self.ledger.db(), id).await {
                Ok(found) => found,
                Err(error) => {
                    // The queue delivers a failed task again at once: the pause is for the database.
                    tokio::time::sleep(self.settings.heartbeat_every).await;
                    return Err(error.into());
                }
            };
            match found {
                None => {
                    warn!(run = %id, "the task's run does not exist");
                    return Ok(None);
                }
                Some((run, _)) if !run.status.is_active() => {
                    info!(run = %id, "the task's run is completed already");
                    return Ok(None);
                }
                // Delivered twice: whoever does the run is alive. It ends, or its heart stops.
                Some((run, _)) if self.is_alive(&run) => tokio::time::sleep(self.settings.heartbeat_every).await,
                Some(found) => break found,
            }
        };
        match self.ledger.update_run(id, run.attempt, &self.settings.worker, RunChange::Start).await {
            Ok(run) => {
                info!(run = %id, attempt = run.attempt, r#type = %run.operation_type, tenant = %run.tenant_id, "run started");
                Ok(Some(RunHandle::new(self.ledger.clone(), run, scope, self.settings.worker.clone())))
            }
            Err(UpdateError::Refused(_) | UpdateError::NotFound) => Ok(None),
            Err(UpdateError::Database(error)) => Err(error.into()),
        }
    }

    /// Whether the run's worker has given a sign of life lately.
    fn is_alive(&self, run: &Run) -> bool {
        let patience = TimeDelta::from_std(self.settings.heartbeat_every * BEATS_MISSED).unwrap_or(TimeDelta::MAX);
        run.status == RunStatus::Running
            && run.heartbeat_at.is_some_and(|beat| self.ledger.clock().now() - beat < patience)
    }

    /// Drives the job, its heartbeat beside it, until it ends one way or another.
    async fn watch(&self, handle: &RunHandle, job: impl Future<Output = Result<(), JobError>>) -> End {
        // On a task of its own, so that a job that computes for long does not look dead.
        let heart = AbortOnDropHandle::new(tokio::spawn(beat(handle.clone(), self.settings.heartbeat_every)));
        let cut_off = async {
            handle.cancelled().await;
            tokio::time::sleep(self.settings.cancel_patience).await;
        };
        let end = tokio::select! {
            ended = AssertUnwindSafe(job).catch_unwind() => match ended {
                Ok(Ok(())) => End::Done,
                Ok(Err(error)) => End::Failed(error),
                Err(_panic) => End::Panicked,
            },
            () = tokio::time::sleep(self.settings.time_limit) => End::TimedOut,
            () = cut_off => End::CutOff,
        };
        drop(heart);
        end
    }

    /// Writes the outcome. A database that is away for a moment is waited for; when it stays away, the task fails
    /// and the queue delivers it again.
    async fn close(&self, handle: &RunHandle, end: End) -> Result<(), BoxDynError> {
        let failure = match end {
            End::Done => None,
            End::Failed(JobError::Stopped) if handle.is_lost() => {
                info!(run = %handle.id(), attempt = handle.attempt(), "stopped: the run is no longer this worker's");
                return Ok(());
            }
            End::Failed(JobError::Stopped) if handle.is_cancelled() => {
                info!(run = %handle.id(), attempt = handle.attempt(), "stopped: the run was cancelled");
                return self.write_end(handle, RunChange::Cancelled { cut_off: false }).await;
            }
            End::CutOff => {
                warn!(run = %handle.id(), attempt = handle.attempt(), "the job did not heed the cancelling and was cut off");
                return self.write_end(handle, RunChange::Cancelled { cut_off: true }).await;
            }
            End::Failed(cause) => {
                error!(run = %handle.id(), attempt = handle.attempt(), error = detail(&cause), "run failed");
                Some(failure_of(&cause))
            }
            End::Panicked => {
                error!(run = %handle.id(), attempt = handle.attempt(), "the job panicked");
                Some(plain(ReasonCode::Internal, ReasonCode::Internal.sentence()))
            }
            End::TimedOut => {
                error!(run = %handle.id(), attempt = handle.attempt(), limit = ?self.settings.time_limit, "the job timed out");
                Some(plain(ReasonCode::Timeout, ReasonCode::Timeout.sentence()))
            }
        };
        self.write_end(handle, RunChange::Complete { failure }).await
    }

    /// Writes the end of a run. A database that is away for a moment is waited for.
    async fn write_end(&self, handle: &RunHandle, change: RunChange) -> Result<(), BoxDynError> {
        let mut wait = CLOSE_FIRST_WAIT;
        loop {
            match handle.update(change.clone()).await {
                Ok(()) | Err(JobError::Stopped) => return Ok(()),
                Err(error) if wait > CLOSE_LAST_WAIT => return Err(error.into()),
                Err(error) => {
                    warn!(run = %handle.id(), %error, "closing the run failed; trying again in {wait:?}");
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
            }
        }
    }
}

/// Beats until the run is no longer this worker's; a beat that the database missed is made up by the next.
async fn beat(handle: RunHandle, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.tick().await;
    loop {
        ticks.tick().await;
        match handle.beat().await {
            Ok(()) => {}
            Err(JobError::Stopped) => return,
            Err(error) => warn!(run = %handle.id(), %error, "heartbeat failed"),
        }
    }
}
