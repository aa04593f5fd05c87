//! Real work that is cancelled in its midst: what was done stays, and is what the run counts.

mod common;

use common::{
    TestApp, assert_mirrored,
    backups::{self, Place},
    eventually,
    graph::{Graph, ProductWorkers},
    groups, inventory, policies,
    rows::count,
};
use runledger::{
    model::{
        backup::SetStatus,
        ids::{BackupSetId, RunId},
        operation::OperationType,
        run::{Initiator, RunDetail, RunOutcome},
    },
    server::{db::scope::TenantScope, simulator::SimulatorOptions, start::start},
};
use serde_json::json;

/// Cancels the run once it has counted something.
async fn cancel_midway(app: &TestApp, scope: TenantScope, run: RunId) -> RunDetail {
    eventually("the run has done something", async || {
        (app.detail(scope, run).await.run.summary_counts.total > 0).then_some(())
    })
    .await;
    app.core.runs.cancel(scope, run, &Initiator::system()).await.unwrap();
    let detail = app.completed(scope, run).await;
    assert_eq!(detail.run.outcome, Some(RunOutcome::Cancelled), "{:?}", detail.run);
    assert_mirrored(app, scope, &detail).await;
    detail
}

/// A tenant whose Graph takes its time.
async fn slow(app: &TestApp) -> (Graph, TenantScope) {
    let faults = vec!["slow:250".parse().unwrap()];
    let graph = Graph::start(SimulatorOptions { page_size: 2, faults, ..Default::default() }).await;
    let scope = app.tenant_at("contoso", &graph.url).await;
    (graph, scope)
}

async fn begin(app: &TestApp, scope: TenantScope, operation: OperationType) -> RunId {
    start(&app.core.runs, scope, operation, &json!({}), Initiator::system()).await.unwrap().run().id
}

on_both_engines! {
    async fn an_inventory_sync_that_is_cancelled_counts_what_it_stored(app: TestApp) {
        let (_graph, scope) = slow(&app).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = begin(&app, scope, OperationType::InventorySync).await;
        cancel_midway(&app, scope, run).await;
        let detail = inventory::checked(&app, scope, run).await;
        assert_eq!(detail.run.summary_counts.total, inventory::stored_total(&app, scope).await);
    }

    async fn a_policy_sync_that_is_cancelled_counts_what_it_stored(app: TestApp) {
        let (_graph, scope) = slow(&app).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = begin(&app, scope, OperationType::PolicySync).await;
        let detail = cancel_midway(&app, scope, run).await;
        policies::assert_counts(&app, scope, &detail).await;
        assert_eq!(detail.run.summary_counts.total, count(&app, scope, run, "policies", "created_run_id = $2").await);
    }

    async fn a_group_sync_that_is_cancelled_counts_what_it_stored(app: TestApp) {
        let (_graph, scope) = slow(&app).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = begin(&app, scope, OperationType::DirectoryGroupsSync).await;
        cancel_midway(&app, scope, run).await;
        groups::checked(&app, scope, run).await;
    }

    async fn a_backup_that_is_cancelled_leaves_an_incomplete_set_that_says_why(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.all_policies().await;
        place.graph.set_faults(&["slow:250"]).await;
        let set = BackupSetId(app.core.clock.new_id());
        let id = set.to_string();
        let form = [("tenant", "contoso"), ("new_set", id.as_str()), ("name", "Cancelled")];
        let (_, started) = place.add(&form, &policies).await;
        let run: RunId = started["run"]["id"].as_str().unwrap().parse().unwrap();
        let detail = cancel_midway(&app, place.scope, run).await;
        backups::assert_counts(&app, place.scope, &detail).await;
        assert_eq!(backups::set(&app, place.scope, set).await.status, SetStatus::Incomplete);
        let never = count(&app, place.scope, run, "backup_missing", "run_id = $2 AND code = 'cancelled'").await;
        let counts = &detail.run.summary_counts;
        assert_eq!((never + counts.succeeded, counts.failed), (policies.len() as u64, 0));
        assert!(never > 0, "something was left to read");
    }
}
