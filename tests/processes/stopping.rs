//! A server that is asked to stop: it closes its streams, lets its jobs finish, and ends well.

use std::{sync::Arc, time::Duration};

use reqwest::StatusCode;
use runledger::{
    model::{
        run::{RunEventKind, RunOutcome, RunStatus, Started},
        user::Role,
    },
    server::{db::tasks, runs::Limits},
};
use serde_json::json;
use tokio::{sync::Notify, time::timeout};

use crate::{
    common::{
        TestApp, eventually,
        graph::Graph,
        jobs::{TestJob, Workers},
        processes::{Installation, Process, free_address},
        stream::EventStream,
        web::Visitor,
    },
    on_both_engines,
};

/// A server with a viewer, whose stream begins with a word on when to come back.
async fn viewed(app: &TestApp, graph: &Graph) -> (Process, Visitor, EventStream) {
    app.tenant_at("contoso", &graph.url).await;
    app.member("owner@contoso.example", "contoso", Role::Owner).await;
    let address = free_address();
    let mut server = Installation::on(&app.database).serve(&address);
    server.is_up().await;
    let owner = Visitor::signed_in_at(&format!("http://{address}"), "owner@contoso.example").await;
    let mut stream = EventStream::open(&owner, "contoso").await.unwrap();
    let hello = stream.message().await.unwrap().unwrap();
    assert!(hello.lines().any(|line| line.starts_with("retry:")), "{hello}");
    (server, owner, stream)
}

/// Asks it to stop: the stream ends, and is not torn, within two seconds.
async fn stopped(server: &Process, stream: &mut EventStream) {
    server.terminate();
    let ends = timeout(Duration::from_secs(2), async { while stream.message().await.unwrap().is_some() {} });
    ends.await.expect("the stream ends at once");
}

on_both_engines! {
    async fn a_server_that_is_asked_to_stop_ends_its_streams_and_then_itself(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let (mut server, _owner, mut stream) = viewed(&app, &graph).await;
        stopped(&server, &mut stream).await;
        let ended = timeout(Duration::from_secs(6), server.end()).await.expect("it ends in time");
        assert_eq!(ended.code(), Some(0), "{}", server.said());
    }

    async fn a_job_finishes_within_the_grace_time_of_a_server_that_stops(app: TestApp) {
        let graph = Graph::sample(&["slow:120"]).await;
        let (mut server, owner, mut stream) = viewed(&app, &graph).await;
        let form = [("tenant", "contoso"), ("operation_type", "inventory.sync")];
        let (status, told) = owner.ask("operations/start", &form).await;
        assert_eq!(status, StatusCode::OK, "{told}");
        let run = serde_json::from_value::<Started>(told).unwrap().run;
        let scope = runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap().scope();
        eventually("some of it is done", async || {
            (app.detail(scope, run.id).await.run.summary_counts.succeeded > 0).then_some(())
        }).await;
        stopped(&server, &mut stream).await;
        assert_eq!(app.detail(scope, run.id).await.run.status, RunStatus::Running, "it is let finish");
        let ended = server.end().await;
        assert_eq!(ended.code(), Some(0), "{}", server.said());
        let detail = app.detail(scope, run.id).await;
        assert_eq!((detail.run.outcome, detail.run.attempt), (Some(RunOutcome::Succeeded), 1));
        assert!(detail.events.iter().all(|event| event.kind != RunEventKind::Released));
    }

    async fn a_worker_that_stops_lets_its_job_finish_and_begins_no_other(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let job = TestJob::doing(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        });
        let workers = Workers::start_limited(&app.core, vec![job], 1, Limits::NONE);
        let first = app.ensure(scope, json!({ "number": 1 })).await.run().id;
        eventually("it runs", async || app.detail(scope, first).await.run.has_worker().then_some(())).await;
        let second = app.ensure(scope, json!({ "number": 2 })).await.run().id;
        workers.ask_to_stop();
        go.notify_one();
        workers.stop().await;

        let detail = app.detail(scope, first).await;
        assert_eq!((detail.run.outcome, detail.run.attempt), (Some(RunOutcome::Succeeded), 1));
        let waits = app.detail(scope, second).await.run;
        assert_eq!((waits.status, waits.attempt), (RunStatus::Queued, 0));
        assert!(tasks::count_all(&app.core.db).await.unwrap() > 0);
        assert!(app.core.runs.health(Duration::from_secs(60)).await.unwrap().repairs.is_empty(), "it has its task");
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        assert_eq!(app.completed(scope, second).await.run.attempt, 1);
    }
}
