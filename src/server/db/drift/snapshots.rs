//! SQL of what can be compared: the states after policy syncs, and backup sets. And of what a run has compared.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    model::{
        drift::{Baseline, BaselineKind, LastComparison},
        ids::RunId,
        run::SummaryCounts,
    },
    server::db::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql},
};

/// The state of a tenant's policies after a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Snapshot {
    pub run: RunId,
    pub at: DateTime<Utc>,
}

/// The newest syncs that were completed, newest first. One that failed as a whole or was cancelled is no state to
/// compare; in one that failed in part, what failed is as it was before.
pub async fn newest(db: &Db, scope: TenantScope, limit: i64) -> DbResult<Vec<Snapshot>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT id AS run, completed_at AS at FROM operation_runs WHERE tenant_id = $1 AND type = 'policy.sync' \
             AND status = 'completed' AND outcome IN ('succeeded', 'partially_succeeded') AND NOT sample \
             ORDER BY id DESC LIMIT $2",
            scope.tenant(),
            limit
        )
    )
}

/// A backup set as far as a comparison needs it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ComparedSet {
    pub id: Uuid,
    pub name: String,
    /// Its `status`: open, complete or incomplete.
    pub status: String,
    pub created_at: DateTime<Utc>,
}

/// A backup set of the tenant.
pub async fn backup_set(db: &Db, scope: TenantScope, id: Uuid) -> DbResult<Option<ComparedSet>> {
    db_sql!(
        db,
        fetch_optional(
            "SELECT id, name, status, created_at FROM backup_sets WHERE tenant_id = $1 AND id = $2",
            scope.tenant(),
            id
        )
    )
}

/// Backup sets that are finished, newest first.
pub async fn backup_sets(db: &Db, scope: TenantScope, limit: i64) -> DbResult<Vec<ComparedSet>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT id, name, status, created_at FROM backup_sets WHERE tenant_id = $1 AND status <> 'open' \
             ORDER BY id DESC LIMIT $2",
            scope.tenant(),
            limit
        )
    )
}

/// Whether the set is still there, as this transaction sees it.
pub async fn backup_set_exists(tx: &mut Tx, scope: TenantScope, id: Uuid) -> DbResult<bool> {
    let found: Option<(Uuid,)> =
        tx_sql!(tx, fetch_optional("SELECT id FROM backup_sets WHERE tenant_id = $1 AND id = $2", scope.tenant(), id))?;
    Ok(found.is_some())
}

/// What a run compares: the sync whose state is looked at, and the baseline.
#[derive(Debug, Clone)]
pub struct Compared<'a> {
    pub snapshot: Snapshot,
    pub baseline: &'a Baseline,
    pub baseline_name: &'a str,
    pub baseline_at: DateTime<Utc>,
}

/// Notes with the run what it compares.
pub async fn note_compared(tx: &mut Tx, scope: TenantScope, run: RunId, compared: &Compared<'_>) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE drift_runs SET snapshot_run_id = $3, snapshot_at = $4, baseline_kind = $5, baseline_id = $6, \
             baseline_name = $7, baseline_at = $8 WHERE tenant_id = $1 AND operation_run_id = $2",
            scope.tenant(),
            run,
            compared.snapshot.run,
            compared.snapshot.at,
            compared.baseline.kind(),
            compared.baseline.id(),
            compared.baseline_name,
            compared.baseline_at
        )
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LastRow {
    operation_run_id: RunId,
    completed_at: DateTime<Utc>,
    baseline_kind: BaselineKind,
    baseline_id: String,
    baseline_name: String,
    baseline_at: DateTime<Utc>,
    item_counts: Json<SummaryCounts>,
}

/// The newest comparison that came to its end; of comparisons with another tenant only those that `tenants` has.
pub async fn last(db: &Db, scope: TenantScope, tenants: &[String]) -> DbResult<Option<LastComparison>> {
    const READ: &str = "SELECT operation_run_id, completed_at, baseline_kind, baseline_id, baseline_name, baseline_at, \
        item_counts FROM drift_runs WHERE tenant_id = $1 AND status = 'completed' \
        AND outcome IN ('succeeded', 'partially_succeeded') AND baseline_at IS NOT NULL AND (baseline_kind <> 'tenant' \
        OR baseline_id IN (SELECT ";
    const SQLITE: &str =
        const_format::concatcp!(READ, "value FROM json_each($2))) ORDER BY operation_run_id DESC LIMIT 1");
    const POSTGRES: &str =
        const_format::concatcp!(READ, "jsonb_array_elements_text($2))) ORDER BY operation_run_id DESC LIMIT 1");
    let row: Option<LastRow> = match db {
        Db::Sqlite(_) => db_sql!(db, fetch_optional(SQLITE, scope.tenant(), Json(tenants)))?,
        Db::Postgres(_) => db_sql!(db, fetch_optional(POSTGRES, scope.tenant(), Json(tenants)))?,
    };
    Ok(row.map(|row| {
        let counts = &row.item_counts.0;
        let own = |name: &str| counts.own.get(name).copied().unwrap_or_default();
        LastComparison {
            run: row.operation_run_id,
            completed_at: row.completed_at,
            baseline: match row.baseline_kind {
                BaselineKind::Previous => Baseline::Previous,
                BaselineKind::BackupSet => Baseline::BackupSet { id: row.baseline_id.parse().unwrap_or_default() },
                BaselineKind::Tenant => Baseline::Tenant { slug: row.baseline_id },
            },
            baseline_name: row.baseline_name,
            baseline_at: row.baseline_at,
            policies: counts.total,
            new: own("findings"),
            known: own("known"),
            resolved: own("resolved"),
            failed: counts.failed,
        }
    }))
}
