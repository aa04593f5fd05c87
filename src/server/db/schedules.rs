//! SQL of `schedules`.

use chrono::{DateTime, Utc};

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::{RunId, TenantId},
    operation::OperationType,
};

/// A schedule as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ScheduleRow {
    #[sqlx(rename = "type")]
    pub operation_type: OperationType,
    pub cron: String,
    pub time_zone: String,
    pub expected_hours: i32,
    pub enabled_at: Option<DateTime<Utc>>,
    pub next_run_at: Option<DateTime<Utc>>,
    pub last_run_id: Option<RunId>,
    pub last_succeeded_at: Option<DateTime<Utc>>,
    pub updated_by_name: String,
    pub updated_at: DateTime<Utc>,
}

/// A schedule whose time has come, with the proof of its tenant.
#[derive(Debug, Clone)]
pub struct Due {
    pub scope: TenantScope,
    pub operation_type: OperationType,
    pub cron: String,
    pub time_zone: String,
    pub due_at: DateTime<Utc>,
}

/// The tenant's schedules that somebody has set up.
pub async fn list(db: &Db, scope: TenantScope) -> DbResult<Vec<ScheduleRow>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT type, cron, time_zone, expected_hours, enabled_at, next_run_at, last_run_id, last_succeeded_at, \
             updated_by_name, updated_at FROM schedules WHERE tenant_id = $1",
            scope.tenant()
        )
    )
}

/// Sets a schedule up. One that was on stays on since then.
pub async fn save(tx: &mut Tx, scope: TenantScope, row: &ScheduleRow) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO schedules (tenant_id, type, cron, time_zone, expected_hours, enabled_at, next_run_at, \
             updated_by_name, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, type) \
             DO UPDATE SET cron = excluded.cron, time_zone = excluded.time_zone, \
             expected_hours = excluded.expected_hours, enabled_at = CASE WHEN excluded.enabled_at IS NULL THEN NULL \
             ELSE COALESCE(schedules.enabled_at, excluded.enabled_at) END, next_run_at = excluded.next_run_at, \
             updated_by_name = excluded.updated_by_name, updated_at = excluded.updated_at",
            scope.tenant(),
            row.operation_type,
            &row.cron,
            &row.time_zone,
            row.expected_hours,
            row.enabled_at,
            row.next_run_at,
            &row.updated_by_name,
            row.updated_at
        )
    )?;
    Ok(())
}

/// Schedules of all tenants whose time has come, the longest overdue first. Their rows prove the scopes.
pub async fn due(db: &Db, now: DateTime<Utc>, limit: i64) -> DbResult<Vec<Due>> {
    let rows: Vec<(TenantId, OperationType, String, String, DateTime<Utc>)> = db_sql!(
        db,
        fetch_all(
            "SELECT tenant_id, type, cron, time_zone, next_run_at FROM schedules WHERE next_run_at <= $1 \
             ORDER BY next_run_at LIMIT $2",
            now,
            limit
        )
    )?;
    Ok(rows
        .into_iter()
        .map(|(tenant, operation_type, cron, time_zone, due_at)| Due {
            scope: TenantScope::proven(tenant),
            operation_type,
            cron,
            time_zone,
            due_at,
        })
        .collect())
}

/// Moves a due schedule on to its next time, with the run that came of it. False when somebody else has fired or changed
/// it meanwhile: then the run must not come of it.
pub async fn claim(tx: &mut Tx, due: &Due, next: DateTime<Utc>, run: RunId, now: DateTime<Utc>) -> DbResult<bool> {
    let rows = tx_sql!(
        tx,
        execute(
            "UPDATE schedules SET next_run_at = $4, last_run_id = $5, last_fired_at = $6 WHERE tenant_id = $1 \
             AND type = $2 AND next_run_at = $3",
            due.scope.tenant(),
            due.operation_type,
            due.due_at,
            next,
            run,
            now
        )
    )?;
    Ok(rows == 1)
}

/// Notes that the schedule's work has succeeded.
pub async fn note_success(
    tx: &mut Tx,
    tenant: TenantId,
    operation_type: OperationType,
    at: DateTime<Utc>,
) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE schedules SET last_succeeded_at = $3 WHERE tenant_id = $1 AND type = $2 \
             AND (last_succeeded_at IS NULL OR last_succeeded_at < $3)",
            tenant,
            operation_type,
            at
        )
    )?;
    Ok(())
}

/// A schedule that is on, with what tells whether it is late.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Watched {
    pub tenant_id: TenantId,
    #[sqlx(rename = "type")]
    pub operation_type: OperationType,
    pub expected_hours: i32,
    pub enabled_at: DateTime<Utc>,
    pub last_succeeded_at: Option<DateTime<Utc>>,
    /// What people were told of last.
    pub late_told_since: Option<DateTime<Utc>>,
}

/// The schedules of all tenants that are on.
pub async fn watched(db: &Db) -> DbResult<Vec<Watched>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT tenant_id, type, expected_hours, enabled_at, last_succeeded_at, late_told_since FROM schedules \
             WHERE enabled_at IS NOT NULL ORDER BY tenant_id, type"
        )
    )
}

/// Notes that people are told that it has not succeeded since then. False when they were told, or it has.
pub async fn note_late(
    tx: &mut Tx,
    tenant: TenantId,
    operation_type: OperationType,
    since: DateTime<Utc>,
) -> DbResult<bool> {
    let rows = tx_sql!(
        tx,
        execute(
            "UPDATE schedules SET late_told_since = $3 WHERE tenant_id = $1 AND type = $2 AND enabled_at <= $3 \
             AND (last_succeeded_at IS NULL OR last_succeeded_at <= $3) \
             AND (late_told_since IS NULL OR late_told_since <> $3)",
            tenant,
            operation_type,
            since
        )
    )?;
    Ok(rows == 1)
}
