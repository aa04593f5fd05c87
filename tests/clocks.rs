//! Clocks that disagree: of nodes, of the database, of the browser; and a run's silence as a page tells it.

mod common;

use std::time::Duration;

use chrono::TimeDelta;
use common::{
    TestApp, eventually,
    jobs::{TestJob, Workers},
    web::{Visitor, Web},
};
use futures::StreamExt;
use runledger::{
    model::{
        ids::RunId,
        page_time::PageTime,
        run::{LiveEvent, Run, RunStatus},
        user::Role,
    },
    server::{clock::Clock, config::Config, db::scope::TenantScope, runs::RunChange},
};
use serde_json::json;
use tokio::time::timeout;

/// An hour ahead of the clock that the database goes by.
fn go_ahead(app: &TestApp) {
    app.advance(Clock::system().now() - app.core.clock.now() + TimeDelta::hours(1));
}

async fn page(visitor: &Visitor, path: &str) -> String {
    visitor.get(path).await.text().await.unwrap()
}

async fn begun(app: &TestApp, scope: TenantScope) -> RunId {
    let run = app.ensure(scope, json!({})).await.run().id;
    app.core.runs.update_run(run, 0, "somewhere", RunChange::Start).await.unwrap();
    run
}

on_both_engines! {
    async fn a_run_asked_for_by_a_clock_that_is_ahead_is_begun_and_viewers_see_each_state(app: TestApp) {
        let scope = app.tenant("contoso").await;
        go_ahead(&app);
        let mut seen = app.core.live.subscribe(scope.tenant());
        let first = app.ensure(scope, json!({})).await.run().clone();
        app.advance(TimeDelta::hours(-1));
        let joined = app.ensure(scope, json!({})).await.run().clone();
        assert!(joined.replaces(&first), "{joined:?}");
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|run| async move { run.record(Default::default()).await })]);
        app.completed(scope, first.id).await;
        // As a page takes them: what looks older than what is shown is dropped.
        let mut shown: Option<Run> = None;
        while shown.as_ref().is_none_or(|run| run.status != RunStatus::Completed) {
            let told = timeout(Duration::from_secs(5), seen.recv()).await.expect("told in time").unwrap();
            if let LiveEvent::Run { run } = told {
                assert!(shown.as_ref().is_none_or(|shown| run.replaces(shown)), "{run:?} after {shown:?}");
                shown = Some(*run);
            }
        }
        let detail = app.detail(scope, first.id).await;
        assert!(detail.run.completed_at >= detail.run.started_at && detail.run.started_at >= Some(detail.run.created_at));
    }

    async fn a_run_given_back_by_a_clock_that_is_ahead_is_begun_again(app: TestApp) {
        let scope = app.tenant("contoso").await;
        go_ahead(&app);
        let run = begun(&app, scope).await;
        common::lose_workers(&app).await;
        app.advance(TimeDelta::hours(-1));
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        assert_eq!(app.completed(scope, run).await.run.attempt, 2);
    }

    async fn a_page_tells_of_silence_without_scripts_and_by_the_servers_clock(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("eve@contoso.example", "contoso", Role::Readonly).await;
        let run = begun(&app, scope).await;
        let web = Web::start(&app).await;
        let eve = web.signed_in("eve@contoso.example").await;
        let pages = ["/t/contoso/operations".to_owned(), format!("/t/contoso/operations/{run}")];
        app.advance(TimeDelta::seconds(39));
        for path in &pages {
            assert!(!page(&eve, path).await.contains("No sign of life"), "{path}");
        }
        app.advance(TimeDelta::seconds(6));
        for path in &pages {
            assert!(page(&eve, path).await.contains("No sign of life for 45 s"), "{path}");
        }
        app.core.runs.update_run(run, 1, "somewhere", RunChange::Heartbeat).await.unwrap();
        for path in &pages {
            assert!(!page(&eve, path).await.contains("No sign of life"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_begins_with_the_servers_time() {
    let app = TestApp::start(common::Engine::Sqlite).await;
    app.tenant("contoso").await;
    app.member("eve@contoso.example", "contoso", Role::Readonly).await;
    let web = Web::start(&app).await;
    let eve = web.signed_in("eve@contoso.example").await;
    let mut stream = eve.get("/t/contoso/events").await.bytes_stream();
    let mut text = String::new();
    let told = eventually("it tells the time", async || {
        text.push_str(&String::from_utf8_lossy(&stream.next().await?.ok()?));
        let line = text.lines().find_map(|line| line.strip_prefix("data: "))?;
        serde_json::from_str::<LiveEvent>(line).ok()
    })
    .await;
    assert_eq!(told, LiveEvent::Clock { now: app.core.clock.now() });
}

#[test]
fn silence_is_told_before_the_run_is_taken_however_short_the_lease() {
    for (lease, told) in [(60, 40), (86_400, 40), (30, 20), (2, 1)] {
        let after = Config::new(None, Duration::from_secs(lease)).silent_after;
        assert_eq!(PageTime::new(common::start_of_time(), after).silent_after().num_seconds(), told);
    }
}
