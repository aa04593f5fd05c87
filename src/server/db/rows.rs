//! How a run is read from a row: light for lists, whole for the detail and for changes.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{ColumnIndex, Decode, FromRow, Row, Type, types::Json};

use super::scope::TenantScope;
use crate::model::{
    ids::{RunId, TenantId, UserId},
    operation::OperationType,
    run::{CancelRequest, Initiator, Run, RunFailure, RunOutcome, RunProgress, RunStatus, SummaryCounts},
    text_enum::UnknownWord,
};

/// The columns of [`RunRow`], in one text for every statement that reads one.
pub const RUN_COLUMNS: &str = "id, tenant_id, type, status, outcome, initiator_user_id, initiator_name, attempt, \
     summary_counts, progress, joined_count, sample, heartbeat_at, created_at, started_at, completed_at, updated_at, \
     cancel_requested_at, cancel_requested_by, retry_of, released_at";

/// A line of the ledger as the list shows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RunRow {
    id: RunId,
    tenant_id: TenantId,
    #[sqlx(rename = "type")]
    operation_type: OperationType,
    status: RunStatus,
    outcome: Option<RunOutcome>,
    initiator_user_id: Option<UserId>,
    initiator_name: String,
    attempt: i32,
    summary_counts: Json<SummaryCounts>,
    progress: Option<Json<RunProgress>>,
    joined_count: i32,
    sample: bool,
    heartbeat_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    cancel_requested_at: Option<DateTime<Utc>>,
    cancel_requested_by: Option<String>,
    retry_of: Option<RunId>,
    released_at: Option<DateTime<Utc>>,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id,
            tenant_id: row.tenant_id,
            operation_type: row.operation_type,
            status: row.status,
            outcome: row.outcome,
            initiator: Initiator { user_id: row.initiator_user_id, name: row.initiator_name },
            attempt: row.attempt,
            summary_counts: row.summary_counts.0,
            progress: row.progress.map(|json| json.0),
            joined_count: row.joined_count,
            cancel_requested: row
                .cancel_requested_at
                .map(|at| CancelRequest { at, by: row.cancel_requested_by.unwrap_or_default() }),
            retry_of: row.retry_of,
            released_at: row.released_at,
            sample: row.sample,
            heartbeat_at: row.heartbeat_at,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
            updated_at: row.updated_at,
        }
    }
}

/// A line of the ledger as a list reads it: one of a type that this version does not know has nothing but its id.
#[derive(Debug)]
pub struct ListedRow {
    pub id: RunId,
    pub run: Option<RunRow>,
}

impl<'r, R> FromRow<'r, R> for ListedRow
where
    R: Row,
    RunRow: FromRow<'r, R>,
    RunId: Decode<'r, R::Database> + Type<R::Database>,
    for<'a> &'a str: ColumnIndex<R>,
{
    fn from_row(row: &'r R) -> sqlx::Result<Self> {
        let run = match RunRow::from_row(row) {
            Err(error) if is_unknown_type(&error) => None,
            read => Some(read?),
        };
        Ok(Self { id: row.try_get("id")?, run })
    }
}

/// Whether a run could not be read because a newer version wrote it: its type is none that this one knows.
pub fn is_unknown_type(error: &sqlx::Error) -> bool {
    let sqlx::Error::ColumnDecode { source, .. } = error else { return false };
    source.downcast_ref::<UnknownWord>().is_some_and(|word| word.kind == OperationType::KIND)
}

/// A whole run: what lists show, and what only the detail does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullRun {
    pub run: Run,
    pub run_identity_hash: String,
    pub failures: Vec<RunFailure>,
    pub context: Value,
}

impl FullRun {
    /// A run is the proof of its own tenant.
    pub const fn scope(&self) -> TenantScope {
        TenantScope::proven(self.run.tenant_id)
    }
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct FullRunRow {
    #[sqlx(flatten)]
    run: RunRow,
    run_identity_hash: String,
    failures: Json<Vec<RunFailure>>,
    context: Json<Value>,
}

impl From<FullRunRow> for FullRun {
    fn from(row: FullRunRow) -> Self {
        Self {
            run: row.run.into(),
            run_identity_hash: row.run_identity_hash,
            failures: row.failures.0,
            context: row.context.0,
        }
    }
}
