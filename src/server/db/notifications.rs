//! SQL of `notifications`: what people are told, written and brought to the live stream. What a person has of it is in
//! `inbox`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, tx_sql};
use crate::model::{
    ids::{NotificationId, RunId, TenantId, UserId},
    notification::{Notification, NotificationKind},
    operation::OperationType,
    run::{RunOutcome, SummaryCounts},
};

/// A notification to write, for some members of a tenant.
#[derive(Debug, Clone)]
pub struct NewNotification<'a> {
    pub tenant: TenantId,
    pub kind: NotificationKind,
    pub operation_type: OperationType,
    pub about: About<'a>,
    pub outcome: Option<RunOutcome>,
    pub summary_counts: Option<&'a SummaryCounts>,
    pub initiator_name: &'a str,
    pub at: DateTime<Utc>,
}

/// What makes a notification one: a run, or one late time of a schedule.
#[derive(Debug, Clone, Copy)]
pub enum About<'a> {
    Run(RunId),
    Subject(&'a str),
}

/// Who is told, and the id of what they are told.
#[derive(Debug, Serialize)]
struct Told {
    id: uuid::fmt::Simple,
    user_id: uuid::fmt::Simple,
}

/// Writes it to all of them at once, to each as their settings want it, unless they were told this already. Each has the id
/// of theirs.
pub async fn tell(tx: &mut Tx, new: &NewNotification<'_>, to: &[(Uuid, UserId)]) -> DbResult<()> {
    const INTO: &str = "INSERT INTO notifications (id, tenant_id, user_id, kind, operation_type, run_id, subject, outcome, \
        summary_counts, initiator_name, created_at, toasted_at, muted) \
        SELECT told.id, $2, told.user_id, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN s.quiet THEN $10 END, \
        CASE $3 WHEN 'run_started' THEN NOT COALESCE(s.run_started, true) \
        WHEN 'run_completed' THEN NOT COALESCE(s.run_completed, true) ELSE false END FROM ";
    const SETTINGS: &str = " LEFT JOIN notification_settings s ON s.tenant_id = $2 AND s.user_id = told.user_id \
        WHERE true ON CONFLICT DO NOTHING";
    const SQLITE: &str = concatcp!(
        INTO,
        "(SELECT unhex(value ->> 'id') AS id, unhex(value ->> 'user_id') AS user_id FROM json_each($1)) told",
        SETTINGS
    );
    const POSTGRES: &str = concatcp!(INTO, "jsonb_to_recordset($1) AS told (id uuid, user_id uuid)", SETTINGS);
    if to.is_empty() {
        return Ok(());
    }
    let to: Vec<Told> = to.iter().map(|(id, user)| Told { id: id.simple(), user_id: user.0.simple() }).collect();
    let (run, subject) = match new.about {
        About::Run(run) => (Some(run), None),
        About::Subject(subject) => (None, Some(subject)),
    };
    let sql = match tx {
        Tx::Sqlite(_) => SQLITE,
        Tx::Postgres(_) => POSTGRES,
    };
    tx_sql!(
        tx,
        execute(
            sql,
            Json(&to),
            new.tenant,
            new.kind,
            new.operation_type,
            run,
            subject,
            new.outcome,
            new.summary_counts.map(Json),
            new.initiator_name,
            new.at
        )
    )?;
    Ok(())
}

/// Who asked for the run or joined it.
pub async fn followers(tx: &mut Tx, run: RunId) -> DbResult<Vec<UserId>> {
    let rows: Vec<(UserId,)> =
        tx_sql!(tx, fetch_all("SELECT user_id FROM notifications WHERE run_id = $1 AND kind = 'run_started'", run))?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// Who hears of the run's end, because they follow it and have not muted that.
pub async fn hearing(tx: &mut Tx, run: RunId) -> DbResult<Vec<UserId>> {
    const SQL: &str = "SELECT user_id FROM notifications WHERE run_id = $1 AND kind = 'run_completed' AND NOT muted";
    let rows: Vec<(UserId,)> = tx_sql!(tx, fetch_all(SQL, run))?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

pub(super) const COLUMNS: &str = "n.id, n.kind, t.slug AS tenant_slug, t.name AS tenant_name, n.operation_type, n.run_id, n.outcome, \
    n.summary_counts, n.initiator_name, n.created_at, n.read_at IS NOT NULL AS read, n.toasted_at IS NOT NULL AS toasted, \
    n.user_id FROM notifications n JOIN tenants t ON t.id = n.tenant_id \
    JOIN memberships m ON m.tenant_id = n.tenant_id AND m.user_id = n.user_id WHERE NOT n.muted AND ";

#[derive(sqlx::FromRow)]
pub(super) struct NotificationRow {
    id: NotificationId,
    kind: NotificationKind,
    tenant_slug: String,
    tenant_name: String,
    operation_type: OperationType,
    run_id: Option<RunId>,
    outcome: Option<RunOutcome>,
    summary_counts: Option<Json<SummaryCounts>>,
    initiator_name: String,
    created_at: DateTime<Utc>,
    read: bool,
    toasted: bool,
    user_id: UserId,
}

impl From<NotificationRow> for Notification {
    fn from(row: NotificationRow) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            tenant_slug: row.tenant_slug,
            tenant_name: row.tenant_name,
            operation_type: row.operation_type,
            run_id: row.run_id,
            outcome: row.outcome,
            summary_counts: row.summary_counts.map(|json| json.0),
            initiator_name: row.initiator_name,
            created_at: row.created_at,
            read: row.read,
            toasted: row.toasted,
        }
    }
}

/// What was told of these runs, with whom it was told; for the live stream.
pub async fn of_runs(db: &Db, runs: &BTreeSet<RunId>) -> DbResult<Vec<(UserId, Notification)>> {
    const SQLITE: &str =
        concatcp!("SELECT ", COLUMNS, "n.run_id IN (SELECT unhex(value) FROM json_each($1)) ORDER BY n.id");
    const POSTGRES: &str = concatcp!("SELECT ", COLUMNS, "n.run_id = ANY($1) ORDER BY n.id");
    let rows: Vec<NotificationRow> = match db {
        Db::Sqlite(_) => {
            let ids: Vec<String> = runs.iter().map(|run| run.0.simple().to_string()).collect();
            db_sql!(db, fetch_all(SQLITE, Json(&ids)))?
        }
        Db::Postgres(pool) => {
            let ids: Vec<Uuid> = runs.iter().map(|run| run.0).collect();
            sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?
        }
    };
    Ok(rows.into_iter().map(|row| (row.user_id, row.into())).collect())
}

/// What was told of a late schedule; for the live stream.
pub async fn of_subject(db: &Db, tenant: TenantId, subject: &str) -> DbResult<Vec<(UserId, Notification)>> {
    const SQL: &str = concatcp!("SELECT ", COLUMNS, "n.tenant_id = $1 AND n.subject = $2 ORDER BY n.id");
    let rows: Vec<NotificationRow> = db_sql!(db, fetch_all(SQL, tenant, subject))?;
    Ok(rows.into_iter().map(|row| (row.user_id, row.into())).collect())
}

/// Removes what tells of no run and is older: of late schedules. The rest goes with its runs.
pub async fn delete_alone(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> DbResult<u64> {
    const SQL: &str = "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications \
        WHERE run_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)";
    tx_sql!(tx, execute(SQL, before, limit))
}
