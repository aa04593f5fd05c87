//! Workers with jobs of the test's own making.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures::{FutureExt, future::BoxFuture};
use runledger::{
    model::operation::OperationType,
    server::{
        boot::Core,
        jobs::{JobRouter, Producer},
        runs::{JobError, Limits, RunHandle, TrackerSettings},
        worker::{self, WorkerSettings},
    },
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const LEASE: Duration = Duration::from_secs(60);

type Work = dyn Fn(RunHandle) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync;

/// A producer that does what the test says.
pub struct TestJob(OperationType, Box<Work>);

impl TestJob {
    /// Of `inventory.sync`.
    pub fn doing<F: Future<Output = Result<(), JobError>> + Send + 'static>(
        work: impl Fn(RunHandle) -> F + Send + Sync + 'static,
    ) -> Arc<dyn Producer> {
        Self::of(OperationType::InventorySync, work)
    }

    pub fn of<F: Future<Output = Result<(), JobError>> + Send + 'static>(
        operation_type: OperationType,
        work: impl Fn(RunHandle) -> F + Send + Sync + 'static,
    ) -> Arc<dyn Producer> {
        Arc::new(Self(operation_type, Box::new(move |run| work(run).boxed())))
    }
}

impl Producer for TestJob {
    fn operation_type(&self) -> OperationType {
        self.0
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        (self.1)(run)
    }
}

/// Workers that stop with the test.
pub struct Workers {
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

impl Workers {
    pub fn start(core: &Core, producers: Vec<Arc<dyn Producer>>) -> Self {
        Self::start_with(core, producers, Duration::from_secs(60), Duration::from_secs(60))
    }

    pub fn start_with(
        core: &Core,
        producers: Vec<Arc<dyn Producer>>,
        time_limit: Duration,
        heartbeat_every: Duration,
    ) -> Self {
        let tracker = TrackerSettings { time_limit, heartbeat_every, ..settings() };
        Self::start_so(core, producers, tracker, 4, Duration::from_secs(5), LEASE)
    }

    /// One run at once, with signs of life every so often, and a lease.
    pub fn start_timed(core: &Core, producers: Vec<Arc<dyn Producer>>, heartbeat: Duration, lease: Duration) -> Self {
        let tracker = TrackerSettings { heartbeat_every: heartbeat, ..settings() };
        Self::start_so(core, producers, tracker, 1, Duration::from_secs(5), lease)
    }

    /// With a time that a job has to stop after it was asked to.
    pub fn start_patient(core: &Core, producers: Vec<Arc<dyn Producer>>, cancel_patience: Duration) -> Self {
        let tracker = TrackerSettings { cancel_patience, ..settings() };
        Self::start_so(core, producers, tracker, 4, Duration::from_secs(5), LEASE)
    }

    /// With a time that jobs may go on when the process stops.
    pub fn start_graceful(core: &Core, producers: Vec<Arc<dyn Producer>>, grace: Duration) -> Self {
        Self::start_so(core, producers, settings(), 4, grace, LEASE)
    }

    /// So many at once, and no more of a tenant than it may have.
    pub fn start_limited(core: &Core, producers: Vec<Arc<dyn Producer>>, concurrency: usize, limits: Limits) -> Self {
        let tracker = TrackerSettings { limits, ..settings() };
        Self::start_so(core, producers, tracker, concurrency, Duration::from_secs(5), LEASE)
    }

    fn start_so(
        core: &Core,
        producers: Vec<Arc<dyn Producer>>,
        tracker: TrackerSettings,
        concurrency: usize,
        grace: Duration,
        lease: Duration,
    ) -> Self {
        let stopping = CancellationToken::new();
        let settings = WorkerSettings {
            concurrency,
            tracker,
            lease,
            retention: TimeDelta::days(90),
            prune_at: "* * * * * *".parse().unwrap(),
            grace,
        };
        let tasks = worker::start(&core.runs, &core.live, JobRouter::new(producers), &settings, &stopping);
        Self { stopping, tasks }
    }

    /// From now on no run is begun.
    pub fn ask_to_stop(&self) {
        self.stopping.cancel();
    }

    pub async fn stop(mut self) {
        self.stopping.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

fn settings() -> TrackerSettings {
    let minute = Duration::from_secs(60);
    TrackerSettings {
        worker: "test-worker".to_owned(),
        heartbeat_every: minute,
        time_limit: minute,
        cancel_patience: minute,
        limits: Limits::NONE,
    }
}
