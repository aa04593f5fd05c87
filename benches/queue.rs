//! From a request to the job's first line, and how many jobs go through.

use std::{
    sync::{
        Arc, Mutex,
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
    limits,
    measure::{Times, repeat},
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
};

/// Where the numbers of bare runs begin, which no other request has.
const BARE: u64 = 1_000_000;

pub async fn measure(stages: &mut Stages, report: &mut Report) {
    let (times, jobs) = if stages.quick { (40, 200) } else { (400, 4_000) };
    for engine in Engine::BOTH {
        let stage = Stage::open(engine).await;
        stage.seed(2_000).await;
        let scope = stage.scope(BIG).await;
        let mut lines = vec![("in the same process", first_line(&stage, &stage.core, scope, times).await)];
        if engine == Engine::Postgres {
            let other = stage.another_node().await;
            lines.push(("in another process", first_line(&stage, &other, scope, times).await));
        }
        let mut rates = Vec::new();
        for workers in [1, 4] {
            rates.push((workers, through(&stage, scope, workers, jobs).await));
        }
        // After the others: no worker is to find these runs.
        let bare = bare_first_line(&stage, scope, times).await;
        for (place, all) in lines {
            for (share, figure, limit) in [("p50", all.p50(), bare.p50()), ("p99", all.p99(), bare.p99())] {
                let row = Row::new("queue", format!("request to first line {place}, {share}"), figure, "ms");
                report.add(row.on(engine.name()).beside("INSERT, UPDATE", limit).aim(Aim::AtMost(20.0)));
            }
        }
        for (workers, rate) in rates {
            let bare = bare_jobs(&stage, scope, workers, jobs).await;
            let row = Row::new("queue", format!("empty jobs, {workers} workers"), rate, "runs/s").on(engine.name());
            report.add(row.beside("three UPDATEs a job", bare));
        }
        stage.remove().await;
    }
}

/// Requests one run at a time; the workers are at `place`.
async fn first_line(stage: &Stage, place: &Core, scope: TenantScope, times: usize) -> Times {
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
    Times::of(each, start.elapsed())
}

/// The plainest way to a job's first line: its rows, and the change of its status by the one who does it.
async fn bare_first_line(stage: &Stage, scope: TenantScope, times: usize) -> Times {
    let (Core { db, clock, .. }, mut number) = (&stage.core, 0);
    repeat(times, async || {
        number += 1;
        let run = limits::one_statement(db, clock, scope.tenant(), BARE + number).await;
        limits::set_status(db, run, "running").await;
    })
    .await
}

/// The plainest way of jobs through a queue: each takes its task and ends it, and its run begins and ends.
async fn bare_jobs(stage: &Stage, scope: TenantScope, concurrency: usize, jobs: u64) -> f64 {
    let Core { db, clock, .. } = &stage.core;
    let mut runs = Vec::new();
    for number in 0..jobs {
        runs.push(limits::one_statement(db, clock, scope.tenant(), BARE * (1 + concurrency as u64) + number).await);
    }
    let (db, begun) = (db.clone(), Instant::now());
    let waiting = Arc::new(Mutex::new(runs));
    let mut workers = JoinSet::new();
    for _ in 0..concurrency {
        let (db, waiting) = (db.clone(), waiting.clone());
        workers.spawn(async move {
            let next = || waiting.lock().expect("nobody panics with it").pop();
            while let Some(run) = next() {
                for status in ["running", "running", "completed"] {
                    limits::set_status(&db, run, status).await;
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
    jobs as f64 / begun.elapsed().as_secs_f64()
}

/// Lets so many empty jobs through; how many a second.
async fn through(stage: &Stage, scope: TenantScope, concurrency: usize, jobs: u64) -> f64 {
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
    jobs as f64 / took.as_secs_f64()
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
