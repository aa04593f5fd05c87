//! Groups as a sync has left them, and syncs that are checked for what must always hold.

use std::collections::BTreeMap;

use runledger::{
    model::{
        directory_group::DirectoryGroup,
        ids::RunId,
        operation::OperationType,
        run::{RunDetail, RunOutcome},
    },
    server::{
        db::{
            group_list::{self, GroupQuery},
            scope::TenantScope,
        },
        runs::NewRun,
    },
};
use serde_json::json;

use super::{TestApp, assert_mirrored, graph::Graph, new_run, rows::count};

pub async fn ensure(app: &TestApp, scope: TenantScope) -> RunId {
    let new = NewRun { operation_type: OperationType::DirectoryGroupsSync, ..new_run(json!({})) };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

/// Syncs once and checks what must always hold: counts add up, equal the rows, and the own record equals the ledger.
pub async fn sync(app: &TestApp, scope: TenantScope) -> RunDetail {
    let run = ensure(app, scope).await;
    checked(app, scope, run).await
}

/// The run once it has ended, whatever has become of it.
pub async fn checked(app: &TestApp, scope: TenantScope, run: RunId) -> RunDetail {
    let detail = app.completed(scope, run).await;
    assert_mirrored(app, scope, &detail).await;
    let counts = &detail.run.summary_counts;
    assert_eq!((counts.total, counts.succeeded + counts.failed), (counts.processed, counts.processed));
    let (present, _, by_count, by_row) = group_list::totals(&app.core.db, scope).await.unwrap();
    assert_eq!(by_count, by_row, "each group counts its members right");
    if detail.run.outcome == Some(RunOutcome::Succeeded) {
        assert_eq!(counts.total, present as u64, "the run tells of every group that is there");
    }
    let told = ["created", "updated", "removed"].map(|key| counts.own.get(key).copied().unwrap_or_default());
    assert_eq!(told, in_rows(app, scope, run).await, "counts equal the rows: created, updated, removed");
    let told = serde_json::to_string(&detail).unwrap().to_lowercase();
    assert!(!told.contains("deltatoken") && !told.contains("skiptoken"), "{told}");
    detail
}

/// How many groups the rows say that the run has created, updated and removed.
pub async fn in_rows(app: &TestApp, scope: TenantScope, run: RunId) -> [u64; 3] {
    let rows = async |condition| count(app, scope, run, "directory_groups", condition).await;
    [
        rows("created_run_id = $2 AND removed_at IS NULL").await,
        rows("changed_run_id = $2 AND created_run_id <> $2 AND removed_at IS NULL").await,
        rows("removed_run_id = $2 AND removed_at IS NOT NULL").await,
    ]
}

/// Created, updated, unchanged, removed.
pub fn own(detail: &RunDetail) -> [u64; 4] {
    ["created", "updated", "unchanged", "removed"].map(|key| detail.run.summary_counts.own[key])
}

pub async fn groups(app: &TestApp, scope: TenantScope) -> BTreeMap<String, DirectoryGroup> {
    let all = group_list::list(&app.core.db, scope, &GroupQuery::default(), 1000).await.unwrap();
    all.into_iter().map(|group| (group.name.clone(), group)).collect()
}

pub async fn contoso(app: &TestApp, faults: &[&str]) -> (Graph, TenantScope) {
    let graph = Graph::sample(faults).await;
    let scope = app.tenant_at("contoso", &graph.url).await;
    (graph, scope)
}
