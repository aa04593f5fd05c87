//! The disk is full on SQLite: pages read, nothing is promised that cannot be kept, and all goes on when there is room.

mod common;

use common::{
    Engine, TestApp, eventually,
    graph::Graph,
    new_run,
    processes::{Installation, free_address},
    web::Visitor,
};
use reqwest::StatusCode;
use runledger::{
    model::{
        run::{RunOutcome, Started},
        user::Role,
    },
    server::db::{Db, DbSettings, runs},
};
use serde_json::json;

const START: [(&str, &str); 2] = [("tenant", "contoso"), ("operation_type", "inventory.sync")];
const OTHER: [(&str, &str); 2] = [("tenant", "contoso"), ("operation_type", "directory_groups.sync")];

/// Without the log beside it, as if the machine had ended there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_in_the_database_itself_soon_after_and_needs_no_one_to_write_again() {
    let app = TestApp::start(Engine::Sqlite).await;
    let scope = app.tenant("contoso").await;
    let run = app.core.runs.ensure_run(scope, new_run(json!({}))).await.unwrap().run().id;
    let DbSettings::Sqlite { file, .. } = app.database.settings() else { panic!("it is SQLite") };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    eventually("the run is in the copy", async || {
        std::fs::copy(file, &copy).unwrap();
        let db = Db::look(&DbSettings::Sqlite { file: copy.clone(), readers: 1 }).await.ok()?;
        let found = runs::find(&db, scope, run).await.ok()?;
        db.close().await;
        found.map(drop)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_what_writes_and_nothing_else_and_passes() {
    let app = TestApp::start(Engine::Sqlite).await;
    let graph = Graph::sample(&["slow:300"]).await;
    let scope = app.tenant_at("contoso", &graph.url).await;
    app.member("owner@contoso.example", "contoso", Role::Owner).await;
    let address = free_address();
    let mut server = Installation::on(&app.database).serve_on_small_disk(&address);
    server.is_up().await;
    let owner = Visitor::signed_in_at(&format!("http://{address}"), "owner@contoso.example").await;
    assert_eq!(owner.get("/readyz").await.status(), StatusCode::OK);
    let (status, started) = owner.ask("operations/start", &START).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    let run = serde_json::from_value::<Started>(started).unwrap().run.id;
    eventually("some of it is done", async || {
        (app.detail(scope, run).await.run.summary_counts.succeeded > 0).then_some(())
    })
    .await;

    server.fill_disk();
    assert_eq!(owner.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let page = owner.get("/t/contoso/operations").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Inventory sync"));
    let (status, told) = owner.ask("operations/start", &OTHER).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{told}");
    assert!(app.detail(scope, run).await.run.status.is_active(), "it waits");
    assert!(server.ended().is_none(), "the process lives");

    server.empty_disk();
    let detail = app.completed(scope, run).await;
    assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
    let counts = &detail.run.summary_counts;
    assert_eq!((counts.total, counts.own["created"]), (counts.succeeded, counts.succeeded), "nothing twice");
    assert_eq!(owner.get("/readyz").await.status(), StatusCode::OK);
    let (status, started) = owner.ask("operations/start", &OTHER).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    let run = serde_json::from_value::<Started>(started).unwrap().run.id;
    assert_eq!(app.completed(scope, run).await.run.outcome, Some(RunOutcome::Succeeded));
}
