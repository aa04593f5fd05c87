//! Lost workers: nothing runs for ever, and nothing that lives is declared dead.

mod common;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use common::{
    TestApp, eventually,
    jobs::{TestJob, Workers},
};
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{Initiator, RunEventKind, RunOutcome, RunStatus, SummaryCounts},
    },
    server::{
        db::{scope::TenantScope, tasks},
        runs::{
            NewRun, Refusal, RunChange, UpdateError,
            watchdog::{MOST_ATTEMPTS, Watchdog},
        },
    },
};
use serde_json::json;
use tokio::sync::Notify;

const LONG: Duration = Duration::from_secs(3600);

/// A run that a worker began, and never will go on with.
async fn begun(app: &TestApp, scope: TenantScope) -> RunId {
    let run = app.ensure(scope, json!({})).await.run().id;
    app.core.runs.update_run(run, 0, "dead", RunChange::Start).await.unwrap();
    run
}

/// Looks twice: the first look sees the run, the second one that it stood still.
async fn bark(app: &TestApp) -> usize {
    let mut watchdog = Watchdog::new(app.core.runs.clone(), Duration::ZERO);
    watchdog.look().await.unwrap().len() + watchdog.look().await.unwrap().len()
}

on_both_engines! {
    async fn a_lost_run_is_begun_again_and_its_old_worker_is_fenced(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = begun(&app, scope).await;
        assert_eq!(bark(&app).await, 1);
        let ledger = &app.core.runs;
        let progress = || RunChange::Progress { counts: SummaryCounts::default(), failures: vec![], progress: None };
        for change in [RunChange::Heartbeat, progress(), RunChange::Complete { failure: None }] {
            let refused = ledger.update_run(run, 1, "dead", change).await.unwrap_err();
            assert!(matches!(refused, UpdateError::Refused(Refusal::Released)), "{refused}");
        }
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        let detail = app.completed(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)));
        let refused = ledger.update_run(run, 1, "dead", progress()).await.unwrap_err();
        assert!(matches!(refused, UpdateError::Refused(Refusal::Completed)));
        let kinds: Vec<_> = app.detail(scope, run).await.events.iter().map(|event| event.kind).collect();
        use RunEventKind::{Completed, Created, LateWrite, Released, Started};
        assert_eq!(kinds, [Created, Started, Released, LateWrite, LateWrite, LateWrite, Started, Completed, LateWrite]);
        assert_eq!(bark(&app).await, 0, "what has ended is left alone");
    }

    async fn work_that_is_done_elsewhere_is_left_to_those_who_do_it(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let new = NewRun {
            operation_type: OperationType::RestoreExecute,
            inputs: json!({}),
            context: json!({}),
            initiator: Initiator::system(),
            retry_of: None,
        };
        let run = app.core.runs.ensure_run(scope, new).await.unwrap().run().id;
        app.core.runs.update_run(run, 0, "dead", RunChange::Start).await.unwrap();
        assert_eq!(bark(&app).await, 0);
        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.status, detail.run.attempt), (RunStatus::Running, 1));
    }

    async fn a_run_that_kills_its_workers_is_given_up(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        for attempt in 0..MOST_ATTEMPTS {
            app.core.runs.update_run(run, attempt, "dies", RunChange::Start).await.unwrap();
            assert_eq!(bark(&app).await, 1);
        }
        let detail = app.detail(scope, run).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::WorkerLost);
    }

    async fn a_lost_run_that_was_to_be_cancelled_ends_as_cancelled(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = begun(&app, scope).await;
        app.core.runs.cancel(scope, run, &Initiator::system()).await.unwrap();
        assert_eq!(bark(&app).await, 1);
        assert_eq!(app.detail(scope, run).await.run.outcome, Some(RunOutcome::Cancelled));
    }

    async fn two_watchdogs_lose_a_run_once(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = begun(&app, scope).await;
        let other = app.another_node().await;
        let mut dogs = [Watchdog::new(app.core.runs.clone(), Duration::ZERO), Watchdog::new(other.runs, Duration::ZERO)];
        for dog in &mut dogs {
            assert!(dog.look().await.unwrap().is_empty(), "one look proves nothing");
        }
        let [mut one, mut two] = dogs;
        let (first, second) = tokio::join!(one.look(), two.look());
        assert_eq!(first.unwrap().len() + second.unwrap().len(), 1);
        let released = app.detail(scope, run).await.events.into_iter().filter(|e| e.kind == RunEventKind::Released);
        assert_eq!(released.count(), 1);
    }

    async fn a_clock_that_jumps_kills_nobody(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = begun(&app, scope).await;
        let mut watchdog = Watchdog::new(app.core.runs.clone(), LONG);
        for jump in [TimeDelta::days(2), TimeDelta::days(-3), TimeDelta::days(400)] {
            app.advance(jump);
            assert!(watchdog.look().await.unwrap().is_empty());
        }
        assert!(app.detail(scope, run).await.run.has_worker());
    }

    async fn a_worker_that_beats_keeps_its_run_although_the_wall_clock_stands_still(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let workers = Workers::start_with(&app.core, vec![TestJob::doing(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        })], LONG, Duration::from_millis(20));
        let run = app.ensure(scope, json!({})).await.run().id;
        eventually("it runs", async || app.detail(scope, run).await.run.has_worker().then_some(())).await;
        let beats = async || {
            let mut tx = app.core.db.begin().await.unwrap();
            runledger::server::db::life::beats(&mut tx, run).await.unwrap().unwrap()
        };
        let mut watchdog = Watchdog::new(app.core.runs.clone(), Duration::ZERO);
        for _ in 0..5 {
            let before = beats().await;
            eventually("a beat", async || (beats().await > before).then_some(())).await;
            assert!(watchdog.look().await.unwrap().is_empty());
        }
        go.notify_one();
        assert_eq!(app.completed(scope, run).await.run.attempt, 1);
        workers.stop().await;
    }

    async fn a_stopping_worker_hands_its_run_to_another_one_at_once(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let stuck = TestJob::doing(|_| std::future::pending());
        let first = Workers::start_graceful(&app.core, vec![stuck], Duration::from_millis(50));
        let run = app.ensure(scope, json!({})).await.run().id;
        eventually("it runs", async || app.detail(scope, run).await.run.has_worker().then_some(())).await;
        first.stop().await;
        let detail = app.detail(scope, run).await;
        assert!(detail.run.released_at.is_some());
        assert_eq!(detail.events.last().unwrap().detail["why"], "handed_back");
        let other = app.another_node().await;
        let _second = Workers::start(&other, vec![TestJob::doing(|_| async { Ok(()) })]);
        assert_eq!(app.completed(scope, run).await.run.attempt, 2);
    }

    async fn a_heartbeat_changes_nothing_but_the_heartbeat(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = begun(&app, scope).await;
        let before = app.detail(scope, run).await;
        app.advance(TimeDelta::seconds(10));
        let mut tx = app.core.db.begin().await.unwrap();
        let now = app.core.clock.now();
        let beaten = runledger::server::db::life::beat(&mut tx, run, 1, now).await.unwrap().unwrap();
        assert!(runledger::server::db::life::beat(&mut tx, run, 2, now).await.unwrap().is_none(), "not its attempt");
        tx.commit().await.unwrap();
        let after = app.detail(scope, run).await;
        assert_eq!(after.run, beaten);
        assert_eq!((after.run.heartbeat_at, after.run.updated_at), (Some(now), before.run.updated_at));
        assert_eq!(after.events, before.events);
        assert_eq!(tasks::count_all(&app.core.db).await.unwrap(), 1);
    }
}
