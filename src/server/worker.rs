//! The workers of this process: those that do the runs, and the clockwork that prunes.

use std::{sync::Arc, time::Duration};

use apalis::prelude::{BackendExt, WorkerBuilder};
use apalis_cron::{CronScheduler, Tick};
use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use chrono::TimeDelta;
use futures::{Stream, stream};
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tracing::{error, info};

use super::{
    db::{
        Db,
        tasks::{QUEUE, RunTask},
    },
    jobs::JobRouter,
    live::Hub,
    runs::{OperationRunService, Running, TrackOperationRun, TrackerSettings, retention},
};

/// How often the queue is looked at when nobody says that there is a task.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a worker tells the queue that it lives; after two misses its tasks go to others.
const WORKER_HEARTBEAT: Duration = Duration::from_secs(15);
/// Tasks fetched at once. With more than one, those that wait for a free slot would keep the queue from beating, and
/// another worker would take all of them over, running ones included.
const BATCH: usize = 1;

/// How this process works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    pub concurrency: usize,
    pub tracker: TrackerSettings,
    pub retention: TimeDelta,
    /// When completed runs are pruned, in UTC: seconds, minutes, hours, day, month, weekday.
    pub prune_at: cron::Schedule,
    /// How long running jobs may go on when the process stops.
    pub grace: Duration,
}

/// Starts the workers; they end when `stopping` is cancelled and the grace time is over.
pub fn start(
    ledger: &OperationRunService,
    live: &Hub,
    jobs: JobRouter,
    settings: &WorkerSettings,
    stopping: &CancellationToken,
) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    workers.spawn(work(ledger.clone(), live.tasks(), jobs, settings.clone(), stopping.clone()));
    workers.spawn(prune_daily(ledger.clone(), settings.clone(), stopping.clone()));
    workers
}

/// Looks at the queue: when this process has queued something, and every second for what others have.
fn looks(tasks: Arc<Notify>) -> impl Stream<Item = ()> + Unpin + Send + 'static {
    let mut looks = Box::pin(stream::unfold(tasks, |tasks| async move {
        let _ = tokio::time::timeout(LOOK_EVERY, tasks.notified()).await;
        Some(((), tasks))
    }));
    stream::poll_fn(move |cx| {
        let look = looks.as_mut().poll_next(cx);
        if look.is_ready() {
            // The queue asks once a poll: without this, a look that coincides with the end of another is forgotten.
            cx.waker().wake_by_ref();
        }
        look
    })
}

macro_rules! run_worker {
    ($name:expr, $storage:expr, $config:expr, $looks:expr, $service:expr, $settings:expr, $stopping:expr) => {{
        let backend = $storage.with_config($config).poll_with_stream($looks);
        let worker = WorkerBuilder::new($name).backend(backend).build($service);
        let grace = $settings.grace;
        let stopping = $stopping.clone();
        let signal = async move {
            stopping.cancelled().await;
            Ok::<(), std::io::Error>(())
        };
        tokio::select! {
            ended = worker.run_until(signal) => ended.map_err(|error| error.to_string()),
            () = after($stopping.clone(), grace) => Ok(()),
        }
    }};
}

async fn work(
    ledger: OperationRunService,
    tasks: Arc<Notify>,
    jobs: JobRouter,
    settings: WorkerSettings,
    stopping: CancellationToken,
) {
    let db = ledger.db().queue();
    let running = Running::default();
    while !stopping.is_cancelled() {
        // The queue refuses a name that it has seen a moment ago: each start has its own.
        let name = format!("{}-{}", settings.tracker.worker, ledger.clock().new_id().simple());
        let service = ServiceBuilder::new()
            .concurrency_limit(settings.concurrency)
            .layer(TrackOperationRun::new(ledger.clone(), settings.tracker.clone(), running.clone()))
            .service(jobs.clone());
        let ended = match &db {
            Db::Sqlite(db) => {
                let config = apalis_sqlite::Config::default()
                    .queue(QUEUE)
                    .batch_size(BATCH)
                    .heartbeat_interval(WORKER_HEARTBEAT);
                let storage = SqliteStorage::<RunTask>::new(db.write());
                run_worker!(&*name, storage, config, looks(tasks.clone()), service, settings, stopping)
            }
            Db::Postgres(pool) => {
                let config = apalis_postgres::Config::default()
                    .queue(QUEUE)
                    .batch_size(BATCH)
                    .heartbeat_interval(WORKER_HEARTBEAT);
                let storage = PostgresStorage::<RunTask>::new(pool);
                run_worker!(&*name, storage, config, looks(tasks.clone()), service, settings, stopping)
            }
        };
        match ended {
            Ok(()) if stopping.is_cancelled() => info!("the worker has stopped"),
            // The database was away, for one: begin again.
            Ok(()) => info!("the worker ended; starting it again"),
            Err(error) => error!(error, "the worker failed; starting it again"),
        }
        if !stopping.is_cancelled() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    running.finish(settings.grace).await;
}

async fn after(stopping: CancellationToken, grace: Duration) {
    stopping.cancelled().await;
    tokio::time::sleep(grace).await;
}

async fn prune_daily(ledger: OperationRunService, settings: WorkerSettings, stopping: CancellationToken) {
    let retention = settings.retention;
    let prune = move |_: Tick| {
        let ledger = ledger.clone();
        async move {
            if let Err(cause) = retention::prune(&ledger, retention).await {
                error!(error = %cause, "pruning failed; it is tried again tomorrow");
            }
        }
    };
    let worker = WorkerBuilder::new("prune").backend(CronScheduler::new(settings.prune_at)).build(prune);
    let signal = async move {
        stopping.cancelled().await;
        Ok::<(), std::io::Error>(())
    };
    if let Err(cause) = worker.run_until(signal).await {
        error!(error = %cause, "the pruning's clockwork failed");
    }
}
