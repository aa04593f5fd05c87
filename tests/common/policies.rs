//! Policies as a sync has left them, and syncs that are checked for what must always hold.

use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, RunDetail},
    },
    server::{
        db::{Db, scope::TenantScope},
        start::start,
    },
};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{TestApp, assert_mirrored};

/// Syncs the tenant's policies once and checks what must always hold: the run's counts equal the item rows, and the
/// policies' own record equals the ledger.
pub async fn sync(app: &TestApp, scope: TenantScope) -> RunDetail {
    let operation = OperationType::PolicySync;
    let ensured = start(&app.core.runs, scope, operation, &json!({}), Initiator::system()).await.unwrap();
    let detail = app.completed(scope, ensured.run().id).await;
    assert_counts(app, scope, &detail).await;
    detail
}

/// The run's counts equal its rows, and its record equals the ledger.
pub async fn assert_counts(app: &TestApp, scope: TenantScope, detail: &RunDetail) {
    let counts = &detail.run.summary_counts;
    assert_eq!((counts.processed, counts.total), (counts.total, counts.succeeded + counts.failed + counts.skipped));
    if !counts.own.is_empty() {
        assert_eq!(counts.succeeded, own(detail, "created") + own(detail, "updated") + own(detail, "unchanged"));
        let written = versions(app, scope).await.into_iter().filter(|one| one.run_id == detail.run.id);
        let (gone, there): (Vec<_>, Vec<_>) = written.partition(|one| one.body.is_none());
        if detail.run.attempt == 1 {
            assert_eq!(there.len() as u64, own(detail, "created") + own(detail, "updated"));
        }
        assert_eq!(gone.len() as u64, own(detail, "removed"));
    }
    assert_mirrored(app, scope, detail).await;
}

pub fn own(detail: &RunDetail, key: &str) -> u64 {
    detail.run.summary_counts.own[key]
}

/// A row of `policy_versions`.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct VersionRow {
    pub family: String,
    pub graph_id: String,
    pub version: i32,
    pub run_id: RunId,
    pub name: String,
    pub content_hash: String,
    pub body: Option<Json<Value>>,
    pub assignments: Json<Value>,
}

impl VersionRow {
    pub fn body(&self) -> &Value {
        &self.body.as_ref().expect("the policy is there").0
    }
}

/// All versions of all policies of the tenant, by family and id, oldest first.
pub async fn versions(app: &TestApp, scope: TenantScope) -> Vec<VersionRow> {
    let sql = "SELECT family, graph_id, version, run_id, name, content_hash, body, assignments FROM policy_versions \
        WHERE tenant_id = $1 ORDER BY family, graph_id, version";
    match &app.core.db {
        Db::Sqlite(db) => sqlx::query_as(sql).bind(scope.tenant()).fetch_all(db.read()).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(sql).bind(scope.tenant()).fetch_all(pool).await.unwrap(),
    }
}

/// The newest version of the policy of this name.
pub async fn named(app: &TestApp, scope: TenantScope, name: &str) -> VersionRow {
    versions(app, scope).await.into_iter().rfind(|one| one.name == name).expect("a policy of this name")
}
