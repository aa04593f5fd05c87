//! Each producer's own run table equals the ledger, whatever becomes of the run.

mod common;

use common::{TestApp, assert_mirrored};
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, RunFailure, SummaryCounts},
    },
    server::{
        db::{run_tables::RUN_TABLES, scope::TenantScope},
        runs::{NewRun, ReleaseReason, RunChange},
    },
};
use serde_json::json;

fn failure() -> RunFailure {
    RunFailure {
        code: ReasonCode::PermissionDenied,
        message: "Refused.".to_owned(),
        item: Some("One of them".to_owned()),
        http_status: Some(403),
        request_id: None,
    }
}

fn progress(succeeded: u64, failures: Vec<RunFailure>) -> RunChange {
    let failed = failures.len() as u64;
    let own = [("created".to_owned(), succeeded)].into();
    let total = succeeded + failed;
    let counts = SummaryCounts { total, processed: total, succeeded, failed, own, ..Default::default() };
    RunChange::Progress { counts, failures, progress: None }
}

fn lost() -> RunFailure {
    RunFailure { code: ReasonCode::WorkerLost, item: None, http_status: None, ..failure() }
}

/// A run that somebody cancels in the midst of its work, and what comes of it.
fn cancelled(end: RunChange) -> Vec<(i32, RunChange)> {
    vec![(0, RunChange::Start), (1, progress(2, vec![failure()])), (1, RunChange::Cancel), (1, end)]
}

/// What can become of a run, as the changes that lead there, each with the attempt that makes it.
fn lives() -> Vec<(&'static str, Vec<(i32, RunChange)>)> {
    let done = |failure| RunChange::Complete { failure };
    vec![
        ("succeeds", vec![(0, RunChange::Start), (1, progress(3, vec![])), (1, RunChange::Heartbeat), (1, done(None))]),
        ("succeeds in part", vec![(0, RunChange::Start), (1, progress(2, vec![failure()])), (1, done(None))]),
        ("fails", vec![(0, RunChange::Start), (1, done(Some(failure())))]),
        (
            "is done by a second worker after a crash of the first",
            vec![
                (0, RunChange::Start),
                (1, progress(2, vec![failure()])),
                (1, RunChange::Start),
                (2, progress(5, vec![])),
                (2, done(None)),
            ],
        ),
        ("is cancelled while it waits", vec![(0, RunChange::Cancel)]),
        ("is cancelled and stops", cancelled(RunChange::Cancelled { cut_off: false })),
        ("is cancelled and cut off", cancelled(RunChange::Cancelled { cut_off: true })),
        ("loses its worker after it was cancelled", cancelled(RunChange::Release { why: ReleaseReason::WorkerLost })),
        (
            "is handed back and done by another worker",
            vec![
                (0, RunChange::Start),
                (1, progress(2, vec![failure()])),
                (1, RunChange::Release { why: ReleaseReason::HandedBack }),
                (1, RunChange::Start),
                (2, progress(4, vec![])),
                (2, done(None)),
            ],
        ),
        ("loses its worker for good", vec![(0, RunChange::Start), (1, progress(2, vec![])), (1, done(Some(lost())))]),
    ]
}

async fn queued(app: &TestApp, scope: TenantScope, operation_type: OperationType, life: &str) -> RunId {
    let new = NewRun {
        operation_type,
        inputs: json!({ "life": life }),
        context: json!({}),
        initiator: Initiator::system(),
        retry_of: None,
    };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

on_both_engines! {
    async fn every_run_table_equals_the_ledger_after_every_change(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for table in RUN_TABLES {
            for (life, changes) in lives() {
                let run = queued(&app, scope, table.operation_type, life).await;
                assert_mirrored(&app, scope, &app.detail(scope, run).await).await;
                for (attempt, change) in changes {
                    app.advance(chrono::TimeDelta::seconds(1));
                    app.core.runs.update_run(run, attempt, "w", change).await.unwrap();
                    assert_mirrored(&app, scope, &app.detail(scope, run).await).await;
                }
                assert!(!app.detail(scope, run).await.run.status.is_active(), "a run that {life} ends");
            }
        }
    }

    async fn a_run_table_is_its_tenants(app: TestApp) {
        let (ours, theirs) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
        for table in RUN_TABLES {
            let run = queued(&app, ours, table.operation_type, "is seen").await;
            assert!(table.find(&app.core.db, ours, run).await.unwrap().is_some());
            assert!(table.find(&app.core.db, theirs, run).await.unwrap().is_none());
        }
    }
}
