//! People, what they were told, and their open pages.

use std::{collections::BTreeSet, time::Duration};

use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode};
use runledger::{
    model::{
        ids::RunId,
        notification::Notification,
        reason::ReasonCode,
        run::{Initiator, LiveEvent, SummaryCounts},
        user::Role,
    },
    server::{
        db::{members, scope::TenantScope},
        runs::{JobError, NewRun, RunChange, handle::StepResult},
    },
};
use serde_json::{Value, json};

use crate::common::{
    Engine, TestApp, TestDatabase,
    jobs::{TestJob, Workers},
    new_run,
    web::{Visitor, Web},
};

/// Contoso with Ana, Ben and an auditor, Fabrikam with Eve; the workers fail every run with the input `fail`.
pub async fn people(app: &TestApp) -> (TenantScope, Web, Workers) {
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
pub async fn start_as(app: &TestApp, scope: TenantScope, email: &str, name: Option<&str>) -> RunId {
    let mut initiator = initiator(app, email).await;
    if let Some(name) = name {
        initiator.name = name.to_owned();
    }
    let new = NewRun { initiator, ..new_run(json!({})) };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

pub async fn initiator(app: &TestApp, email: &str) -> Initiator {
    let user = members::user_by_email(&app.core.db, email).await.unwrap().unwrap();
    members::find(&app.core.db, user.id, "contoso").await.unwrap().unwrap().initiator()
}

pub async fn list(visitor: &Visitor) -> Vec<Value> {
    let (status, page) = visitor.ask("notifications/list", &[("unread", "false")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["items"].as_array().unwrap().clone()
}

pub fn kinds(list: &[Value]) -> Vec<&str> {
    list.iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

pub async fn inbox(visitor: &Visitor) -> Value {
    visitor.ask("notifications/inbox", &[]).await.1
}

/// The events of an open page of Contoso that are for the person.
pub async fn open_page(visitor: &Visitor) -> impl Stream<Item = LiveEvent> + Unpin + use<> {
    open_page_of(visitor, "contoso").await
}

/// The same of another tenant's page.
pub async fn open_page_of(visitor: &Visitor, tenant: &str) -> impl Stream<Item = LiveEvent> + Unpin + use<> {
    let answer = visitor.request(Method::GET, &format!("/t/{tenant}/events")).send().await.unwrap();
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

pub async fn next(page: &mut (impl Stream<Item = LiveEvent> + Unpin)) -> LiveEvent {
    tokio::time::timeout(Duration::from_secs(20), page.next()).await.expect("an event comes").unwrap()
}

/// The next notification that the page is told.
pub async fn told(page: &mut (impl Stream<Item = LiveEvent> + Unpin)) -> Notification {
    loop {
        if let LiveEvent::Notification { notification } = next(page).await {
            return *notification;
        }
    }
}

/// What the page is told when something was read or put away: how many are unread, and which toasts are gone.
pub async fn put_away(page: &mut (impl Stream<Item = LiveEvent> + Unpin)) -> (u64, BTreeSet<String>) {
    loop {
        match next(page).await {
            LiveEvent::Inbox { unread, toasted } if !toasted.is_empty() => {
                return (unread, toasted.iter().map(ToString::to_string).collect());
            }
            _ => {}
        }
    }
}

/// A run of this member that waits for its worker.
pub async fn queued(app: &TestApp, scope: TenantScope, email: &str, inputs: Value) -> RunId {
    let new = NewRun { initiator: initiator(app, email).await, ..new_run(inputs) };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

/// A run of this member that a worker has begun.
pub async fn begun(app: &TestApp, scope: TenantScope, email: &str) -> RunId {
    let run = queued(app, scope, email, json!({})).await;
    app.core.runs.update_run(run, 0, "worker", RunChange::Start).await.unwrap();
    run
}

/// Contoso with Ana and nobody who works.
pub async fn ana(app: &TestApp) -> TenantScope {
    let contoso = app.tenant("contoso").await;
    app.member("ana@contoso.example", "contoso", Role::Owner).await;
    contoso
}

pub const ANA: &str = "ana@contoso.example";

/// A second node on the same database, as the web's helpers want it.
pub async fn other_node(app: &TestApp) -> TestApp {
    TestApp { core: app.another_node().await, database: TestDatabase::create(Engine::Sqlite).await }
}
