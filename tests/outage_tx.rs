//! The wire to PostgreSQL is cut in the midst of a transaction, or for a while: nothing is lost, done twice or taken from a
//! worker that lives.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    Engine, TestApp, TestDatabase, eventually,
    graph::Graph,
    jobs::{TestJob, Workers},
    processes::Installation,
    wire::{Trap, Wire},
};
use runledger::{
    model::{
        operation::OperationType,
        run::{Initiator, RunDetail, RunEventKind, RunOutcome, SummaryCounts},
    },
    server::{
        clock::Clock,
        db::{Db, Tx},
        jobs::Producer,
        runs::{JobError, RunHandle, handle::StepResult},
        start::start,
    },
};
use serde_json::json;
use sqlx::PgPool;
use tokio::sync::Notify;

fn item() -> StepResult {
    let counts = SummaryCounts { total: 1, processed: 1, succeeded: 1, ..SummaryCounts::default() };
    StepResult { counts, ..StepResult::default() }
}

fn pool(app: &TestApp) -> &PgPool {
    let Db::Postgres(pool) = &app.core.db else { panic!("on PostgreSQL") };
    pool
}

/// Does one item in one step: a row, unless an attempt before has written it.
async fn write_a_row(run: RunHandle) -> Result<(), JobError> {
    let mut step = run.step().await?;
    let Tx::Postgres(tx) = step.tx() else { panic!("on PostgreSQL") };
    let sql = "INSERT INTO rows_of_the_job (run, word) VALUES ($1, $2) ON CONFLICT (run) DO NOTHING";
    sqlx::query(sql).bind(run.id()).bind(Trap::WORD).execute(&mut **tx).await?;
    step.commit(item()).await
}

/// A run whose only step meets the trap, once it has ended.
async fn trapped(app: &TestApp, trap: Trap) -> RunDetail {
    let scope = app.tenant("contoso").await;
    let table = "CREATE TABLE rows_of_the_job (run UUID PRIMARY KEY, word TEXT NOT NULL)";
    sqlx::query(table).execute(pool(app)).await.unwrap();
    let wire = Wire::with(&app.database, Some(trap)).await;
    let far = wire.app(app).await;
    let workers = Workers::start(&far.core, vec![TestJob::doing(write_a_row)]);
    let run = app.ensure(scope, json!({})).await.run().id;
    let detail = app.completed(scope, run).await;
    assert!(wire.has_sprung());
    workers.stop().await;
    detail
}

/// The run was given back and begun again, and its row is there once.
async fn done_once(app: &TestApp, detail: &RunDetail) {
    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
    use RunEventKind::{Completed, Created, Released, Started};
    assert_eq!(kinds, [Created, Started, Released, Started, Completed]);
    assert_eq!(detail.events[2].detail["why"], "database_away");
    assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)), "{:?}", detail.failures);
    assert_eq!(detail.run.summary_counts.succeeded, 1);
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM rows_of_the_job").fetch_one(pool(app)).await.unwrap();
    assert_eq!(rows, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_commit_does_not_arrive_is_done_by_the_next_attempt() {
    let app = TestApp::start(Engine::Postgres).await;
    let detail = trapped(&app, Trap::BeforeCommit).await;
    done_once(&app, &detail).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_whose_commit_is_not_answered_is_not_done_twice() {
    let app = TestApp::start(Engine::Postgres).await;
    let detail = trapped(&app, Trap::AnswerToCommit).await;
    done_once(&app, &detail).await;
}

/// Begins, waits to be let, and does an item.
fn waiting_job(go: &Arc<Notify>) -> Arc<dyn Producer> {
    let go = go.clone();
    TestJob::doing(move |run| {
        let go = go.clone();
        async move {
            go.notified().await;
            run.record(item()).await
        }
    })
}

/// Half a minute with a sign of life every ten seconds and a lease of sixty, a tenth of each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_lease_without_a_database_costs_nobody_a_run() {
    let app = TestApp::start(Engine::Postgres).await;
    let scope = app.tenant("contoso").await;
    let wire = Wire::to(&app.database).await;
    let far = wire.app(&app).await;
    let go = Arc::new(Notify::new());
    let (heartbeat, lease) = (Duration::from_secs(1), Duration::from_secs(6));
    let _workers = Workers::start_timed(&far.core, vec![waiting_job(&go)], heartbeat, lease);
    let mut runs = Vec::new();
    for number in 0..3 {
        runs.push(app.ensure(scope, json!({ "number": number })).await.run().id);
    }
    eventually("the first runs", async || app.detail(scope, runs[0]).await.run.has_worker().then_some(())).await;
    wire.cut();
    // Not to wait for something: this long it is away.
    tokio::time::sleep(Duration::from_secs(3)).await;
    wire.mend();
    for run in runs {
        let detail = eventually("the run goes on and ends", async || {
            go.notify_one();
            let detail = app.detail(scope, run).await;
            (!detail.run.status.is_active()).then_some(detail)
        })
        .await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (1, Some(RunOutcome::Succeeded)), "{:?}", detail.events);
        assert_eq!(detail.run.summary_counts.succeeded, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_lives_on_while_the_database_is_away() {
    let app = TestApp::on(TestDatabase::create(Engine::Postgres).await, Clock::system()).await;
    let graph = Graph::sample(&["slow:20"]).await;
    let scope = app.tenant_at("contoso", &graph.url).await;
    let wire = Wire::to(&app.database).await;
    let installation = Installation::on(&app.database).with("DATABASE_URL", &wire.url);
    let mut worker = installation.with("RUNLEDGER_CONCURRENCY", "1").worker();
    worker.is_up().await;
    let mut runs = Vec::new();
    for operation in [OperationType::InventorySync, OperationType::PolicySync] {
        runs.push(start(&app.core.runs, scope, operation, &json!({}), Initiator::system()).await.unwrap().run().id);
    }
    eventually("some of it is done", async || {
        (app.detail(scope, runs[0]).await.run.summary_counts.succeeded > 0).then_some(())
    })
    .await;
    wire.cut();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(worker.ended().is_none(), "{}", worker.said());
    wire.mend();
    for run in runs {
        let detail = app.completed(scope, run).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        let counts = &detail.run.summary_counts;
        assert_eq!((counts.total, counts.own["created"]), (counts.succeeded, counts.succeeded));
    }
    assert!(worker.ended().is_none(), "{}", worker.said());
}
