//! Pruning takes what is old and completed, with its history, and nothing else.

mod common;

use chrono::TimeDelta;
use common::{TestApp, eventually, jobs::Workers};
use runledger::{
    model::operation::OperationType,
    server::{
        db::{Db, run_tables::RunTable},
        runs::{
            RunChange,
            retention::{PRUNING, prune},
        },
    },
};
use serde_json::json;

const DONE: RunChange = RunChange::Complete { failure: None };

on_both_engines! {
    async fn only_completed_runs_older_than_the_limit_go(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let ledger = &app.core.runs;
        let old = app.ensure(scope, json!({ "run": "old" })).await.run().id;
        ledger.update_run(old, 0, "w", DONE).await.unwrap();
        let queued = app.ensure(scope, json!({ "run": "queued" })).await.run().id;
        let running = app.ensure(scope, json!({ "run": "running" })).await.run().id;
        ledger.update_run(running, 0, "w", RunChange::Start).await.unwrap();
        let late = app.ensure(scope, json!({ "run": "completed late" })).await.run().id;
        app.advance(TimeDelta::days(60));
        ledger.update_run(late, 0, "w", DONE).await.unwrap();
        app.advance(TimeDelta::days(30) + TimeDelta::seconds(1));

        let pruned = prune(ledger, TimeDelta::days(90)).await.unwrap();
        assert_eq!(pruned.runs, 1);
        assert!(ledger.detail(scope, old).await.unwrap().is_none());
        let record = RunTable::of(OperationType::InventorySync).unwrap();
        assert!(record.find(&app.core.db, scope, old).await.unwrap().is_none());
        assert!(record.find(&app.core.db, scope, late).await.unwrap().is_some());
        for kept in [queued, running, late] {
            assert!(!app.detail(scope, kept).await.events.is_empty());
        }
    }

    async fn a_run_at_the_limit_to_the_second_stays(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        app.core.runs.update_run(run, 0, "w", DONE).await.unwrap();
        app.advance(TimeDelta::days(90));
        assert_eq!(prune(&app.core.runs, TimeDelta::days(90)).await.unwrap().runs, 0);
        app.advance(TimeDelta::milliseconds(1));
        assert_eq!(prune(&app.core.runs, TimeDelta::days(90)).await.unwrap().runs, 1);
    }

    async fn two_nodes_that_prune_at_once_take_each_run_once(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for number in 0..30 {
            let run = app.ensure(scope, json!({ "number": number })).await.run().id;
            app.core.runs.update_run(run, 0, "w", DONE).await.unwrap();
        }
        app.advance(TimeDelta::days(91));
        let other = app.another_node().await;
        let limit = TimeDelta::days(90);
        let (here, there) = tokio::join!(prune(&app.core.runs, limit), prune(&other.runs, limit));
        assert_eq!(here.unwrap().runs + there.unwrap().runs, 30);

        if let Db::Postgres(_) = &app.core.db {
            let mut busy = app.core.db.begin().await.unwrap();
            assert!(busy.alone(PRUNING).await.unwrap());
            assert!(prune(&other.runs, limit).await.unwrap().elsewhere, "one node at a time");
        }
    }

    async fn the_clockwork_prunes_by_itself(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        app.core.runs.update_run(run, 0, "w", DONE).await.unwrap();
        app.advance(TimeDelta::days(91));
        // The test's workers prune every second instead of every night.
        let _workers = Workers::start(&app.core, vec![]);
        eventually("the old run goes", async || {
            app.core.runs.detail(scope, run).await.unwrap().is_none().then_some(())
        }).await;
    }

    async fn more_than_a_batch_goes_in_one_pruning(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for number in 0..450 {
            let run = app.ensure(scope, json!({ "number": number })).await.run().id;
            app.core.runs.update_run(run, 0, "w", DONE).await.unwrap();
        }
        app.advance(TimeDelta::days(91));
        assert_eq!(prune(&app.core.runs, TimeDelta::days(90)).await.unwrap().runs, 450);
    }
}
