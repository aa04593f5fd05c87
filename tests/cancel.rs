//! Cancelling and doing again: who waits ends at once, who works is asked, and what was done stays.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    TestApp, eventually,
    graph::{Graph, ProductWorkers},
    jobs::{TestJob, Workers},
    web::Web,
};
use reqwest::StatusCode;
use runledger::{
    model::{
        reason::ReasonCode,
        run::{Initiator, RunDetail, RunEventKind, RunOutcome, RunStatus, SummaryCounts},
        user::Role,
    },
    server::{
        db::tasks,
        jobs::Producer,
        runs::{Ensured, cancel::CancelError, handle::StepResult},
        start::{retry, start},
    },
};
use serde_json::json;
use tokio::sync::Notify;

fn ana() -> Initiator {
    Initiator { user_id: None, name: "Ana".to_owned() }
}

fn kinds(detail: &RunDetail) -> Vec<RunEventKind> {
    detail.events.iter().map(|event| event.kind).collect()
}

fn items(succeeded: u64) -> StepResult {
    let counts = SummaryCounts { total: succeeded, processed: succeeded, succeeded, ..SummaryCounts::default() };
    StepResult { counts, ..StepResult::default() }
}

/// A job that does an item at each knock and would go on for ever.
fn steps(knock: &Arc<Notify>) -> Arc<dyn Producer> {
    let knock = knock.clone();
    TestJob::doing(move |run| {
        let knock = knock.clone();
        async move {
            loop {
                run.record(items(1)).await?;
                knock.notified().await;
            }
        }
    })
}

async fn running(app: &TestApp, scope: runledger::server::db::scope::TenantScope) -> runledger::model::ids::RunId {
    let run = app.ensure(scope, json!({})).await.run().id;
    eventually("the run works", async || (app.detail(scope, run).await.run.summary_counts.succeeded > 0).then_some(()))
        .await;
    run
}

on_both_engines! {
    async fn a_queued_run_ends_at_once_with_its_task(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        let cancelled = app.core.runs.cancel(scope, run, &ana()).await.unwrap();
        assert_eq!((cancelled.status, cancelled.outcome), (RunStatus::Completed, Some(RunOutcome::Cancelled)));
        assert_eq!(cancelled.cancel_requested.unwrap().by, "Ana");
        assert_eq!(tasks::count(&app.core.db, run).await.unwrap(), 0);
        let detail = app.detail(scope, run).await;
        assert_eq!(kinds(&detail), [RunEventKind::Created, RunEventKind::Completed]);
        assert_eq!(detail.events[1].actor, "Ana");
        assert!(matches!(app.core.runs.cancel(scope, run, &ana()).await, Err(CancelError::Ended)));
        let again = app.ensure(scope, json!({})).await;
        assert!(matches!(again, Ensured::Created(_)), "the way is free for the same work");
    }

    async fn another_tenants_run_cannot_be_cancelled(app: TestApp) {
        let (ours, theirs) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
        let run = app.ensure(theirs, json!({})).await.run().id;
        assert!(matches!(app.core.runs.cancel(ours, run, &ana()).await, Err(CancelError::NotFound)));
        assert_eq!(app.detail(theirs, run).await.run.status, RunStatus::Queued);
    }

    async fn a_running_job_stops_at_its_next_step_and_what_it_did_stays(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let knock = Arc::new(Notify::new());
        let _workers = Workers::start(&app.core, vec![steps(&knock)]);
        let run = running(&app, scope).await;
        let asked = app.core.runs.cancel(scope, run, &ana()).await.unwrap();
        assert_eq!(asked.status, RunStatus::Running, "it is asked, not torn");
        let twice = app.core.runs.cancel(scope, run, &ana()).await.unwrap();
        assert_eq!(twice.cancel_requested, asked.cancel_requested);
        let detail = eventually("the job stops", async || {
            knock.notify_one();
            let detail = app.detail(scope, run).await;
            (!detail.run.status.is_active()).then_some(detail)
        }).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Cancelled));
        assert!(detail.run.summary_counts.succeeded > 0 && detail.failures.is_empty());
        assert_eq!(kinds(&detail), [
            RunEventKind::Created, RunEventKind::Started, RunEventKind::CancelRequested, RunEventKind::Completed,
        ]);
        assert_eq!(detail.events[2].actor, "Ana");
    }

    async fn a_job_that_does_not_listen_is_cut_off(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let deaf = TestJob::doing(|run| async move {
            run.record(items(1)).await?;
            std::future::pending().await
        });
        let _workers = Workers::start_patient(&app.core, vec![deaf], Duration::from_millis(50));
        let run = running(&app, scope).await;
        app.core.runs.cancel(scope, run, &ana()).await.unwrap();
        let detail = app.completed(scope, run).await;
        assert_eq!((detail.run.outcome, detail.run.summary_counts.succeeded), (Some(RunOutcome::Cancelled), 1));
        assert!(detail.events.last().unwrap().detail["message"].as_str().unwrap().contains("cut off"));
    }

    async fn a_job_on_another_node_hears_of_it(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let other = app.another_node().await;
        let knock = Arc::new(Notify::new());
        // On SQLite nodes do not talk: there the heartbeat brings the word.
        let workers = Workers::start_with(
            &other, vec![steps(&knock)], Duration::from_secs(60), Duration::from_millis(100),
        );
        let run = running(&app, scope).await;
        app.core.runs.cancel(scope, run, &ana()).await.unwrap();
        let detail = eventually("the job stops", async || {
            knock.notify_one();
            let detail = app.detail(scope, run).await;
            (!detail.run.status.is_active()).then_some(detail)
        }).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Cancelled));
        workers.stop().await;
    }

    async fn what_failed_is_done_again_and_linked_to_its_parent(app: TestApp) {
        let graph = Graph::sample(&["forbidden:assignmentFilters"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let sync = runledger::model::operation::OperationType::InventorySync;
        let first = start(&app.core.runs, scope, sync, &json!({}), ana()).await.unwrap().run().id;
        let first = app.completed(scope, first).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::PartiallySucceeded));
        assert_eq!(first.failures[0].code, ReasonCode::PermissionDenied);

        graph.set_faults(&[]).await;
        let again = retry(&app.core.runs, scope, first.run.id, true, ana()).await.unwrap().run().id;
        let again = app.completed(scope, again).await;
        assert_eq!((again.run.outcome, again.run.retry_of), (Some(RunOutcome::Succeeded), Some(first.run.id)));
        assert_eq!(again.context["inputs"], json!({ "only": ["assignment_filters"] }));
        assert!(again.run.summary_counts.total < first.run.summary_counts.total);
        assert_eq!(app.detail(scope, first.run.id).await.retried_by, [again.run.id]);

        let whole = retry(&app.core.runs, scope, first.run.id, false, ana()).await.unwrap().run().id;
        assert_eq!(app.completed(scope, whole).await.context["inputs"], json!({}));
        let nothing = retry(&app.core.runs, scope, again.run.id, false, ana()).await;
        assert!(nothing.is_err(), "a run that succeeded is not done again");
    }

    async fn what_failed_is_done_again_over_http_and_nothing_else(app: TestApp) {
        let graph = Graph::sample(&["forbidden:assignmentFilters"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        app.member("op@contoso.example", "contoso", Role::Operator).await;
        let web = Web::start(&app).await;
        let operator = web.signed_in("op@contoso.example").await;
        let _workers = ProductWorkers::start(&app.core);
        let started = [("tenant", "contoso"), ("operation_type", "inventory.sync")];
        let (_, told) = operator.ask("operations/start", &started).await;
        let first = app.completed(scope, told["run"]["id"].as_str().unwrap().parse().unwrap()).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::PartiallySucceeded));
        let id = first.run.id.to_string();
        let page = operator.get(&format!("/t/contoso/operations/{id}")).await.text().await.unwrap();
        assert!(page.contains("Run failed items again"));

        graph.set_faults(&[]).await;
        let again = [("tenant", "contoso"), ("run", &*id), ("failed_only", "true")];
        let (status, told) = operator.ask("operations/retry", &again).await;
        assert_eq!((status, &told["created"], &told["run"]["retry_of"]), (StatusCode::OK, &json!(true), &json!(id)));
        let second = app.completed(scope, told["run"]["id"].as_str().unwrap().parse().unwrap()).await;
        assert_eq!((second.run.outcome, second.run.retry_of), (Some(RunOutcome::Succeeded), Some(first.run.id)));
        assert_eq!(second.context["inputs"], json!({ "only": ["assignment_filters"] }));
        let filters = graph.directory("contoso").await.ids("deviceManagement/assignmentFilters").await;
        assert_eq!(second.run.summary_counts.total, filters.len() as u64, "only what had failed");
        let (status, _) = operator.ask("operations/retry", &[("tenant", "contoso"), ("run", &*second.run.id.to_string())]).await;
        assert_eq!(status, StatusCode::CONFLICT, "what succeeded is not done again");
    }

    async fn the_page_cancels_and_runs_again_as_far_as_the_role_may(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("op@contoso.example", "contoso", Role::Operator).await;
        app.member("aud@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let (operator, auditor) = (web.signed_in("op@contoso.example").await, web.signed_in("aud@contoso.example").await);
        let run = app.ensure(scope, json!({})).await.run().id.to_string();
        let page = format!("/t/contoso/operations/{run}");
        assert!(operator.get(&page).await.text().await.unwrap().contains("Cancel run"));
        assert!(!auditor.get(&page).await.text().await.unwrap().contains("Cancel run"));
        let arguments = [("tenant", "contoso"), ("run", &run)];
        for function in ["operations/cancel", "operations/retry"] {
            assert_eq!(auditor.ask(function, &arguments).await.0, StatusCode::FORBIDDEN);
            assert_eq!(operator.ask(function, &[("tenant", "contoso"), ("run", "x")]).await.0, StatusCode::NOT_FOUND);
        }
        assert_eq!(operator.ask("operations/retry", &arguments).await.0, StatusCode::CONFLICT);
        let (status, cancelled) = operator.ask("operations/cancel", &arguments).await;
        assert_eq!((status, &cancelled["outcome"]), (StatusCode::OK, &json!("cancelled")));
        assert_eq!(operator.ask("operations/cancel", &arguments).await.0, StatusCode::CONFLICT);
        let text = operator.get(&page).await.text().await.unwrap();
        assert!(text.contains("Run again") && !text.contains("Cancel run") && text.contains("asked to cancel it"));
        let (status, again) = operator.ask("operations/retry", &arguments).await;
        assert_eq!((status, &again["created"], &again["run"]["retry_of"]), (StatusCode::OK, &json!(true), &json!(run)));
    }
}
