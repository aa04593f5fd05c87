//! SQL of the producers' own run tables: one row beside each operation run of the type, the same columns in all.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    Db, DbResult, Tx, db_sql,
    rows::{FullRun, RUN_COLUMNS, RunRow},
    scope::TenantScope,
    tx_sql,
};
use crate::model::{
    ids::RunId,
    operation::OperationType,
    run::{Run, RunFailure, RunOutcome, RunStatus, SummaryCounts},
};

/// A producer's run table, as the statements on it.
#[derive(Debug, Clone, Copy)]
pub struct RunTable {
    pub operation_type: OperationType,
    write: &'static str,
    read: &'static str,
    newest: &'static str,
    derive: &'static str,
    /// A part of what creates runs, see [`super::ensure::create`].
    pub(super) sqlite_new: &'static str,
    pub(super) postgres_new: &'static str,
}

/// What a queued run's record has.
const NEW: &str = " (id, tenant_id, operation_run_id, status, item_counts, failures, created_at) ";

/// A producer's table: its name becomes the statements.
macro_rules! run_table {
    ($operation_type:ident, $table:literal) => {
        RunTable {
            operation_type: OperationType::$operation_type,
            write: concatcp!(
                "INSERT INTO ",
                $table,
                " (id, tenant_id, operation_run_id, status, outcome, item_counts, failures, created_at, started_at, \
                 completed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                 ON CONFLICT (operation_run_id) DO UPDATE SET status = excluded.status, outcome = excluded.outcome, \
                 item_counts = excluded.item_counts, failures = excluded.failures, started_at = excluded.started_at, \
                 completed_at = excluded.completed_at"
            ),
            read: concatcp!(
                "SELECT operation_run_id, status, outcome, item_counts, failures, created_at, started_at, completed_at \
                 FROM ",
                $table,
                " WHERE tenant_id = $1 AND operation_run_id = $2"
            ),
            newest: concatcp!(
                "SELECT ",
                RUN_COLUMNS,
                " FROM operation_runs WHERE id = (SELECT r.id FROM ",
                $table,
                " s JOIN operation_runs r ON r.id = s.operation_run_id WHERE s.tenant_id = $1 AND NOT r.sample \
                 ORDER BY s.operation_run_id DESC LIMIT 1)"
            ),
            derive: concatcp!(
                "INSERT INTO ",
                $table,
                " (id, tenant_id, operation_run_id, status, outcome, item_counts, failures, created_at, started_at, \
                 completed_at) SELECT id, tenant_id, id, status, outcome, summary_counts, failures, created_at, \
                 started_at, completed_at FROM operation_runs \
                 WHERE id BETWEEN $1 AND $2 AND type = $3 AND sample ON CONFLICT (operation_run_id) DO NOTHING"
            ),
            sqlite_new: concatcp!(
                "INSERT INTO ",
                $table,
                NEW,
                "SELECT unhex(value ->> 'record'), r.tenant_id, r.id, r.status, r.summary_counts, r.failures, r.created_at \
                 FROM json_each($1) JOIN operation_runs r ON r.id = unhex(value ->> 'id') WHERE r.type = '",
                OperationType::$operation_type.as_str(),
                "'"
            ),
            postgres_new: concatcp!(
                "INSERT INTO ",
                $table,
                NEW,
                "SELECT record, tenant, id, 'queued', $2, '[]', at FROM new JOIN run USING (id) WHERE type = '",
                OperationType::$operation_type.as_str(),
                "'"
            ),
        }
    };
}

/// All of them.
pub const RUN_TABLES: &[RunTable] = &[
    run_table!(InventorySync, "inventory_sync_runs"),
    run_table!(PolicySync, "policy_sync_runs"),
    run_table!(DirectoryGroupsSync, "directory_group_sync_runs"),
    run_table!(BackupSetAddPolicies, "backup_add_policies_runs"),
    run_table!(DriftGenerate, "drift_runs"),
];

/// A producer's own record of a run, written beside its operation run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    pub operation_run_id: RunId,
    pub status: RunStatus,
    pub outcome: Option<RunOutcome>,
    pub item_counts: SummaryCounts,
    pub failures: Vec<RunFailure>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct RecordRow {
    operation_run_id: RunId,
    status: RunStatus,
    outcome: Option<RunOutcome>,
    item_counts: Json<SummaryCounts>,
    failures: Json<Vec<RunFailure>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

impl RunTable {
    pub fn of(operation_type: OperationType) -> Option<&'static Self> {
        RUN_TABLES.iter().find(|table| table.operation_type == operation_type)
    }

    /// Writes the record as the operation run now is; `id` is for a new one.
    pub async fn write(&self, tx: &mut Tx, id: Uuid, full: &FullRun) -> DbResult<()> {
        let run = &full.run;
        tx_sql!(
            tx,
            execute(
                self.write,
                id,
                run.tenant_id,
                run.id,
                run.status,
                run.outcome,
                Json(&run.summary_counts),
                Json(&full.failures),
                run.created_at,
                run.started_at,
                run.completed_at
            )
        )?;
        Ok(())
    }

    /// Writes the records of the samples from `first` to `last` that have none; how many.
    pub(super) async fn derive(&self, tx: &mut Tx, first: RunId, last: RunId) -> DbResult<u64> {
        tx_sql!(tx, execute(self.derive, first, last, self.operation_type))
    }

    /// The tenant's newest run of the type, in whatever state it is.
    pub async fn newest(&self, db: &Db, scope: TenantScope) -> DbResult<Option<Run>> {
        let row: Option<RunRow> = db_sql!(db, fetch_optional(self.newest, scope.tenant()))?;
        Ok(row.map(Run::from))
    }

    /// The record of an operation run of the tenant.
    pub async fn find(&self, db: &Db, scope: TenantScope, run: RunId) -> DbResult<Option<RunRecord>> {
        let row: Option<RecordRow> = db_sql!(db, fetch_optional(self.read, scope.tenant(), run))?;
        Ok(row.map(|row| RunRecord {
            operation_run_id: row.operation_run_id,
            status: row.status,
            outcome: row.outcome,
            item_counts: row.item_counts.0,
            failures: row.failures.0,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
        }))
    }
}
