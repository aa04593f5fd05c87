//! What a crash left is told by the doctor and put right by the worker that starts, which says so.

use runledger::{
    model::{
        ids::RunId,
        run::{RunOutcome, RunStatus},
    },
    server::db::{Db, tasks},
};
use serde_json::{Value, json};

use crate::{
    common::{TestApp, eventually, graph::Graph, processes::Installation},
    on_both_engines,
};

/// What the doctor says, and that it leaves everything as it is.
async fn examined(app: &TestApp, installation: &Installation, run: RunId) -> (Option<i32>, Value) {
    let look = async || {
        let (full, _) = runledger::server::db::runs::find_any(&app.core.db, run).await.unwrap().unwrap();
        (full, tasks::count_all(&app.core.db).await.unwrap(), tasks::count(&app.core.db, run).await.unwrap())
    };
    let before = look().await;
    let mut command = installation.command(&["doctor", "--json"]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(look().await, before, "the doctor changes nothing");
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

on_both_engines! {
    async fn a_worker_that_starts_says_what_it_has_repaired(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let run = app.ensure(scope, json!({ "only": ["assignment_filters"] })).await.run().id;
        match &app.core.db {
            Db::Sqlite(db) => drop(sqlx::query("DELETE FROM Jobs").execute(db.write()).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::query("DELETE FROM apalis.jobs").execute(pool).await.unwrap()),
        }
        let installation = Installation::on(&app.database);
        let (code, told) = examined(&app, &installation, run).await;
        assert_eq!((code, &told["repairs"]["runs_without_task"], &told["well"]), (Some(1), &json!(1), &json!(false)));
        assert_eq!(app.detail(scope, run).await.run.status, RunStatus::Queued);

        let mut worker = installation.worker();
        worker.says("1 runs without a task").await;
        assert!(worker.said().contains("repaired the queue"), "{}", worker.said());
        assert_eq!(app.completed(scope, run).await.run.attempt, 1);
        worker.terminate();
        assert!(worker.end().await.success(), "{}", worker.said());
        let (code, told) = examined(&app, &installation, run).await;
        assert_eq!((code, &told["well"]), (Some(0), &json!(true)), "{told}");
        eventually("it has succeeded", async || {
            let context = app.detail(scope, run).await.run;
            (context.outcome == Some(RunOutcome::Succeeded)).then_some(())
        }).await;
    }
}
