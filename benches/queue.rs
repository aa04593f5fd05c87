//! From a request to the job's first line, and how many jobs go through.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use futures::{FutureExt, future::BoxFuture};
use runledger::{
    model::operation::OperationType,
    server::{
        boot::Core,
        db::scope::TenantScope,
        jobs::{JobRouter, Producer},
        runs::{JobError, RunHandle, TrackerSettings},
        worker::{self, WorkerSettings},
    },
};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    measure::Times,
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
};

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (times, jobs) = if stages.quick { (40, 200) } else { (400, 4_000) };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        first_line(report, &stage, &stage.core, scope, times, "in the same process").await;
        if engine == Engine::Postgres {
            let other = stage.another_node().await;
            first_line(report, &stage, &other, scope, times, "in another process").await;
        }
        for workers in [1, 4] {
            through(report, &stage, scope, workers, jobs).await;
        }
        stage.remove().await;
    }
}

/// Requests one run at a time; the workers are at `place`.
async fn first_line(report: &mut Report, stage: &Stage, place: &Core, scope: TenantScope, times: usize, where_: &str) {
    let (begun, mut lines) = mpsc::unbounded_channel();
    let workers = Workers::start(place, 4, move |_| {
        let _ = begun.send(Instant::now());
    });
    let mut each = Vec::new();
    let start = Instant::now();
    for number in 0..times as u64 {
        // The former run is closed meanwhile: the queue is idle.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let asked = Instant::now();
        stage.core.runs.ensure_run(scope, new_run(number)).await.expect("it is created");
        let line = lines.recv().await.expect("the workers live");
        each.push(line - asked);
    }
    workers.stop().await;
    let all = Times::of(each, start.elapsed());
    for (share, figure) in [("p50", all.p50()), ("p99", all.p99())] {
        let what = format!("request to first line {where_}, {share}");
        report.add(Row::new("queue", what, figure, "ms").on(stage.engine.name()).aim(Aim::AtMost(20.0)));
    }
}

/// Lets so many empty jobs through.
async fn through(report: &mut Report, stage: &Stage, scope: TenantScope, concurrency: usize, jobs: u64) {
    for number in 0..jobs {
        stage.core.runs.ensure_run(scope, new_run(number)).await.expect("it is created");
    }
    let done = Arc::new(AtomicU64::new(0));
    let count = done.clone();
    let start = Instant::now();
    let workers = Workers::start(&stage.core, concurrency, move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    while done.load(Ordering::Relaxed) < jobs {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let took = start.elapsed();
    workers.stop().await;
    let what = format!("empty jobs, {concurrency} workers");
    report.add(Row::new("queue", what, jobs as f64 / took.as_secs_f64(), "runs/s").on(stage.engine.name()));
}

/// A job whose only line is the bench's.
struct Empty(Box<dyn Fn(&RunHandle) + Send + Sync>);

impl Producer for Empty {
    fn operation_type(&self) -> OperationType {
        OperationType::InventorySync
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        (self.0)(&run);
        async { Ok(()) }.boxed()
    }
}

struct Workers {
    stopping: CancellationToken,
    tasks: JoinSet<()>,
}

impl Workers {
    fn start(core: &Core, concurrency: usize, line: impl Fn(&RunHandle) + Send + Sync + 'static) -> Self {
        let stopping = CancellationToken::new();
        let settings = WorkerSettings {
            concurrency,
            lease: Duration::from_secs(60),
            tracker: TrackerSettings {
                limits: runledger::server::runs::Limits::NONE,
                worker: "bench".to_owned(),
                heartbeat_every: Duration::from_secs(10),
                time_limit: Duration::from_secs(60),
                cancel_patience: Duration::from_secs(5),
            },
            retention: TimeDelta::days(90),
            prune_at: "0 0 0 1 1 *".parse().expect("it is a schedule"),
            grace: Duration::from_secs(5),
        };
        let router = JobRouter::new(vec![Arc::new(Empty(Box::new(line)))]);
        let tasks = worker::start(&core.runs, &core.live, router, &settings, &stopping);
        Self { stopping, tasks }
    }

    async fn stop(mut self) {
        self.stopping.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
