//! The tracker around the task queue: whatever a job does, its run is closed, and tells why.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::{
    TestApp, eventually,
    jobs::{TestJob, Workers},
};
use runledger::{
    model::{
        reason::ReasonCode,
        run::{RunEventKind, RunOutcome, RunProgress, RunStatus, SummaryCounts},
    },
    server::{
        db::{
            inventory::{self, InventoryItem},
            seen::{SeenBy, Sighting},
        },
        runs::{JobError, RunChange, handle::StepResult},
    },
};
use serde_json::json;
use tokio::sync::Notify;

fn items(succeeded: u64, failed: u64) -> StepResult {
    let total = succeeded + failed;
    let counts = SummaryCounts { total, processed: total, succeeded, failed, ..SummaryCounts::default() };
    StepResult { counts, ..StepResult::default() }
}

on_both_engines! {
    async fn a_job_that_ends_well_closes_its_run_as_succeeded(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|run| async move {
            let progress = RunProgress { done: 1, total: Some(2), unit: "families".into(), step: Some("Apps".into()) };
            run.record(StepResult { progress: Some(progress), ..items(2, 0) }).await?;
            run.record(items(3, 0)).await
        })]);
        let run = app.ensure(scope, json!({})).await.run().clone();
        let detail = app.completed(scope, run.id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded));
        assert_eq!(detail.run.summary_counts.succeeded, 5);
        let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [RunEventKind::Created, RunEventKind::Started, RunEventKind::Progress, RunEventKind::Completed]);
    }

    async fn failed_items_make_the_run_partially_succeeded(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|run| async move { run.record(items(2, 1)).await })]);
        let run = app.ensure(scope, json!({})).await.run().clone();
        assert_eq!(app.completed(scope, run.id).await.run.outcome, Some(RunOutcome::PartiallySucceeded));
    }

    async fn a_job_that_fails_closes_its_run_with_the_reason_and_no_secret(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async {
            Err(JobError::Failed {
                code: ReasonCode::Conflict,
                message: "ana@contoso.example used client_secret=hunter2hunter2".into(),
            })
        })]);
        let run = app.ensure(scope, json!({})).await.run().clone();
        let detail = app.completed(scope, run.id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::Conflict);
        assert!(!detail.failures[0].message.contains("hunter2"), "{}", detail.failures[0].message);
        assert!(!detail.failures[0].message.contains("ana@"), "{}", detail.failures[0].message);
    }

    async fn a_job_that_panics_closes_its_run_and_the_worker_goes_on(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let calls = Arc::new(AtomicU32::new(0));
        let counter = calls.clone();
        let _workers = Workers::start(&app.core, vec![TestJob::doing(move |_| {
            let call = counter.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(call > 0, "the first call panics");
                Ok(())
            }
        })]);
        let first = app.ensure(scope, json!({})).await.run().clone();
        let detail = app.completed(scope, first.id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::Internal);
        let second = app.ensure(scope, json!({})).await.run().clone();
        assert_eq!(app.completed(scope, second.id).await.run.outcome, Some(RunOutcome::Succeeded));
        assert_eq!(calls.load(Ordering::SeqCst), 2, "a panicked job is not done again");
    }

    async fn a_job_that_takes_too_long_closes_its_run_with_timeout(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start_with(
            &app.core,
            vec![TestJob::doing(|_| std::future::pending())],
            Duration::from_millis(50),
            Duration::from_secs(60),
        );
        let run = app.ensure(scope, json!({})).await.run().clone();
        let detail = app.completed(scope, run.id).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::Timeout);
    }

    async fn a_type_that_nobody_does_fails_and_says_so(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start(&app.core, vec![]);
        let run = app.ensure(scope, json!({})).await.run().clone();
        let detail = app.completed(scope, run.id).await;
        assert_eq!(detail.failures[0].code, ReasonCode::Internal);
        assert!(detail.failures[0].message.contains("inventory.sync"));
    }

    async fn a_running_job_beats(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let _workers = Workers::start_with(&app.core, vec![TestJob::doing(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        })], Duration::from_secs(60), Duration::from_millis(50));
        let run = app.ensure(scope, json!({})).await.run().clone();
        let first = eventually("the run runs", async || {
            let detail = app.detail(scope, run.id).await;
            (detail.run.status == RunStatus::Running).then_some(detail.run.heartbeat_at)
        }).await;
        app.advance(chrono::TimeDelta::seconds(10));
        eventually("its heart beats on", async || {
            (app.detail(scope, run.id).await.run.heartbeat_at > first).then_some(())
        }).await;
        go.notify_one();
        app.completed(scope, run.id).await;
    }

    async fn a_job_whose_run_was_taken_over_stops_and_its_rows_are_undone(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let ended = Arc::new(Notify::new());
        let (gate, done) = (go.clone(), ended.clone());
        let _workers = Workers::start(&app.core, vec![TestJob::doing(move |run| {
            let (gate, done) = (gate.clone(), done.clone());
            async move {
                gate.notified().await;
                let mut step = run.step().await?;
                let item = InventoryItem {
                    graph_id: "late".into(), name: "late".into(), odata_type: None, content_hash: "x".into(),
                };
                let seen = SeenBy { run: run.id(), attempt: run.attempt() };
                let on = Sighting { scope: run.scope(), family: "mobile_apps", seen, at: run.now() };
                inventory::store(step.tx(), on, &[item]).await?;
                let stopped = step.commit(items(1, 0)).await;
                done.notify_one();
                stopped
            }
        })]);
        let run = app.ensure(scope, json!({})).await.run().clone();
        eventually("the run runs", async || {
            (app.detail(scope, run.id).await.run.status == RunStatus::Running).then_some(())
        }).await;
        app.core.runs.update_run(run.id, 1, "other-worker", RunChange::Start).await.unwrap();
        go.notify_one();
        ended.notified().await;
        let items = inventory::count_by_family(&app.core.db, scope).await.unwrap();
        assert!(items.is_empty(), "{items:?}");
        let detail = app.detail(scope, run.id).await;
        assert_eq!((detail.run.status, detail.run.attempt), (RunStatus::Running, 2));
        let late = detail.events.iter().find(|event| event.kind == RunEventKind::LateWrite).unwrap();
        assert_eq!((late.attempt, &late.detail["change"]), (1, &json!("progress")));
        app.core.runs.update_run(run.id, 2, "other-worker", RunChange::Complete { failure: None }).await.unwrap();
    }
}
