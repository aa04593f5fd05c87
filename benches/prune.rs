//! Pruning half of the runs while others are created, beside one plain DELETE.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use runledger::server::{
    boot::Core,
    db::{Db, scope::TenantScope},
    runs::retention,
};

use crate::{
    measure::Times,
    report::{Aim, Report, Row},
    stage::{BIG, Engine, Stage, Stages, new_run},
};

/// Half of the seeded days.
const KEPT: TimeDelta = TimeDelta::days(60);
/// Requests a second beside it.
const EVERY: Duration = Duration::from_millis(10);

pub async fn measure(stages: &Stages, report: &mut Report) {
    let runs = if stages.quick { 20_000 } else { 2_000_000 };
    for engine in Engine::BOTH {
        let mut stage = Stage::open(engine).await;
        stage.seed(runs).await;
        let copy = stage.copy().await;
        let scope = stage.scope(BIG).await;
        let alone = creating_until(&stage.core, scope, async || tokio::time::sleep(stages.time() * 2).await).await;
        let mut pruned = 0;
        let begun = Instant::now();
        let mut took = Duration::ZERO;
        let beside = creating_until(&stage.core, scope, async || {
            pruned = retention::prune(&stage.core.runs, KEPT).await.expect("it prunes").runs;
            took = begun.elapsed();
        })
        .await;
        let (deleted, plain_took) = plain_delete(&copy).await;
        let row = |what: &str, figure, unit| Row::new("prune", what, figure, unit).on(engine.name());
        let (ours, plain) = (pruned as f64 / took.as_secs_f64(), deleted as f64 / plain_took.as_secs_f64());
        let what = format!("prune {pruned} of {runs} runs beside ensure_run");
        report.add(row(&what, ours, "runs/s").beside("one DELETE", plain).aim(Aim::RatioAtLeast(0.5)));
        let p99 = row("create meanwhile, p99", beside.p99(), "ms");
        report.add(p99.beside("without", alone.p99()).aim(Aim::RatioAtMost(3.0)));
        copy.remove().await;
        stage.remove().await;
    }
}

/// Creates a run now and then as long as `work` takes.
async fn creating_until(core: &Core, scope: TenantScope, work: impl AsyncFnOnce()) -> Times {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let done = Arc::new(AtomicBool::new(false));
    let (core, told) = (core.clone(), done.clone());
    let creator = tokio::spawn(async move {
        let (begun, mut each) = (Instant::now(), Vec::new());
        let mut ticks = tokio::time::interval(EVERY);
        while !told.load(Ordering::Relaxed) {
            ticks.tick().await;
            let start = Instant::now();
            let new = new_run(NUMBER.fetch_add(1, Ordering::Relaxed));
            core.runs.ensure_run(scope, new).await.expect("it is created");
            each.push(start.elapsed());
        }
        Times::of(each, begun.elapsed())
    });
    work().await;
    done.store(true, Ordering::Relaxed);
    creator.await.expect("creating panicked")
}

async fn plain_delete(stage: &Stage) -> (u64, Duration) {
    let sql = "DELETE FROM operation_runs WHERE status = 'completed' AND completed_at < $1";
    let before = stage.core.clock.now() - KEPT;
    let begun = Instant::now();
    let deleted = match &stage.core.db {
        Db::Sqlite(db) => sqlx::query(sql).bind(before).execute(db.write()).await.map(|done| done.rows_affected()),
        Db::Postgres(pool) => sqlx::query(sql).bind(before).execute(pool).await.map(|done| done.rows_affected()),
    };
    (deleted.expect("they are deleted"), begun.elapsed())
}
