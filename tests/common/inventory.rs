//! The inventory as a sync has left it, and syncs that are checked for what must always hold.

use std::collections::BTreeMap;

use runledger::{
    model::{ids::RunId, run::RunDetail},
    server::db::{inventory, scope::TenantScope},
};
use serde_json::json;

use super::{TestApp, assert_mirrored, rows::count};

/// Syncs the tenant once and checks what must always hold: the run's counts equal the item rows, and the
/// inventory's own record equals the ledger.
pub async fn sync(app: &TestApp, scope: TenantScope) -> RunDetail {
    let run = app.ensure(scope, json!({})).await.run().id;
    checked(app, scope, run).await
}

/// The run once it has ended, whatever has become of it.
pub async fn checked(app: &TestApp, scope: TenantScope, run: RunId) -> RunDetail {
    let detail = app.completed(scope, run).await;
    let counts = &detail.run.summary_counts;
    assert_eq!(counts.processed, counts.total);
    assert_eq!(counts.processed, counts.succeeded + counts.failed + counts.skipped);
    if !counts.own.is_empty() {
        let rows = async |condition| count(app, scope, run, "inventory_items", condition).await;
        let told = ["created", "updated"].map(|key| own(&detail, key));
        let stored = [rows("created_run_id = $2").await, rows("changed_run_id = $2 AND created_run_id <> $2").await];
        assert_eq!(told, stored, "created and updated");
        // An item that could not be read was seen all the same.
        let (seen, unchanged) = (rows("last_run_id = $2 AND changed_run_id <> $2").await, own(&detail, "unchanged"));
        assert!((unchanged..=unchanged + counts.failed).contains(&seen), "{unchanged} unchanged, {seen} seen");
        assert_eq!(counts.succeeded, told.iter().sum::<u64>() + unchanged);
    }
    assert_mirrored(app, scope, &detail).await;
    detail
}

pub fn own(detail: &RunDetail, key: &str) -> u64 {
    detail.run.summary_counts.own[key]
}

pub async fn stored(app: &TestApp, scope: TenantScope) -> BTreeMap<String, i64> {
    inventory::count_by_family(&app.core.db, scope).await.unwrap().into_iter().collect()
}

pub async fn stored_total(app: &TestApp, scope: TenantScope) -> u64 {
    stored(app, scope).await.values().sum::<i64>() as u64
}
