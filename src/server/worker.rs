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
use tracing::{error, info, warn};

use super::{
    db::{
        Db,
        tasks::{self, AnyPayload, QUEUE, RunTask},
    },
    jobs::JobRouter,
    live::Hub,
    runs::{OperationRunService, Running, TrackOperationRun, TrackerSettings, retention, watchdog},
    supervise::supervise,
};

/// How often the queue is looked at when nobody says that there is a task.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a worker tells the queue within a lease, and at least, that it lives. When it misses so many its tasks go to
/// others, as its runs do: until then a run may wait whose task it had in its hands when it died.
const BEATS_A_LEASE: u32 = 4;
const SLOWEST_BEAT: Duration = Duration::from_secs(15);
/// Tasks fetched at once. With more than one, those that wait for a free slot would keep the queue from beating, and
/// another worker would take all of them over, running ones included.
const BATCH: usize = 1;

/// How long the queue's worker has, after the last job, to write down what became of its tasks.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How this process works.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    pub concurrency: usize,
    pub tracker: TrackerSettings,
    /// A run without a sign of life for this long goes to another worker.
    pub lease: Duration,
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
    let running = Running::new(settings.concurrency);
    // Cancelled once the queue has been told what became of its tasks.
    let drained = CancellationToken::new();
    let work = {
        let (ledger, tasks, settings, stopping) = (ledger.clone(), live.tasks(), settings.clone(), stopping.clone());
        let (running, drained) = (running.clone(), drained.clone());
        move || {
            let (ledger, tasks, jobs, running) = (ledger.clone(), tasks.clone(), jobs.clone(), running.clone());
            let (settings, stopping, drained) = (settings.clone(), stopping.clone(), drained.clone());
            async move {
                work(ledger, tasks, jobs, running, settings, stopping).await;
                drained.cancel();
            }
        }
    };
    let watch = {
        let (ledger, lease) = (ledger.clone(), settings.lease);
        move || watchdog::watch(ledger.clone(), lease)
    };
    let prune = {
        let (ledger, settings) = (ledger.clone(), settings.clone());
        move || prune_daily(ledger.clone(), settings.clone())
    };
    workers.spawn(supervise("watchdog", stopping.clone(), watch));
    workers.spawn(supervise("pruning", stopping.clone(), prune));
    let (grace, stopped) = (settings.grace, stopping.clone());
    // Not ended by `stopping`: the queue's worker is still needed while the last jobs finish.
    let working = supervise("worker", CancellationToken::new(), work);
    workers.spawn(async move {
        let finish = async {
            stopped.cancelled().await;
            running.finish(grace).await;
            let _ = tokio::time::timeout(LAST_WORDS, drained.cancelled()).await;
            info!("the worker has stopped");
        };
        tokio::select! {
            () = finish => {}
            () = working => {}
        }
    });
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
    ($name:expr, $storage:expr, $config:expr, $looks:expr, $service:expr, $stopping:expr) => {{
        let backend = $storage.with_config($config).poll_with_stream($looks).with_codec(AnyPayload);
        let worker = WorkerBuilder::new($name).backend(backend).build($service);
        // Dropped rather than asked to stop: while it waits for its last calls it polls nothing else, and a look at the
        // queue that has begun would hold SQLite's one writer all that time.
        tokio::select! {
            ended = worker.run() => ended.map_err(|error| error.to_string()),
            () = $stopping.cancelled() => Ok(()),
        }
    }};
}

async fn work(
    ledger: OperationRunService,
    queued: Arc<Notify>,
    jobs: JobRouter,
    running: Running,
    settings: WorkerSettings,
    stopping: CancellationToken,
) {
    let db = ledger.db().queue();
    let heartbeat = (settings.lease / BEATS_A_LEASE).min(SLOWEST_BEAT);
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
                    .heartbeat_interval(heartbeat)
                    .missed_heartbeats(BEATS_A_LEASE as usize);
                let storage = SqliteStorage::<RunTask>::new(db.write());
                run_worker!(&*name, storage, config, looks(queued.clone()), service, stopping)
            }
            Db::Postgres(pool) => {
                let config = apalis_postgres::Config::default()
                    .queue(QUEUE)
                    .batch_size(BATCH)
                    .heartbeat_interval(heartbeat)
                    .missed_heartbeats(BEATS_A_LEASE as usize);
                let storage = PostgresStorage::<RunTask>::new(pool);
                run_worker!(&*name, storage, config, looks(queued.clone()), service, stopping)
            }
        };
        match ended {
            Ok(()) if stopping.is_cancelled() => {
                running.finished().await;
                // Each of its tasks has done a run, or left another task behind.
                if let Err(error) = tasks::settle(&db, &name).await {
                    warn!(%error, "the queue could not be told what became of its tasks");
                }
            }
            // The database was away, for one: begin again.
            Ok(()) => info!("the worker ended; starting it again"),
            Err(error) => {
                error!(error, "the worker failed; starting it again");
                // It may be a task that it cannot read.
                if let Err(error) = ledger.repair().await {
                    warn!(%error, "repairing the queue failed; tried again soon");
                }
            }
        }
        if !stopping.is_cancelled() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

async fn prune_daily(ledger: OperationRunService, settings: WorkerSettings) {
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
    if let Err(cause) = worker.run().await {
        error!(error = %cause, "the pruning's clockwork failed");
    }
}
