//! What a job tells of its progress is written once a second, and nothing of it is lost.

mod common;

use std::{sync::Arc, time::Duration};

use common::{
    TestApp, assert_mirrored, eventually,
    graph::{Graph, ProductWorkers},
    groups,
    jobs::{TestJob, Workers},
    lose_workers, policies,
    rows::{count, run_writes, watch_run_writes},
};
use runledger::{
    model::{
        reason::ReasonCode,
        run::{Initiator, RunDetail, RunEventKind, RunOutcome, RunProgress, SummaryCounts},
    },
    server::{
        db::scope::TenantScope,
        jobs::Producer,
        runs::{JobError, handle::StepResult},
    },
};
use serde_json::json;
use tokio::{sync::Notify, time::Instant};

fn item(step: &str) -> StepResult {
    let counts = SummaryCounts { total: 1, processed: 1, succeeded: 1, ..SummaryCounts::default() };
    let progress = RunProgress { done: 1, total: Some(200), unit: "items".to_owned(), step: Some(step.to_owned()) };
    StepResult { counts, progress: Some(progress), ..StepResult::default() }
}

/// Does what it is given after it has told of three items.
fn after_three<F: Future<Output = Result<(), JobError>> + Send + 'static>(
    end: impl Fn(runledger::server::runs::RunHandle) -> F + Send + Sync + 'static,
) -> Arc<dyn Producer> {
    let end = Arc::new(end);
    TestJob::doing(move |run| {
        let end = end.clone();
        async move {
            for step in ["first", "first", "second"] {
                run.record(item(step)).await?;
            }
            end(run).await
        }
    })
}

async fn ended(app: &TestApp, scope: TenantScope, workers: &Workers) -> RunDetail {
    let _ = workers;
    let run = app.ensure(scope, json!({})).await.run().id;
    app.completed(scope, run).await
}

fn three(detail: &RunDetail) {
    assert_eq!(detail.run.summary_counts.succeeded, 3, "{:?}", detail.run);
    let steps = detail.events.iter().filter(|event| event.kind == RunEventKind::Progress).count();
    assert_eq!(steps, 2, "each step of the work has its line");
}

on_both_engines! {
    async fn a_job_that_tells_a_lot_at_once_is_written_once_a_second(app: TestApp) {
        watch_run_writes(&app).await;
        let scope = app.tenant("contoso").await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|run| async move {
            for _ in 0..200 {
                run.record(item("all of it")).await?;
            }
            Ok(())
        })]);
        let begun = Instant::now();
        let run = app.ensure(scope, json!({})).await.run().id;
        let detail = app.completed(scope, run).await;
        assert_eq!((detail.run.outcome, detail.run.summary_counts.succeeded), (Some(RunOutcome::Succeeded), 200));
        assert_mirrored(&app, scope, &detail).await;
        // Beside one a second there are its beginning and its end.
        let (writes, most) = (run_writes(&app, scope, run).await, begun.elapsed().as_secs() + 2);
        assert!(writes <= most, "{writes} writes, {most} at most");
    }

    async fn what_is_told_is_seen_while_the_job_goes_on(app: TestApp) {
        watch_run_writes(&app).await;
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let _workers = Workers::start(&app.core, vec![after_three(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        })]);
        let run = app.ensure(scope, json!({})).await.run().id;
        let detail = eventually("the items are seen", async || {
            let detail = app.detail(scope, run).await;
            (detail.run.summary_counts.succeeded == 3).then_some(detail)
        }).await;
        assert!(detail.run.status.is_active());
        assert_eq!(detail.run.progress.unwrap().step.as_deref(), Some("second"));
        assert_eq!(run_writes(&app, scope, run).await, 2, "its beginning, and all that was told");
        go.notify_one();
        three(&app.completed(scope, run).await);
    }

    async fn nothing_that_was_told_is_lost_however_the_job_ends(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let short = Duration::from_millis(50);
        let done = Workers::start(&app.core, vec![after_three(|_| async { Ok(()) })]);
        three(&ended(&app, scope, &done).await);
        done.stop().await;

        let fails = Workers::start(&app.core, vec![after_three(|_| async {
            Err(JobError::Failed { code: ReasonCode::Conflict, message: "It ends here.".to_owned() })
        })]);
        let detail = ended(&app, scope, &fails).await;
        assert_eq!((detail.run.outcome, detail.failures.len()), (Some(RunOutcome::Failed), 1));
        three(&detail);
        fails.stop().await;

        let panics = Workers::start(&app.core, vec![after_three(|_| async { panic!("it ends here") })]);
        three(&ended(&app, scope, &panics).await);
        panics.stop().await;

        let endless = vec![after_three(|_| std::future::pending())];
        let late = Workers::start_with(&app.core, endless, short, Duration::from_secs(60));
        let detail = ended(&app, scope, &late).await;
        assert_eq!(detail.failures[0].code, ReasonCode::Timeout);
        three(&detail);
        late.stop().await;
    }

    async fn nothing_that_was_told_is_lost_when_the_run_is_cancelled(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for listens in [true, false] {
            let told = Arc::new(Notify::new());
            let knock = told.clone();
            let job = after_three(move |run| {
                let knock = knock.clone();
                async move {
                    knock.notify_one();
                    run.cancelled().await;
                    if !listens {
                        std::future::pending::<()>().await;
                    }
                    run.check()
                }
            });
            let workers = Workers::start_patient(&app.core, vec![job], Duration::from_millis(50));
            let run = app.ensure(scope, json!({})).await.run().id;
            told.notified().await;
            app.core.runs.cancel(scope, run, &Initiator::system()).await.unwrap();
            let detail = app.completed(scope, run).await;
            assert_eq!(detail.run.outcome, Some(RunOutcome::Cancelled));
            let message = &detail.events.last().unwrap().detail["message"];
            assert_eq!(message.is_null(), listens, "whether it was cut off: {message}");
            three(&detail);
            workers.stop().await;
        }
    }

    async fn a_run_that_is_handed_back_keeps_what_was_told_until_it_begins_again(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let told = Arc::new(Notify::new());
        let knock = told.clone();
        let job = after_three(move |_| {
            knock.notify_one();
            std::future::pending()
        });
        let workers = Workers::start_graceful(&app.core, vec![job], Duration::from_millis(10));
        let run = app.ensure(scope, json!({})).await.run().id;
        told.notified().await;
        workers.stop().await;
        let detail = app.detail(scope, run).await;
        assert!(detail.run.released_at.is_some());
        three(&detail);
        let second = Workers::start(&app.core, vec![TestJob::doing(|run| async move { run.record(item("anew")).await })]);
        let detail = app.completed(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.summary_counts.succeeded), (2, 1));
        second.stop().await;
    }

    async fn a_step_takes_along_what_was_told_before_it(app: TestApp) {
        watch_run_writes(&app).await;
        let scope = app.tenant("contoso").await;
        let workers = Workers::start(&app.core, vec![after_three(|run| async move {
            run.step().await?.commit(item("third")).await
        })]);
        let detail = ended(&app, scope, &workers).await;
        assert_eq!(detail.run.summary_counts.succeeded, 4);
        assert_eq!(run_writes(&app, scope, detail.run.id).await, 3, "its beginning, the step, and its end");
    }

    async fn a_worker_that_was_lost_adds_nothing_to_the_run_of_another(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (told, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (knock, gate) = (told.clone(), go.clone());
        let job = after_three(move |_| {
            let (knock, gate) = (knock.clone(), gate.clone());
            async move { knock.notify_one(); gate.notified().await; Ok(()) }
        });
        let first = Workers::start(&app.core, vec![job]);
        let run = app.ensure(scope, json!({})).await.run().id;
        told.notified().await;
        lose_workers(&app).await;
        go.notify_one();
        first.stop().await;
        let second = Workers::start(&app.core, vec![TestJob::doing(|run| async move { run.record(item("anew")).await })]);
        assert_eq!(app.completed(scope, run).await.run.summary_counts.succeeded, 1);
        second.stop().await;
    }

    async fn the_syncs_write_their_runs_once_a_second_and_count_every_row(app: TestApp) {
        watch_run_writes(&app).await;
        let graph = Graph::sample(&["forbidden:assignmentFilters"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let assert_few = async |begun: Instant, run| {
            // Beside one a second there are its beginning, the last of its rows, and its end.
            let (writes, most) = (run_writes(&app, scope, run).await, begun.elapsed().as_secs() + 3);
            assert!(writes <= most, "{writes} writes, {most} at most");
        };
        let begun = Instant::now();
        let run = app.ensure(scope, json!({})).await.run().id;
        let detail = app.completed(scope, run).await;
        assert_few(begun, run).await;
        assert_mirrored(&app, scope, &detail).await;
        let counts = &detail.run.summary_counts;
        let rows = count(&app, scope, run, "inventory_items", "created_run_id = $2").await;
        assert_eq!((counts.succeeded, counts.own["created"], counts.failed), (rows, rows, 1));
        let steps = detail.events.iter().filter(|event| event.kind == RunEventKind::Progress).count();
        assert_eq!(steps, runledger::server::graph::Family::ALL.len() + 1, "each family has its line");

        let begun = Instant::now();
        let detail = policies::sync(&app, scope).await;
        assert_few(begun, detail.run.id).await;
        let begun = Instant::now();
        let detail = groups::sync(&app, scope).await;
        assert_few(begun, detail.run.id).await;
    }
}
