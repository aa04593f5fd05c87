//! The ledger through its service: the same work asked for twice is one run, and a run's life has rules.

mod common;

use std::collections::HashSet;

use common::{TestApp, ids, new_run};
use runledger::{
    model::{
        filter::{Place, RunFilter},
        run::{RunEventKind, RunOutcome, RunStatus, SummaryCounts},
    },
    server::{
        db::tasks,
        runs::{Ensured, Refusal, RunChange, UpdateError},
    },
};
use serde_json::json;

fn kinds(detail: &runledger::model::run::RunDetail) -> Vec<RunEventKind> {
    detail.events.iter().map(|event| event.kind).collect()
}

const DONE: RunChange = RunChange::Complete { failure: None };

on_both_engines! {
    async fn the_same_inputs_in_another_order_join_the_active_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let first = app.ensure(scope, json!({ "families": ["a"], "depth": 2 })).await;
        let Ensured::Created(created) = first else { panic!("the first request creates") };
        let second = app.ensure(scope, json!({ "depth": 2, "families": ["a"] })).await;
        let Ensured::Joined(joined) = second else { panic!("the second request joins") };
        assert_eq!(joined.id, created.id);
        assert_eq!(joined.joined_count, 1);
        assert_eq!(tasks::count_all(&app.core.db).await.unwrap(), 1);
        let detail = app.detail(scope, created.id).await;
        assert_eq!(kinds(&detail), [RunEventKind::Created, RunEventKind::Joined]);

        let other = app.ensure(scope, json!({ "families": ["b"], "depth": 2 })).await;
        assert_ne!(other.run().id, created.id);
    }

    async fn tenants_do_not_share_runs(app: TestApp) {
        let contoso = app.tenant("contoso").await;
        let fabrikam = app.tenant("fabrikam").await;
        let ours = app.ensure(contoso, json!({})).await.run().clone();
        let theirs = app.ensure(fabrikam, json!({})).await.run().clone();
        assert_ne!(ours.id, theirs.id);
        assert!(app.core.runs.detail(fabrikam, ours.id).await.unwrap().is_none());
        let page = app.core.runs.list(fabrikam, &RunFilter::default()).await.unwrap();
        assert_eq!(ids(&page.runs), [theirs.id]);
    }

    async fn sixty_four_callers_on_two_nodes_create_one_run_and_one_task(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let other = app.another_node().await;
        let calls = (0..64).map(|caller| {
            let ledger = if caller % 2 == 0 { app.core.runs.clone() } else { other.runs.clone() };
            tokio::spawn(async move { ledger.ensure_run(scope, new_run(json!({ "same": true }))).await.unwrap() })
        });
        let mut created = 0;
        let mut seen = HashSet::new();
        for call in calls.collect::<Vec<_>>() {
            let ensured = call.await.unwrap();
            created += usize::from(matches!(ensured, Ensured::Created(_)));
            seen.insert(ensured.run().id);
        }
        assert_eq!(created, 1);
        assert_eq!(seen.len(), 1);
        let id = *seen.iter().next().unwrap();
        assert_eq!(tasks::count(&app.core.db, id).await.unwrap(), 1);
        assert_eq!(tasks::count_all(&app.core.db).await.unwrap(), 1, "no loser has left its task behind");
        let page = app.core.runs.list(scope, &RunFilter::default()).await.unwrap();
        assert_eq!(ids(&page.runs), [id]);
        let detail = app.detail(scope, id).await;
        assert_eq!(detail.run.joined_count, 63);
        assert_eq!(detail.events.len(), 64);
    }

    async fn a_finished_run_lets_a_new_one_start(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let first = app.ensure(scope, json!({})).await.run().clone();
        app.core.runs.update_run(first.id, 0, "w", RunChange::Start).await.unwrap();
        app.core.runs.update_run(first.id, 1, "w", DONE).await.unwrap();
        let second = app.ensure(scope, json!({})).await;
        assert!(matches!(second, Ensured::Created(_)));
        assert_ne!(second.run().id, first.id);
    }

    async fn a_run_goes_from_queued_over_running_to_completed_and_no_other_way(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let ledger = &app.core.runs;
        let run = app.ensure(scope, json!({})).await.run().clone();
        let progress = || RunChange::Progress { counts: SummaryCounts::default(), failures: vec![], progress: None };

        for change in [RunChange::Heartbeat, progress()] {
            let refused = ledger.update_run(run.id, 0, "w", change).await.unwrap_err();
            assert!(matches!(refused, UpdateError::Refused(Refusal::Illegal { status: RunStatus::Queued, .. })));
        }
        let running = ledger.update_run(run.id, 0, "w", RunChange::Start).await.unwrap();
        assert_eq!((running.status, running.attempt), (RunStatus::Running, 1));
        ledger.update_run(run.id, 1, "w", RunChange::Heartbeat).await.unwrap();
        ledger.update_run(run.id, 1, "w", progress()).await.unwrap();
        let again = ledger.update_run(run.id, 1, "w2", RunChange::Start).await.unwrap();
        assert_eq!((again.status, again.attempt), (RunStatus::Running, 2));
        let completed = ledger.update_run(run.id, 2, "w2", DONE).await.unwrap();
        assert_eq!((completed.status, completed.outcome), (RunStatus::Completed, Some(RunOutcome::Succeeded)));
        for change in [RunChange::Start, RunChange::Heartbeat, progress(), DONE] {
            let refused = ledger.update_run(run.id, 2, "w2", change).await.unwrap_err();
            assert!(matches!(refused, UpdateError::Refused(Refusal::Completed)));
        }
        let after = app.detail(scope, run.id).await;
        assert_eq!(after.run, completed);
        let late = kinds(&after).into_iter().filter(|kind| *kind == RunEventKind::LateWrite).count();
        assert_eq!(late, 4, "each late write is told");
    }

    async fn a_queued_run_can_be_completed_at_once(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().clone();
        let completed = app.core.runs.update_run(run.id, 0, "w", DONE).await.unwrap();
        assert_eq!(completed.status, RunStatus::Completed);
    }

    async fn a_stale_attempt_is_refused_and_leaves_an_event(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let ledger = &app.core.runs;
        let run = app.ensure(scope, json!({})).await.run().clone();
        ledger.update_run(run.id, 0, "old", RunChange::Start).await.unwrap();
        ledger.update_run(run.id, 1, "new", RunChange::Start).await.unwrap();
        let before = app.detail(scope, run.id).await;

        let counts = SummaryCounts { succeeded: 5, ..SummaryCounts::default() };
        let late = RunChange::Progress { counts, failures: vec![], progress: None };
        let refused = ledger.update_run(run.id, 1, "old", late).await.unwrap_err();
        assert!(matches!(refused, UpdateError::Refused(Refusal::StaleAttempt { current: 2 })));

        let after = app.detail(scope, run.id).await;
        assert_eq!(after.run, before.run);
        let told = after.events.last().unwrap();
        assert_eq!((told.kind, told.actor.as_str(), told.attempt), (RunEventKind::LateWrite, "old", 1));
    }

    async fn a_new_attempt_counts_from_zero(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let ledger = &app.core.runs;
        let run = app.ensure(scope, json!({})).await.run().clone();
        ledger.update_run(run.id, 0, "w", RunChange::Start).await.unwrap();
        let counts = SummaryCounts { total: 3, processed: 3, succeeded: 3, ..SummaryCounts::default() };
        let progress = RunChange::Progress { counts: counts.clone(), failures: vec![], progress: None };
        ledger.update_run(run.id, 1, "w", progress.clone()).await.unwrap();
        let twice = ledger.update_run(run.id, 1, "w", progress).await.unwrap();
        assert_eq!(twice.summary_counts.succeeded, 6);
        let again = ledger.update_run(run.id, 1, "w", RunChange::Start).await.unwrap();
        assert_eq!(again.summary_counts, SummaryCounts::default());
    }

    async fn pages_follow_each_other_without_gap_or_repeat(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let mut made = Vec::new();
        for number in 0..120 {
            made.push(app.ensure(scope, json!({ "number": number })).await.run().id);
        }
        made.reverse();
        let mut read = Vec::new();
        let mut filter = RunFilter::default();
        loop {
            let page = app.core.runs.list(scope, &filter).await.unwrap();
            read.extend(ids(&page.runs));
            match page.next {
                Some(next) => filter = filter.at(Place::After(next)),
                None => break,
            }
        }
        assert_eq!(read, made);
    }
}
