//! SQL of `restore_runs` and `restore_events`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde_json::Value;
use sqlx::types::Json;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::{BackupSetId, RestoreRunId, TenantId, UserId},
    restore::{RestoreRun, RestoreStatus},
    run::{RunFailure, SummaryCounts},
};

const COLUMNS: &str = "id, tenant_id, backup_set_id, backup_set_name, status, assignments, group_map, safety_set_id, \
     created_by_user_id, created_by_name, confirmed_by_name, failure, cancel_requested_at, cancel_requested_by, attempt, \
     first_attempt, beat_at, version, created_at, started_at, completed_at, updated_at";

#[derive(sqlx::FromRow)]
struct Row {
    id: RestoreRunId,
    tenant_id: TenantId,
    backup_set_id: BackupSetId,
    backup_set_name: String,
    status: RestoreStatus,
    assignments: bool,
    group_map: Json<BTreeMap<String, String>>,
    safety_set_id: Option<BackupSetId>,
    created_by_user_id: Option<UserId>,
    created_by_name: String,
    confirmed_by_name: Option<String>,
    failure: Option<Json<RunFailure>>,
    cancel_requested_at: Option<DateTime<Utc>>,
    cancel_requested_by: Option<String>,
    attempt: i32,
    first_attempt: Option<i32>,
    beat_at: Option<DateTime<Utc>>,
    version: i64,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for RestoreRun {
    /// Without what its items say.
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            tenant_id: row.tenant_id,
            backup_set_id: row.backup_set_id,
            backup_set_name: row.backup_set_name,
            status: row.status,
            assignments: row.assignments,
            group_map: row.group_map.0,
            safety_set_id: row.safety_set_id,
            created_by_id: row.created_by_user_id,
            created_by: row.created_by_name,
            confirmed_by: row.confirmed_by_name,
            failure: row.failure.map(|json| json.0),
            cancel_requested_at: row.cancel_requested_at,
            cancel_requested_by: row.cancel_requested_by,
            attempt: row.attempt,
            first_attempt: row.first_attempt,
            beat_at: row.beat_at,
            version: row.version,
            created_at: row.created_at,
            started_at: row.started_at,
            completed_at: row.completed_at,
            updated_at: row.updated_at,
            counts: SummaryCounts::default(),
            failures: Vec::new(),
        }
    }
}

/// Writes a restore as it now is: a new one, or in place of what there was.
pub async fn put(tx: &mut Tx, run: &RestoreRun) -> DbResult<()> {
    const SQL: &str = concatcp!(
        "INSERT INTO restore_runs (",
        COLUMNS,
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) \
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, assignments = excluded.assignments, \
         group_map = excluded.group_map, safety_set_id = excluded.safety_set_id, \
         confirmed_by_name = excluded.confirmed_by_name, failure = excluded.failure, \
         cancel_requested_at = excluded.cancel_requested_at, cancel_requested_by = excluded.cancel_requested_by, \
         attempt = excluded.attempt, first_attempt = excluded.first_attempt, beat_at = excluded.beat_at, version = excluded.version, \
         started_at = excluded.started_at, completed_at = excluded.completed_at, updated_at = excluded.updated_at"
    );
    tx_sql!(
        tx,
        execute(
            SQL,
            run.id,
            run.tenant_id,
            run.backup_set_id,
            &run.backup_set_name,
            run.status,
            run.assignments,
            Json(&run.group_map),
            run.safety_set_id,
            run.created_by_id,
            &run.created_by,
            &run.confirmed_by,
            run.failure.as_ref().map(Json),
            run.cancel_requested_at,
            &run.cancel_requested_by,
            run.attempt,
            run.first_attempt,
            run.beat_at,
            run.version,
            run.created_at,
            run.started_at,
            run.completed_at,
            run.updated_at
        )
    )?;
    Ok(())
}

/// The restore as it is now, held until the end of the transaction.
pub async fn lock(tx: &mut Tx, scope: TenantScope, id: RestoreRunId) -> DbResult<Option<RestoreRun>> {
    const SQL: &str = concatcp!("SELECT ", COLUMNS, " FROM restore_runs WHERE tenant_id = $1 AND id = $2");
    let held = "UPDATE restore_runs SET status = status WHERE tenant_id = $1 AND id = $2";
    if tx_sql!(tx, execute(held, scope.tenant(), id))? == 0 {
        return Ok(None);
    }
    let row: Option<Row> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(RestoreRun::from))
}

pub async fn find(db: &Db, scope: TenantScope, id: RestoreRunId) -> DbResult<Option<RestoreRun>> {
    const SQL: &str = concatcp!("SELECT ", COLUMNS, " FROM restore_runs WHERE tenant_id = $1 AND id = $2");
    let row: Option<Row> = db_sql!(db, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(RestoreRun::from))
}

/// Restores of the tenant, newest first, older than `after`.
pub async fn list(db: &Db, scope: TenantScope, after: Option<RestoreRunId>, limit: i64) -> DbResult<Vec<RestoreRun>> {
    const FIRST: &str =
        concatcp!("SELECT ", COLUMNS, " FROM restore_runs WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2");
    const NEXT: &str =
        concatcp!("SELECT ", COLUMNS, " FROM restore_runs WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    let rows: Vec<Row> = match after {
        None => db_sql!(db, fetch_all(FIRST, scope.tenant(), limit))?,
        Some(after) => db_sql!(db, fetch_all(NEXT, scope.tenant(), after, limit))?,
    };
    Ok(rows.into_iter().map(RestoreRun::from).collect())
}

/// A restore with something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfinished {
    pub id: RestoreRunId,
    /// The row is the proof of its tenant.
    pub scope: TenantScope,
    /// Grows with every change, signs of life included.
    pub version: i64,
    /// Whether somebody does it, or did until they were lost.
    pub taken: bool,
}

/// The restores with something to do, oldest first, for the server itself.
pub async fn unfinished(db: &Db) -> DbResult<Vec<Unfinished>> {
    let rows: Vec<(RestoreRunId, TenantId, i64, Option<DateTime<Utc>>)> = db_sql!(
        db,
        fetch_all(
            "SELECT id, tenant_id, version, beat_at FROM restore_runs WHERE status IN ('draft', 'running') \
             ORDER BY id LIMIT 1000"
        )
    )?;
    let found = |(id, tenant, version, beat_at): (RestoreRunId, TenantId, i64, Option<DateTime<Utc>>)| Unfinished {
        id,
        scope: TenantScope::proven(tenant),
        version,
        taken: beat_at.is_some(),
    };
    Ok(rows.into_iter().map(found).collect())
}

/// How many restores of the tenant somebody does, but for this one.
pub async fn taken_beside(tx: &mut Tx, scope: TenantScope, id: RestoreRunId) -> DbResult<i64> {
    let (count,): (i64,) = tx_sql!(
        tx,
        fetch_one(
            "SELECT count(*) FROM restore_runs WHERE tenant_id = $1 AND id <> $2 AND status IN ('draft', 'running') \
             AND beat_at IS NOT NULL",
            scope.tenant(),
            id
        )
    )?;
    Ok(count)
}

/// Confirmed restores that have not ended and were not heard of since `before`.
pub async fn half_way(tx: &mut Tx, before: DateTime<Utc>) -> DbResult<i64> {
    let (count,): (i64,) = tx_sql!(
        tx,
        fetch_one(
            "SELECT count(*) FROM restore_runs WHERE status = 'running' AND (beat_at IS NULL OR beat_at < $1) \
             AND updated_at < $1",
            before
        )
    )?;
    Ok(count)
}

/// Keeps an event of a restore.
pub async fn add_event(tx: &mut Tx, run: &RestoreRun, event: &Value) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO restore_events (restore_run_id, version, tenant_id, event) VALUES ($1, $2, $3, $4)",
            run.id,
            run.version,
            run.tenant_id,
            Json(event)
        )
    )?;
    Ok(())
}

/// The events of a restore, in order.
pub async fn events(db: &Db, scope: TenantScope, id: RestoreRunId) -> DbResult<Vec<Value>> {
    let rows: Vec<(Json<Value>,)> = db_sql!(
        db,
        fetch_all(
            "SELECT event FROM restore_events WHERE tenant_id = $1 AND restore_run_id = $2 ORDER BY version",
            scope.tenant(),
            id
        )
    )?;
    Ok(rows.into_iter().map(|(event,)| event.0).collect())
}

/// How far a shadow has come: the version of the last event that it shows; takes the next one only.
pub async fn shadow_version(tx: &mut Tx, id: RestoreRunId) -> DbResult<Option<i64>> {
    let row: Option<(i64,)> =
        tx_sql!(tx, fetch_optional("SELECT version FROM restore_shadows WHERE restore_run_id = $1", id))?;
    Ok(row.map(|(version,)| version))
}

pub async fn put_shadow_version(tx: &mut Tx, run: uuid::Uuid, id: RestoreRunId, version: i64) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO restore_shadows (operation_run_id, restore_run_id, version) VALUES ($1, $2, $3) \
             ON CONFLICT (operation_run_id) DO UPDATE SET version = excluded.version",
            run,
            id,
            version
        )
    )?;
    Ok(())
}
