//! What people are told: once each, only what is theirs to know, on every device at once.

mod common;

use std::time::Duration;

use common::{
    TestApp,
    jobs::{TestJob, Workers},
    new_run,
    web::{Visitor, Web},
};
use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode};
use runledger::{
    model::{
        ids::RunId,
        reason::ReasonCode,
        run::{LiveEvent, SummaryCounts},
        user::Role,
    },
    server::{
        db::{Db, members, scope::TenantScope},
        runs::{JobError, NewRun, RunChange, handle::StepResult},
    },
};
use serde_json::{Value, json};

/// Contoso with Ana, Ben and an auditor, Fabrikam with Eve; the workers fail every run with the input `fail`.
async fn people(app: &TestApp) -> (TenantScope, Web, Workers) {
    let contoso = app.tenant("contoso").await;
    app.tenant("fabrikam").await;
    app.member("ana@contoso.example", "contoso", Role::Owner).await;
    app.member("ben@contoso.example", "contoso", Role::Operator).await;
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    app.member("eve@fabrikam.example", "fabrikam", Role::Owner).await;
    let workers = Workers::start(
        &app.core,
        vec![TestJob::doing(|run| async move {
            let counts = SummaryCounts { total: 3, processed: 3, succeeded: 3, ..SummaryCounts::default() };
            run.record(StepResult { counts, ..StepResult::default() }).await?;
            match run.run().initiator.name.as_str() {
                "unlucky" => {
                    Err(JobError::Failed { code: ReasonCode::AuthFailed, message: "The sign-in failed.".into() })
                }
                _ => Ok(()),
            }
        })],
    );
    (contoso, Web::start(app).await, workers)
}

/// A run of a member, as the page starts it.
async fn start_as(app: &TestApp, scope: TenantScope, email: &str, name: Option<&str>) -> RunId {
    let mut initiator = initiator(app, email).await;
    if let Some(name) = name {
        initiator.name = name.to_owned();
    }
    let new = NewRun { initiator, ..new_run(json!({})) };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

async fn initiator(app: &TestApp, email: &str) -> runledger::model::run::Initiator {
    let user = members::user_by_email(&app.core.db, email).await.unwrap().unwrap();
    members::find(&app.core.db, user.id, "contoso").await.unwrap().unwrap().initiator()
}

async fn list(visitor: &Visitor) -> Vec<Value> {
    let (status, page) = visitor.ask("notifications/list", &[("unread", "false")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

fn kinds(list: &[Value]) -> Vec<&str> {
    list.iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

async fn inbox(visitor: &Visitor) -> Value {
    visitor.ask("notifications/inbox", &[]).await.1
}

/// The events of an open page that are for the person.
async fn open_page(visitor: &Visitor) -> impl Stream<Item = LiveEvent> + Unpin {
    let answer = visitor.request(Method::GET, "/t/contoso/events").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let mut bytes = answer.bytes_stream();
    // The greeting: from now on the page hears everything.
    bytes.next().await.unwrap().unwrap();
    let lines = bytes.flat_map(|chunk| {
        let text = String::from_utf8_lossy(&chunk.unwrap()).into_owned();
        let events =
            text.lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap());
        futures::stream::iter(events.collect::<Vec<LiveEvent>>())
    });
    Box::pin(
        lines.filter(|event| std::future::ready(!matches!(event, LiveEvent::Run { .. } | LiveEvent::Clock { .. }))),
    )
}

async fn next(page: &mut (impl Stream<Item = LiveEvent> + Unpin)) -> LiveEvent {
    tokio::time::timeout(Duration::from_secs(20), page.next()).await.expect("an event comes").unwrap()
}

on_both_engines! {
    async fn who_started_and_who_joined_hear_of_start_and_end_once(app: TestApp) {
        let contoso = app.tenant("contoso").await;
        app.member("ana@contoso.example", "contoso", Role::Owner).await;
        app.member("ben@contoso.example", "contoso", Role::Operator).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let run = start_as(&app, contoso, "ana@contoso.example", None).await;
        for _ in 0..3 {
            assert_eq!(start_as(&app, contoso, "ben@contoso.example", None).await, run);
        }
        let runs = &app.core.runs;
        for attempt in [0, 1] {
            runs.update_run(run, attempt, "worker", RunChange::Start).await.unwrap();
        }
        let counts = SummaryCounts { total: 4, processed: 4, succeeded: 3, failed: 1, ..SummaryCounts::default() };
        let progress = RunChange::Progress { counts, failures: Vec::new(), progress: None };
        runs.update_run(run, 2, "worker", progress).await.unwrap();
        runs.update_run(run, 2, "worker", RunChange::Complete { failure: None }).await.unwrap();
        runs.update_run(run, 2, "worker", RunChange::Complete { failure: None }).await.unwrap_err();
        for email in ["ana@contoso.example", "ben@contoso.example"] {
            let told = list(&web.signed_in(email).await).await;
            assert_eq!(kinds(&told), ["run_completed", "run_started"], "{email}");
            assert_eq!(told[0]["outcome"], "partially_succeeded");
            assert_eq!(told[0]["summary_counts"]["failed"], 1);
            assert_eq!(told[0]["run_id"], run.to_string());
        }
        assert!(list(&web.signed_in("auditor@contoso.example").await).await.is_empty());
    }

    async fn failures_reach_those_who_subscribed_to_the_type(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let wish = [("tenant", "contoso"), ("run_started", "true"), ("run_failed[]", "inventory.sync")];
        assert_eq!(auditor.call("notifications/save_settings", &wish).await.status(), StatusCode::OK);
        let (_, settings) = auditor.ask("notifications/settings", &[("tenant", "contoso")]).await;
        assert_eq!(settings["run_failed"], json!(["inventory.sync"]));
        assert_eq!(settings["run_completed"], false);
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&auditor).await), ["run_failed"]);
        // Who subscribed and also started it hears it once, as the one who started it.
        let ana = web.signed_in("ana@contoso.example").await;
        ana.call("notifications/save_settings", &[("run_completed", "true"), ("run_started", "true"), ("tenant", "contoso"), ("run_failed[]", "inventory.sync")]).await;
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&ana).await), ["run_completed", "run_started", "run_completed", "run_started"]);
        // A run that ends well is nobody else's business.
        let run = start_as(&app, contoso, "ana@contoso.example", None).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&auditor).await), ["run_failed", "run_failed"]);
    }

    async fn who_does_not_want_to_hear_of_starts_still_hears_of_ends(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ben = web.signed_in("ben@contoso.example").await;
        ben.call("notifications/save_settings", &[("tenant", "contoso"), ("run_completed", "true"), ("quiet", "true")]).await;
        let run = start_as(&app, contoso, "ben@contoso.example", None).await;
        app.completed(contoso, run).await;
        assert_eq!(kinds(&list(&ben).await), ["run_completed"]);
        // Quiet: in the bell, without a toast.
        let inbox = inbox(&ben).await;
        assert_eq!((&inbox["unread"], &inbox["toasts"]), (&json!(1), &json!([])));
    }

    async fn an_open_page_hears_at_once_and_what_one_device_puts_away_is_gone_on_the_other(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in("ana@contoso.example").await;
        let (mut desk, mut phone) = (open_page(&ana).await, open_page(&ana).await);
        let run = start_as(&app, contoso, "ana@contoso.example", None).await;
        app.completed(contoso, run).await;
        let mut ids = Vec::new();
        for page in [&mut desk, &mut phone] {
            let mut told = Vec::new();
            while told.last() != Some(&"run_completed") {
                let LiveEvent::Notification { notification } = next(page).await else { continue };
                assert_eq!(notification.run_id, Some(run));
                told.push(notification.kind.as_str());
                ids.push(notification.id.to_string());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(inbox(&ana).await["toasts"].as_array().unwrap().len(), 2);
        let arguments: Vec<(&str, &str)> = ids.iter().map(|id| ("ids[]", id.as_str())).collect();
        assert_eq!(ana.call("notifications/put_away", &arguments).await.status(), StatusCode::OK);
        loop {
            match next(&mut phone).await {
                LiveEvent::Inbox { unread, toasted } if !toasted.is_empty() => {
                    break assert_eq!((unread, toasted.len()), (2, 2));
                }
                LiveEvent::Inbox { unread, .. } => assert!(unread <= 2),
                _ => {}
            }
        }
        assert_eq!(inbox(&ana).await, json!({ "unread": 2, "toasts": [] }));
        assert_eq!(ana.ask("notifications/read", &[]).await, (StatusCode::OK, json!(0)));
    }

    async fn nobody_hears_of_a_tenant_that_is_not_theirs(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let eve = web.signed_in("eve@fabrikam.example").await;
        assert_eq!(eve.call("notifications/save_settings", &[("tenant", "contoso"), ("run_failed[]", "inventory.sync")]).await.status(), StatusCode::NOT_FOUND);
        let run = start_as(&app, contoso, "ana@contoso.example", Some("unlucky")).await;
        app.completed(contoso, run).await;
        assert!(list(&eve).await.is_empty());
        // What is somebody else's cannot be marked either.
        let ana = web.signed_in("ana@contoso.example").await;
        let told = list(&ana).await;
        eve.call("notifications/read", &[("id", told[0]["id"].as_str().unwrap())]).await;
        assert_eq!(inbox(&ana).await["unread"], 2);
        assert_eq!(web.visitor().call("notifications/inbox", &[]).await.status(), StatusCode::UNAUTHORIZED);
    }

    async fn who_leaves_a_tenant_no_longer_sees_what_they_were_told_of_it(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let run = start_as(&app, contoso, "ben@contoso.example", None).await;
        app.completed(contoso, run).await;
        let ben = web.signed_in("ben@contoso.example").await;
        assert_eq!(list(&ben).await.len(), 2);
        let leave = "DELETE FROM memberships WHERE role = 'operator'";
        match &app.core.db {
            Db::Sqlite(db) => drop(sqlx::query(leave).execute(db.write()).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::query(leave).execute(pool).await.unwrap()),
        }
        assert_eq!((list(&ben).await.len(), inbox(&ben).await["unread"].clone()), (0, json!(0)));
    }

    async fn a_made_up_place_in_the_list_shows_the_newest_with_a_note(app: TestApp) {
        let (_contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in("ana@contoso.example").await;
        let (status, page) = ana.ask("notifications/list", &[("unread", "true"), ("after", "nowhere")]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page["note"].as_str().unwrap().contains("newest"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_another_node_hears_as_well() {
    let app = TestApp::start(common::Engine::Postgres).await;
    let contoso = app.tenant("contoso").await;
    app.member("ana@contoso.example", "contoso", Role::Owner).await;
    let other = TestApp {
        core: app.another_node().await,
        database: common::TestDatabase::create(common::Engine::Sqlite).await,
    };
    let web = Web::start(&other).await;
    let ana = web.signed_in("ana@contoso.example").await;
    let mut page = open_page(&ana).await;
    let run = start_as(&app, contoso, "ana@contoso.example", None).await;
    loop {
        match next(&mut page).await {
            LiveEvent::Notification { notification } => break assert_eq!(notification.run_id, Some(run)),
            // The listener had just connected.
            LiveEvent::Gap => {
                app.core.runs.publish(&app.detail(contoso, run).await.run);
            }
            _ => {}
        }
    }
}
