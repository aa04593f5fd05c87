//! SQL of `notifications`: what people were told. A person's own are read through their session, as far as they are
//! still members of the tenants.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, sessions::SessionUser, tx_sql};
use crate::model::{
    ids::{NotificationId, RunId, TenantId, UserId},
    notification::{MOST_UNREAD, Notification, NotificationKind},
    operation::OperationType,
    run::{RunOutcome, SummaryCounts},
};

/// A notification to write, for one member.
#[derive(Debug, Clone)]
pub struct NewNotification<'a> {
    pub id: Uuid,
    pub tenant: TenantId,
    pub user: UserId,
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

/// Writes it as the member's settings want it, unless they were told this already.
pub async fn tell(tx: &mut Tx, new: &NewNotification<'_>) -> DbResult<()> {
    const SQL: &str = "INSERT INTO notifications (id, tenant_id, user_id, kind, operation_type, run_id, subject, outcome, \
        summary_counts, initiator_name, created_at, toasted_at, muted) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN s.quiet THEN $11 END, \
        CASE $4 WHEN 'run_started' THEN NOT COALESCE(s.run_started, true) \
        WHEN 'run_completed' THEN NOT COALESCE(s.run_completed, true) ELSE false END \
        FROM (SELECT 1 AS one) one LEFT JOIN notification_settings s ON s.tenant_id = $2 AND s.user_id = $3 \
        WHERE true ON CONFLICT DO NOTHING";
    let (run, subject) = match new.about {
        About::Run(run) => (Some(run), None),
        About::Subject(subject) => (None, Some(subject)),
    };
    tx_sql!(
        tx,
        execute(
            SQL,
            new.id,
            new.tenant,
            new.user,
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

const COLUMNS: &str = "n.id, n.kind, t.slug AS tenant_slug, t.name AS tenant_name, n.operation_type, n.run_id, n.outcome, \
    n.summary_counts, n.initiator_name, n.created_at, n.read_at IS NOT NULL AS read, n.toasted_at IS NOT NULL AS toasted, \
    n.user_id FROM notifications n JOIN tenants t ON t.id = n.tenant_id \
    JOIN memberships m ON m.tenant_id = n.tenant_id AND m.user_id = n.user_id WHERE NOT n.muted AND ";

#[derive(sqlx::FromRow)]
struct NotificationRow {
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
pub async fn of_runs(db: &Db, runs: &[RunId]) -> DbResult<Vec<(UserId, Notification)>> {
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

/// A person's notifications, newest first, older than `after` where it is given.
pub async fn list(
    db: &Db,
    user: &SessionUser,
    unread: bool,
    after: Option<NotificationId>,
    limit: i64,
) -> DbResult<Vec<Notification>> {
    const ORDER: &str = "n.user_id = $1 AND n.id < $2 ORDER BY n.id DESC LIMIT $3";
    const ALL: &str = concatcp!("SELECT ", COLUMNS, ORDER);
    const UNREAD: &str = concatcp!("SELECT ", COLUMNS, "n.read_at IS NULL AND ", ORDER);
    let after = after.unwrap_or(NotificationId(Uuid::max()));
    let rows: Vec<NotificationRow> = db_sql!(db, fetch_all(if unread { UNREAD } else { ALL }, user.id, after, limit))?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Those since `since` whose toasts have not been seen anywhere, oldest first; of many the newest.
pub async fn toasts(db: &Db, user: &SessionUser, since: DateTime<Utc>, limit: i64) -> DbResult<Vec<Notification>> {
    const SQL: &str = concatcp!(
        "SELECT ",
        COLUMNS,
        "n.read_at IS NULL AND n.toasted_at IS NULL AND n.user_id = $1 AND n.created_at >= $2 ORDER BY n.id DESC LIMIT $3"
    );
    let rows: Vec<NotificationRow> = db_sql!(db, fetch_all(SQL, user.id, since, limit))?;
    Ok(rows.into_iter().rev().map(Into::into).collect())
}

/// How many are unread; beyond [`MOST_UNREAD`] one more than that.
pub async fn unread(db: &Db, user: UserId) -> DbResult<u64> {
    const SQL: &str = concatcp!(
        "SELECT count(*) FROM (SELECT 1 FROM notifications n JOIN memberships m ON m.tenant_id = n.tenant_id \
         AND m.user_id = n.user_id WHERE n.user_id = $1 AND n.read_at IS NULL AND NOT n.muted LIMIT ",
        MOST_UNREAD + 1,
        ") few"
    );
    let (count,): (i64,) = db_sql!(db, fetch_one(SQL, user))?;
    Ok(count.unsigned_abs())
}

/// Marks one of the person's own as read, which puts its toast away as well.
pub async fn mark_read(tx: &mut Tx, user: &SessionUser, id: NotificationId, at: DateTime<Utc>) -> DbResult<u64> {
    tx_sql!(
        tx,
        execute(
            "UPDATE notifications SET read_at = COALESCE(read_at, $3), toasted_at = COALESCE(toasted_at, $3) \
             WHERE user_id = $1 AND id = $2",
            user.id,
            id,
            at
        )
    )
}

/// Marks all that the person had been told until then as read.
pub async fn mark_all_read(tx: &mut Tx, user: &SessionUser, at: DateTime<Utc>) -> DbResult<u64> {
    tx_sql!(
        tx,
        execute(
            "UPDATE notifications SET read_at = $2, toasted_at = COALESCE(toasted_at, $2) \
             WHERE user_id = $1 AND read_at IS NULL AND NOT muted AND created_at <= $2",
            user.id,
            at
        )
    )
}

/// Puts the toast of one of the person's own away, on every device.
pub async fn mark_toasted(tx: &mut Tx, user: &SessionUser, id: NotificationId, at: DateTime<Utc>) -> DbResult<u64> {
    tx_sql!(
        tx,
        execute(
            "UPDATE notifications SET toasted_at = COALESCE(toasted_at, $3) WHERE user_id = $1 AND id = $2",
            user.id,
            id,
            at
        )
    )
}

/// Removes what tells of no run and is older: of late schedules. The rest goes with its runs.
pub async fn delete_alone(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> DbResult<u64> {
    const SQL: &str = "DELETE FROM notifications WHERE id IN (SELECT id FROM notifications \
        WHERE run_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)";
    tx_sql!(tx, execute(SQL, before, limit))
}
