//! More than one node: starting together, agreeing on the key, seeing each other's runs, and what the doctor says.

mod common;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use common::{Engine, TestApp, TestDatabase, eventually};
use runledger::{
    model::run::{LiveEvent, RunStatus},
    server::{clock::Clock, db::DbSettings, runs::RunChange},
};
use serde_json::{Value, json};
use tokio::time::timeout;

fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runledger"));
    command.args(arguments).env_remove("DATABASE_URL").env("RUNLEDGER_DATA_DIR", folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn url(database: &TestDatabase) -> String {
    match database.settings() {
        DbSettings::Postgres { url, .. } => url.clone(),
        DbSettings::Sqlite { .. } => panic!("on PostgreSQL"),
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_start_together_migrate_once_and_must_share_the_key() {
    let database = TestDatabase::empty_postgres().await;
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let key = "22".repeat(32);
    let starts: Vec<_> = folders
        .iter()
        .map(|folder| {
            let mut command = program(&["migrate"], folder.path());
            command.env("DATABASE_URL", url(&database)).env("RUNLEDGER_SECRET_KEY", &key).spawn().unwrap()
        })
        .collect();
    for start in starts {
        let output = start.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    // A node that makes a key of its own could not read the others' secrets.
    let mut stranger = program(&["migrate"], folders[0].path());
    let output = stranger.env("DATABASE_URL", url(&database)).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("RUNLEDGER_SECRET_KEY"), "{}", said(&output));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_sees_a_run_of_another_node_within_a_second_also_after_a_lost_connection() {
    let app = TestApp::on(TestDatabase::create(Engine::Postgres).await, Clock::manual(common::start_of_time())).await;
    let other = app.another_node().await;
    let scope = app.tenant("contoso").await;
    let mut seen = app.core.live.subscribe(scope.tenant());
    let run = other.runs.ensure_run(scope, common::new_run(json!({}))).await.unwrap().run().id;
    other.runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
    let mut sees = async |wanted: &str| loop {
        match (timeout(Duration::from_secs(5), seen.recv()).await.expect("told in time").unwrap(), wanted) {
            (LiveEvent::Run { run: told }, "run") if told.id == run && told.status == RunStatus::Running => return,
            (LiveEvent::Gap, "gap") => return,
            _ => {}
        }
    };
    sees("run").await;
    // Whoever listens loses its connection: what was told meanwhile is lost, and viewers are told to ask again.
    let runledger::server::db::Db::Postgres(pool) = &app.core.db else { panic!("on PostgreSQL") };
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND datname = current_database()")
        .execute(pool)
        .await
        .unwrap();
    sees("gap").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_tells_what_a_start_repairs_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = || {
        let output = program(&["doctor", "--json"], folder.path()).output().unwrap();
        let told = serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default();
        (output.status.code(), told, said(&output))
    };
    let (code, _, text) = doctor();
    assert!(code == Some(4) && text.contains("runledger migrate"), "{text}");
    assert!(!folder.path().join("runledger.db").exists(), "it makes nothing");
    assert!(program(&["migrate"], folder.path()).output().unwrap().status.success());
    let (code, told, text) = doctor();
    assert_eq!((code, &told["well"]), (Some(0), &json!(true)), "{text}");

    let file = folder.path().join("runledger.db");
    let db = runledger::server::db::Db::connect(&DbSettings::Sqlite { file, readers: 1 }).await.unwrap();
    let runledger::server::db::Db::Sqlite(sqlite) = &db else { panic!("on SQLite") };
    let odd = "INSERT INTO Jobs (job, id, job_type, run_at) VALUES (x'00', 'odd', 'operation_runs', 1)";
    sqlx::query(odd).execute(sqlite.write()).await.unwrap();
    for _ in 0..2 {
        let (code, told, text) = doctor();
        assert_eq!((code, &told["repairs"]["tasks_unreadable"]), (Some(1), &json!(1)), "{text}");
    }
    // A worker that starts puts it right.
    let mut worker = program(&["worker"], folder.path()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the worker has put it aside", async || {
        let (_, told, _) = doctor();
        (told["repairs"]["tasks_unreadable"] == 0 && told["parked"].as_array().is_some_and(|aside| aside.len() == 1))
            .then_some(())
    })
    .await;
    worker.kill().unwrap();
    worker.wait().unwrap();
}
