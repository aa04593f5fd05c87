//! The database goes away and comes back: pages say so, jobs wait and go on, nothing is lost or done twice.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::{
    Engine, TestApp, eventually,
    jobs::{TestJob, Workers},
    web::Web,
    wire::Wire,
};
use reqwest::StatusCode;
use runledger::{
    model::{
        run::{LiveEvent, RunOutcome, SummaryCounts},
        user::Role,
    },
    server::{db::Db, runs::handle::StepResult},
};
use serde_json::json;
use tokio::{sync::Notify, time::timeout};

fn item() -> StepResult {
    let counts = SummaryCounts { total: 1, processed: 1, succeeded: 1, ..SummaryCounts::default() };
    StepResult { counts, ..StepResult::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_say_that_the_database_is_away_and_jobs_wait_for_it() {
    let app = TestApp::start(Engine::Postgres).await;
    let scope = app.tenant("contoso").await;
    app.member("op@contoso.example", "contoso", Role::Operator).await;
    let wire = Wire::to(&app.database).await;
    let far = wire.app(&app).await;
    let web = Web::start(&far).await;
    let operator = web.signed_in("op@contoso.example").await;

    let (go, begun) = (Arc::new(Notify::new()), Arc::new(AtomicU32::new(0)));
    let job = {
        let (go, begun) = (go.clone(), begun.clone());
        TestJob::doing(move |run| {
            let (go, begun) = (go.clone(), begun.clone());
            async move {
                begun.fetch_add(1, Ordering::SeqCst);
                run.record(item()).await?;
                go.notified().await;
                // The database is away now.
                run.record(item()).await
            }
        })
    };
    let workers = Workers::start(&far.core, vec![job]);
    let run = far.ensure(scope, json!({})).await.run().id;
    eventually("the first item", async || {
        (app.detail(scope, run).await.run.summary_counts.succeeded == 1).then_some(())
    })
    .await;

    let mut pages = far.core.live.subscribe(scope.tenant());
    let mut open_pages_are_told = async |wanted: LiveEvent| {
        let told = async { while pages.recv().await.unwrap() != wanted {} };
        timeout(Duration::from_secs(30), told).await.unwrap_or_else(|_| panic!("open pages are told {wanted:?}"));
    };

    wire.cut();
    let page = operator.get("/t/contoso/operations").await;
    assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.text().await.unwrap().contains("database cannot be used right now"));
    assert_eq!(operator.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(operator.get("/healthz").await.status(), StatusCode::OK, "the process lives");
    let (status, told) =
        operator.ask("operations/start", &[("tenant", "contoso"), ("operation_type", "inventory.sync")]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{told}");
    open_pages_are_told(LiveEvent::DatabaseAway).await;
    go.notify_one();

    wire.mend();
    open_pages_are_told(LiveEvent::Gap).await;
    let detail = eventually("the job goes on and ends", async || {
        go.notify_one();
        let detail = app.detail(scope, run).await;
        (!detail.run.status.is_active()).then_some(detail)
    })
    .await;
    assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
    assert_eq!(detail.run.summary_counts.succeeded, 2, "no item is lost and none is counted twice");
    assert_eq!(detail.run.attempt, i32::try_from(begun.load(Ordering::SeqCst)).unwrap());
    eventually("the page is back", async || {
        (operator.get("/t/contoso/operations").await.status() == StatusCode::OK).then_some(())
    })
    .await;
    workers.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_the_job_goes_on_when_there_is_room() {
    let app = TestApp::start(Engine::Sqlite).await;
    let scope = app.tenant("contoso").await;
    let go = Arc::new(Notify::new());
    let gate = go.clone();
    let _workers = Workers::start(
        &app.core,
        vec![TestJob::doing(move |run| {
            let gate = gate.clone();
            async move {
                gate.notified().await;
                run.record(item()).await
            }
        })],
    );
    let run = app.ensure(scope, json!({})).await.run().id;
    eventually("it runs", async || app.detail(scope, run).await.run.has_worker().then_some(())).await;
    let Db::Sqlite(sqlite) = &app.core.db else { panic!("on SQLite") };
    // No page more than there are now; the one writer keeps it in mind.
    let limit = async |pages: &'static str| sqlx::query(pages).execute(sqlite.write()).await.unwrap();
    let mut refused = None;
    for number in 0..400 {
        limit("PRAGMA max_page_count = 1").await;
        let new = common::new_run(json!({ "number": number, "text": "x".repeat(2_000) }));
        let new = runledger::server::runs::NewRun { context: json!({ "text": "x".repeat(4_000) }), ..new };
        if let Err(error) = app.core.runs.ensure_run(scope, new).await {
            refused = Some(runledger::error::AppError::from(runledger::server::error::ServiceError::from(error)));
            break;
        }
    }
    assert_eq!(refused.expect("the disk is full at some time").status(), 503);
    go.notify_waiters();
    limit("PRAGMA max_page_count = 1000000").await;
    let detail = eventually("the job goes on and ends", async || {
        go.notify_one();
        let detail = app.detail(scope, run).await;
        (!detail.run.status.is_active()).then_some(detail)
    })
    .await;
    assert_eq!((detail.run.outcome, detail.run.summary_counts.succeeded), (Some(RunOutcome::Succeeded), 1));
}
