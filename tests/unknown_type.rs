//! Runs of an operation type that a newer version has brought: left alone, told, and in nobody's way.

mod common;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{
    Engine, TestApp, TestDatabase, eventually,
    jobs::{TestJob, Workers},
    web::Web,
};
use reqwest::StatusCode;
use runledger::{
    model::{
        ids::RunId,
        run::{LiveEvent, RunStatus},
        user::Role,
    },
    server::{
        clock::Clock,
        db::{Db, runs, scope::TenantScope},
        runs::{RunChange, watchdog::Watchdog},
    },
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::time::timeout;

/// Gives runs a type of another version.
async fn of_the_future(app: &TestApp, runs: &[RunId]) {
    for run in runs {
        let (sqlite, postgres) = (format!("x'{}'", run.0.simple()), format!("'{run}'"));
        let sql = |id: String| AssertSqlSafe(format!("UPDATE operation_runs SET type = 'future.sync' WHERE id = {id}"));
        match &app.core.db {
            Db::Sqlite(db) => drop(sqlx::query(sql(sqlite)).execute(db.write()).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::query(sql(postgres)).execute(pool).await.unwrap()),
        }
    }
}

async fn queued(app: &TestApp, scope: TenantScope, number: i32) -> RunId {
    app.ensure(scope, json!({ "number": number })).await.run().id
}

async fn held(app: &TestApp, scope: TenantScope, number: i32) -> RunId {
    let run = queued(app, scope, number).await;
    app.core.runs.update_run(run, 0, "dead", RunChange::Start).await.unwrap();
    run
}

on_both_engines! {
    async fn runs_of_an_unknown_type_are_told_and_left_alone(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("eve@contoso.example", "contoso", Role::Readonly).await;
        let newer = [queued(&app, scope, 1).await, held(&app, scope, 2).await];
        let (lost, waits) = (held(&app, scope, 3).await, queued(&app, scope, 4).await);
        of_the_future(&app, &newer).await;

        let web = Web::start(&app).await;
        let eve = web.signed_in("eve@contoso.example").await;
        let page = eve.get("/t/contoso/operations").await;
        assert_eq!(page.status(), StatusCode::OK);
        let page = page.text().await.unwrap();
        assert!(page.contains("2 runs are of types that this version does not know"), "{page}");
        for run in [lost, waits] {
            assert!(page.contains(&run.to_string()), "the others are listed");
        }
        assert_eq!(eve.get("/t/contoso/operations/export.csv").await.status(), StatusCode::OK);
        assert_eq!(eve.get("/t/contoso/operations?initiator=me&initiator_is=not").await.status(), StatusCode::OK);
        assert_eq!(eve.get(&format!("/t/contoso/operations/{}", newer[0])).await.status(), StatusCode::CONFLICT);

        let mut watchdog = Watchdog::new(app.core.runs.clone(), Duration::ZERO);
        watchdog.look().await.unwrap();
        let recovered: Vec<RunId> = watchdog.look().await.unwrap().iter().map(|run| run.id).collect();
        assert_eq!(recovered, [lost]);
        let health = app.core.runs.health(Duration::from_secs(60)).await.unwrap();
        assert_eq!((health.unknown_type, health.is_well()), (2, false));

        let done = Arc::new(Mutex::new(Vec::new()));
        let noted = done.clone();
        let _workers = Workers::start(&app.core, vec![TestJob::doing(move |run| {
            noted.lock().unwrap().push(run.id());
            async { Ok(()) }
        })]);
        for run in [lost, waits] {
            app.completed(scope, run).await;
        }
        done.lock().unwrap().sort();
        assert_eq!(*done.lock().unwrap(), [lost, waits]);
    }

    async fn a_page_that_leaves_runs_out_still_leads_to_all_others(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let mut runs = Vec::new();
        for number in 0..60 {
            runs.push(queued(&app, scope, number).await);
        }
        // More of the newest ones than a page holds, but for one in the midst of them.
        let newer: Vec<RunId> = runs.iter().copied().skip(5).filter(|run| *run != runs[30]).collect();
        of_the_future(&app, &newer).await;
        let page = app.core.runs.list(scope, &Default::default()).await.unwrap();
        let expected: Vec<RunId> = [30, 4, 3, 2, 1, 0].map(|index| runs[index]).to_vec();
        assert_eq!(common::ids(&page.runs), expected);
        assert_eq!(page.next, None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_cannot_read_a_run_goes_on_listening() {
    let app = TestApp::on(TestDatabase::create(Engine::Postgres).await, Clock::manual(common::start_of_time())).await;
    let other = app.another_node().await;
    let scope = app.tenant("contoso").await;
    let (newer, run) = (queued(&app, scope, 1).await, queued(&app, scope, 2).await);
    let (odd, _) = runs::find_any(&app.core.db, newer).await.unwrap().unwrap();
    of_the_future(&app, &[newer]).await;
    let mut seen = other.live.subscribe(scope.tenant());
    eventually("it listens", async || {
        app.core.runs.publish(&runs::find_any(&app.core.db, run).await.unwrap().unwrap().0);
        let told = timeout(Duration::from_millis(500), seen.recv()).await.ok()?.unwrap();
        matches!(told, LiveEvent::Run { run: told } if told.id == run).then_some(())
    })
    .await;
    app.core.runs.publish(&odd);
    app.core.live.flush().await;
    app.core.runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
    loop {
        match timeout(Duration::from_secs(5), seen.recv()).await.expect("told in time").unwrap() {
            LiveEvent::Run { run: told } if told.id == run && told.status == RunStatus::Running => break,
            LiveEvent::Gap => panic!("it began to listen anew"),
            _ => {}
        }
    }
}
