//! What open pages hear, at once and on every node.

use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::StatusCode;
use runledger::{
    model::{
        notification::NotificationKind,
        operation::OperationType,
        run::{Initiator, LiveEvent, RunOutcome},
        schedule::ScheduleDraft,
        user::Role,
    },
    server::{
        db::{members, scope::TenantScope, tenants},
        runs::{NewRun, RunChange},
    },
};
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    common::{
        Engine, TestApp,
        jobs::{TestJob, Workers},
        new_run,
        web::Web,
    },
    on_both_engines,
    support::*,
};

/// Workers whose job waits until it is let go.
fn waiting_workers(app: &TestApp) -> (Workers, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    let wait = go.clone();
    let job = TestJob::doing(move |_| {
        let wait = wait.clone();
        async move {
            wait.notified().await;
            Ok(())
        }
    });
    (Workers::start(&app.core, vec![job]), go)
}

/// A schedule of the inventory that is late, and who wants to hear of it.
async fn late_schedule(app: &TestApp, web: &Web, contoso: TenantScope) {
    let wish = [("tenant", "contoso"), ("run_started", "true"), ("schedule_late[]", "inventory.sync")];
    let ana = web.signed_in(ANA).await;
    assert_eq!(ana.call("notifications/save_settings", &wish).await.status(), StatusCode::OK);
    let draft = ScheduleDraft {
        operation_type: OperationType::InventorySync,
        cron: "0 2 * * *".to_owned(),
        time_zone: "UTC".to_owned(),
        expected_hours: "26".to_owned(),
        enabled: true,
    };
    let by = Initiator { user_id: None, name: "Ana".to_owned() };
    app.core.schedules().save(contoso, by, draft).await.unwrap().unwrap();
    app.advance(TimeDelta::hours(27));
}

on_both_engines! {
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

    async fn a_start_is_told_while_the_run_goes_on_although_a_worker_begins_it_at_once(app: TestApp) {
        let contoso = ana(&app).await;
        let (_workers, go) = waiting_workers(&app);
        let web = Web::start(&app).await;
        let mut page = open_page(&web.signed_in(ANA).await).await;
        let run = start_as(&app, contoso, ANA, None).await;
        let start = told(&mut page).await;
        assert_eq!((start.kind, start.run_id), (NotificationKind::RunStarted, Some(run)));
        let LiveEvent::Inbox { unread, .. } = next(&mut page).await else { panic!("the bell is told the number") };
        assert_eq!(unread, 1);
        assert!(app.detail(contoso, run).await.run.status.is_active());
        go.notify_one();
        let mut end = told(&mut page).await;
        // What was told of the run is told again with its end.
        while end.kind == NotificationKind::RunStarted {
            end = told(&mut page).await;
        }
        assert_eq!((end.kind, end.run_id), (NotificationKind::RunCompleted, Some(run)));
    }

    async fn who_joins_a_run_that_goes_on_hears_at_once(app: TestApp) {
        let contoso = ana(&app).await;
        app.member("ben@contoso.example", "contoso", Role::Operator).await;
        let web = Web::start(&app).await;
        let mut page = open_page(&web.signed_in("ben@contoso.example").await).await;
        let run = begun(&app, contoso, ANA).await;
        // What was before is out, so that only the joining can tell.
        app.core.live.flush().await;
        assert_eq!(start_as(&app, contoso, "ben@contoso.example", None).await, run);
        assert_eq!(told(&mut page).await.run_id, Some(run));
    }

    async fn who_looks_at_another_tenant_hears_of_their_run(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let fabrikam = tenants::by_slug(&app.core.db, "fabrikam").await.unwrap().unwrap().scope();
        let user = members::user_by_email(&app.core.db, ANA).await.unwrap().unwrap();
        members::grant(&app.core.db, user.id, fabrikam.tenant(), Role::Operator, app.core.clock.now()).await.unwrap();
        let mut page = open_page_of(&web.signed_in(ANA).await, "fabrikam").await;
        let mut eve = open_page_of(&web.signed_in("eve@fabrikam.example").await, "fabrikam").await;
        let run = start_as(&app, contoso, ANA, None).await;
        let start = told(&mut page).await;
        assert_eq!((start.run_id, start.tenant_slug.as_str()), (Some(run), "contoso"));
        app.completed(contoso, run).await;
        app.core.live.flush().await;
        // The first that Eve hears is of her own run.
        let new = NewRun { initiator: eve_of(&app).await, ..new_run(json!({})) };
        let own = app.core.runs.ensure_run(fabrikam, new).await.unwrap().run().id;
        assert_eq!(told(&mut eve).await.run_id, Some(own));
    }

    async fn an_auditor_who_subscribed_to_failures_hears_at_once_with_a_toast(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let wish = [("tenant", "contoso"), ("run_failed[]", "inventory.sync")];
        assert_eq!(auditor.call("notifications/save_settings", &wish).await.status(), StatusCode::OK);
        let mut page = open_page(&auditor).await;
        let run = start_as(&app, contoso, ANA, Some("unlucky")).await;
        let failed = told(&mut page).await;
        assert_eq!((failed.kind, failed.outcome), (NotificationKind::RunFailed, Some(RunOutcome::Failed)));
        assert!(failed.run_id == Some(run) && !failed.toasted && failed.is_alert());
        assert_eq!(inbox(&auditor).await["toasts"].as_array().unwrap().len(), 1);
    }

    async fn a_late_schedule_is_told_to_open_pages(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        late_schedule(&app, &web, contoso).await;
        let mut page = open_page(&web.signed_in(ANA).await).await;
        assert_eq!(app.core.schedules().tell_late().await.unwrap(), 1);
        let late = told(&mut page).await;
        assert_eq!((late.kind, late.run_id), (NotificationKind::ScheduleLate, None));
    }
}

async fn eve_of(app: &TestApp) -> Initiator {
    let user = members::user_by_email(&app.core.db, "eve@fabrikam.example").await.unwrap().unwrap();
    members::find(&app.core.db, user.id, "fabrikam").await.unwrap().unwrap().initiator()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_another_node_hears_as_well() {
    let app = TestApp::start(Engine::Postgres).await;
    let contoso = ana(&app).await;
    let other = other_node(&app).await;
    let web = Web::start(&other).await;
    let mut page = open_page(&web.signed_in(ANA).await).await;
    let run = start_as(&app, contoso, ANA, None).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_on_another_node_hears_of_a_start_that_is_begun_at_once_and_of_a_late_schedule() {
    let app = TestApp::start(Engine::Postgres).await;
    let contoso = ana(&app).await;
    let (_workers, go) = waiting_workers(&app);
    let other = other_node(&app).await;
    let web = Web::start(&other).await;
    late_schedule(&app, &web, contoso).await;
    listening(&app, &other, contoso).await;
    let mut page = open_page(&web.signed_in(ANA).await).await;
    assert_eq!(app.core.schedules().tell_late().await.unwrap(), 1);
    assert_eq!(told(&mut page).await.kind, NotificationKind::ScheduleLate);
    let run = start_as(&app, contoso, ANA, None).await;
    let start = told(&mut page).await;
    assert_eq!((start.kind, start.run_id), (NotificationKind::RunStarted, Some(run)));
    assert!(app.detail(contoso, run).await.run.status.is_active());
    go.notify_one();
}

/// The other node hears of runs: what it is told from now on arrives.
async fn listening(app: &TestApp, other: &TestApp, contoso: TenantScope) {
    let mut seen = other.core.live.subscribe(contoso.tenant());
    let run = app.ensure(contoso, json!({ "probe": true })).await.run().id;
    loop {
        match seen.recv().await.unwrap() {
            LiveEvent::Run { run: told } if told.id == run => break,
            LiveEvent::Gap => app.core.runs.publish(&app.detail(contoso, run).await.run),
            _ => {}
        }
    }
    app.core.runs.update_run(run, 0, "worker", RunChange::Complete { failure: None }).await.ok();
}
