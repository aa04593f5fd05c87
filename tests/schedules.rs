//! Schedules: what is due starts once, what was missed is made up for once, and what does not succeed is late.

mod common;

use chrono::{DateTime, TimeDelta, Utc};
use common::{
    TestApp, eventually,
    graph::{Graph, ProductWorkers},
    web::{Visitor, Web},
};
use futures::future::join_all;
use reqwest::{Method, StatusCode, header};
use runledger::{
    model::{
        filter::RunFilter,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, Run, RunFailure, RunOutcome},
        schedule::{Schedule, ScheduleDraft, ScheduleSettings},
        user::Role,
    },
    server::{
        db::scope::TenantScope,
        runs::RunChange,
        schedules::{Schedules, look},
    },
};

const INVENTORY: OperationType = OperationType::InventorySync;

async fn save(app: &TestApp, scope: TenantScope, cron: &str, time_zone: &str, enabled: bool) {
    let draft = ScheduleDraft {
        operation_type: INVENTORY,
        cron: cron.to_owned(),
        time_zone: time_zone.to_owned(),
        expected_hours: "26".to_owned(),
        enabled,
    };
    let ana = Initiator { user_id: None, name: "Ana".to_owned() };
    app.core.schedules().save(scope, ana, draft).await.unwrap().expect("the draft makes sense");
}

async fn schedule(app: &TestApp, scope: TenantScope) -> (Schedule, ScheduleSettings) {
    let page = app.core.schedules().page(scope, None, None).await.unwrap();
    let schedule = page.schedules.into_iter().find(|one| one.operation_type == INVENTORY).unwrap();
    let settings = schedule.settings.clone().expect("it is set up");
    (schedule, settings)
}

async fn runs(app: &TestApp, scope: TenantScope) -> Vec<Run> {
    app.core.runs.list(scope, &RunFilter::default()).await.unwrap().runs
}

async fn fire(app: &TestApp) -> usize {
    app.core.schedules().fire_due().await.unwrap()
}

/// Does the tenant's active run, with this end.
async fn end(app: &TestApp, scope: TenantScope, failure: Option<RunFailure>) {
    let run = runs(app, scope).await.into_iter().find(|run| run.status.is_active()).unwrap();
    app.core.runs.update_run(run.id, 0, "w", RunChange::Start).await.unwrap();
    app.core.runs.update_run(run.id, 1, "w", RunChange::Complete { failure }).await.unwrap();
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Moves the clock to this time.
fn go_to(app: &TestApp, time: &str) {
    app.advance(at(time) - app.core.clock.now());
}

on_both_engines! {
    async fn what_is_due_starts_once_on_however_many_nodes(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "0 2 * * *", "Europe/Berlin", true).await;
        assert_eq!(schedule(&app, scope).await.1.next_run_at, Some(at("2026-01-16T01:00:00Z")));
        go_to(&app, "2026-01-16T00:59:59Z");
        assert_eq!(fire(&app).await, 0);
        go_to(&app, "2026-01-16T01:00:00Z");
        let mut nodes = vec![app.core.schedules()];
        for _ in 0..3 {
            nodes.push(app.another_node().await.schedules());
        }
        let all: Vec<Schedules> = (0..5).flat_map(|_| nodes.clone()).collect();
        let fired: usize = join_all(all.iter().map(Schedules::fire_due)).await.into_iter().map(Result::unwrap).sum();
        assert_eq!(fired, 1);
        let found = runs(&app, scope).await;
        assert_eq!((found.len(), found[0].joined_count), (1, 0));
        assert_eq!((found[0].initiator.user_id, found[0].initiator.name.as_str()), (None, "system"));
        let (schedule, settings) = schedule(&app, scope).await;
        assert_eq!(schedule.last_run.unwrap().id, found[0].id);
        assert_eq!(settings.next_run_at, Some(at("2026-01-17T01:00:00Z")));
    }

    async fn what_was_missed_is_made_up_for_once(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "0 2 * * *", "UTC", true).await;
        go_to(&app, "2026-01-25T12:00:00Z");
        assert_eq!(fire(&app).await, 1);
        end(&app, scope, None).await;
        assert_eq!((fire(&app).await, runs(&app, scope).await.len()), (0, 1));
        assert_eq!(schedule(&app, scope).await.1.next_run_at, Some(at("2026-01-26T02:00:00Z")));
    }

    async fn a_schedule_that_is_off_starts_nothing(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "0 2 * * *", "UTC", false).await;
        app.advance(TimeDelta::days(3));
        assert_eq!(fire(&app).await, 0);
        save(&app, scope, "0 2 * * *", "UTC", true).await;
        save(&app, scope, "0 2 * * *", "UTC", false).await;
        app.advance(TimeDelta::days(3));
        assert_eq!(fire(&app).await, 0);
        let settings = schedule(&app, scope).await.1;
        assert_eq!((settings.next_run_at, settings.late), (None, false), "what is off is not late");
    }

    async fn a_due_schedule_joins_the_run_that_is_under_way(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "0 2 * * *", "UTC", true).await;
        go_to(&app, "2026-01-16T02:00:00Z");
        let run = app.ensure(scope, serde_json::json!({})).await.run().id;
        assert_eq!(fire(&app).await, 1);
        let found = runs(&app, scope).await;
        assert_eq!((found.len(), found[0].joined_count), (1, 1));
        assert_eq!(schedule(&app, scope).await.0.last_run.unwrap().id, run);
    }

    async fn clocks_that_change_neither_lose_nor_double_a_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "30 2 * * *", "Europe/Berlin", true).await;
        // The night in which 02:30 does not exist, and the one in which it comes twice.
        for (before, due, next) in [
            ("2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
            ("2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ] {
            go_to(&app, before);
            fire(&app).await;
            end(&app, scope, None).await;
            assert_eq!(schedule(&app, scope).await.1.next_run_at, Some(at(due)));
            go_to(&app, due);
            assert_eq!(fire(&app).await, 1);
            end(&app, scope, None).await;
            assert_eq!(schedule(&app, scope).await.1.next_run_at, Some(at(next)));
        }
    }

    async fn what_has_not_succeeded_in_time_is_late_until_it_does(app: TestApp) {
        let scope = app.tenant("contoso").await;
        save(&app, scope, "0 2 * * *", "UTC", true).await;
        app.advance(TimeDelta::hours(26));
        assert!(!schedule(&app, scope).await.1.late);
        app.advance(TimeDelta::seconds(1));
        assert!(schedule(&app, scope).await.1.late);
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let page = async || {
            let auditor = web.signed_in("auditor@contoso.example").await;
            auditor.get("/t/contoso/schedules").await.text().await.unwrap()
        };
        let late = page().await;
        assert!(late.contains("state-partial") && late.contains("Late") && late.contains("Has not succeeded yet"));
        fire(&app).await;
        let failure = RunFailure {
            code: ReasonCode::AuthFailed, message: "Refused.".to_owned(), item: None, http_status: None, request_id: None,
        };
        end(&app, scope, Some(failure)).await;
        assert!(schedule(&app, scope).await.1.late, "a failure does not help");
        // Whoever does the same work.
        app.ensure(scope, serde_json::json!({})).await;
        end(&app, scope, None).await;
        let settings = schedule(&app, scope).await.1;
        assert_eq!((settings.late, settings.last_succeeded_at), (false, Some(app.core.clock.now())));
        assert!(!page().await.contains("state-partial"), "the badge is gone");
    }

    async fn the_workers_clockwork_starts_what_is_due(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        save(&app, scope, "0 2 * * *", "UTC", true).await;
        app.advance(TimeDelta::days(1));
        let _workers = ProductWorkers::start(&app.core);
        let run = eventually("it has started", async || runs(&app, scope).await.pop()).await;
        assert_eq!(app.completed(scope, run.id).await.run.outcome, Some(RunOutcome::Succeeded));
    }

    async fn the_clockwork_outlives_a_database_that_is_away(app: TestApp) {
        app.core.db.close().await;
        look(&app.core.schedules()).await;
    }

    async fn a_form_is_saved_and_a_mistake_is_told_at_its_field(app: TestApp) {
        let web = contoso(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let answer = send(&owner, &form("0 2 * * 1-5", "Europe/Berlin", "80")).await;
        assert_eq!((answer.0, answer.1.as_str()), (StatusCode::FOUND, "/t/contoso/schedules"));
        let (_, page) = get(&owner, "/t/contoso/schedules").await;
        assert!(page.contains("Monday to Friday at 02:00") && page.contains("Europe/Berlin"), "{page}");
        assert!(page.contains("2026-01-16 01:00 UTC") && page.contains("Run now"));

        let (status, back) = send(&owner, &form("every night", "Europe/Berlin", "80")).await;
        assert_eq!(status, StatusCode::FOUND);
        let (status, page) = get(&owner, &back).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("A cron expression has five fields") && page.contains("value=\"every night\""), "{page}");
        let (_, page) = get(&owner, "/t/contoso/schedules").await;
        assert!(page.contains("Monday to Friday at 02:00"), "what was stored stays");

        let (status, error) = owner.ask("schedules/save", &form("0 2 * * *", "Mars", "30")).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error["message"].as_str().unwrap().contains("is no time zone"), "{error}");
        let preview = "/t/contoso/schedules?operation_type=inventory.sync&cron=0+4+*+*+*&time_zone=UTC&expected_hours=24";
        let (status, page) = get(&owner, preview).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains("Every day at 04:00") && page.contains("Fri 2026-01-16 04:00 UTC"), "{page}");
    }

    async fn only_owners_and_managers_change_schedules(app: TestApp) {
        let web = contoso(&app).await;
        for (email, may) in [
            ("manager@contoso.example", true), ("operator@contoso.example", false), ("auditor@contoso.example", false),
        ] {
            let visitor = web.signed_in(email).await;
            let (status, _) = visitor.ask("schedules/save", &form("0 2 * * *", "UTC", "30")).await;
            assert_eq!(status != StatusCode::FORBIDDEN, may, "{email}: {status}");
            let (status, page) = get(&visitor, "/t/contoso/schedules").await;
            assert_eq!((status, page.contains("operation_type=inventory.sync")), (StatusCode::OK, may), "{email}");
            let (status, _) = get(&visitor, "/t/contoso/schedules?operation_type=inventory.sync").await;
            assert_eq!(status == StatusCode::OK, may, "{email}: {status}");
        }
        let stranger = web.signed_in("owner@fabrikam.example").await;
        assert_eq!(get(&stranger, "/t/contoso/schedules").await.0, StatusCode::NOT_FOUND);
    }
}

async fn contoso(app: &TestApp) -> Web {
    app.tenant("contoso").await;
    app.tenant("fabrikam").await;
    for (name, role) in [("owner", Role::Owner), ("manager", Role::Manager), ("operator", Role::Operator)] {
        app.member(&format!("{name}@contoso.example"), "contoso", role).await;
    }
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
    Web::start(app).await
}

fn form<'a>(cron: &'a str, time_zone: &'a str, hours: &'a str) -> [(&'static str, &'a str); 6] {
    [
        ("tenant", "contoso"),
        ("operation_type", "inventory.sync"),
        ("cron", cron),
        ("time_zone", time_zone),
        ("expected_hours", hours),
        ("enabled", "on"),
    ]
}

/// Sends a form as a browser without scripts does: the status, and where it leads.
async fn send(visitor: &Visitor, form: &[(&str, &str)]) -> (StatusCode, String) {
    let request = visitor.request(Method::POST, "/api/schedules/save").header(header::ACCEPT, "text/html");
    let answer = request.form(form).send().await.unwrap();
    let place = answer.headers().get(header::LOCATION).map(|place| place.to_str().unwrap().to_owned());
    (answer.status(), place.unwrap_or_default())
}

async fn get(visitor: &Visitor, path: &str) -> (StatusCode, String) {
    let answer = visitor.get(path).await;
    (answer.status(), answer.text().await.unwrap())
}
