//! SQL of `notifications` as a person has them: their own, read through their session, as far as they are still members of
//! the tenants.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use const_format::concatcp;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    Db, DbResult, Tx, db_sql,
    notifications::{COLUMNS, NotificationRow},
    sessions::SessionUser,
    tx_sql,
};
use crate::model::{
    ids::{NotificationId, UserId},
    notification::{MOST_UNREAD, Notification, NotificationTopic},
};

/// What of a list of notifications is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub unread: bool,
    pub topic: Option<NotificationTopic>,
}

/// A person's notifications, newest first, older than `after` where it is given.
pub async fn list(
    db: &Db,
    user: &SessionUser,
    wanted: Wanted,
    after: Option<NotificationId>,
    limit: i64,
) -> DbResult<Vec<Notification>> {
    const ORDER: &str = "n.user_id = $1 AND n.id < $2 AND CASE $4 WHEN 'failures' THEN n.kind = 'run_failed' \
        OR (n.kind = 'run_completed' AND n.outcome IN ('failed', 'partially_succeeded')) \
        WHEN 'ends' THEN n.kind IN ('run_completed', 'run_failed') WHEN 'starts' THEN n.kind = 'run_started' \
        WHEN 'late' THEN n.kind = 'schedule_late' ELSE true END ORDER BY n.id DESC LIMIT $3";
    const ALL: &str = concatcp!("SELECT ", COLUMNS, ORDER);
    const UNREAD: &str = concatcp!("SELECT ", COLUMNS, "n.read_at IS NULL AND ", ORDER);
    let after = after.unwrap_or(NotificationId(Uuid::max()));
    let topic = wanted.topic.map_or("", NotificationTopic::as_str);
    let sql = if wanted.unread { UNREAD } else { ALL };
    let rows: Vec<NotificationRow> = db_sql!(db, fetch_all(sql, user.id, after, limit, topic))?;
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

/// The same of several people, in one statement.
pub async fn unread_of(db: &Db, users: &BTreeSet<UserId>) -> DbResult<Vec<(UserId, u64)>> {
    const COUNT: &str = concatcp!(
        "SELECT u.id, (SELECT count(*) FROM (SELECT 1 FROM notifications n JOIN memberships m ON m.tenant_id = n.tenant_id \
         AND m.user_id = n.user_id WHERE n.user_id = u.id AND n.read_at IS NULL AND NOT n.muted LIMIT ",
        MOST_UNREAD + 1,
        ") few) FROM users u WHERE u.id "
    );
    const SQLITE: &str = concatcp!(COUNT, "IN (SELECT unhex(value) FROM json_each($1))");
    const POSTGRES: &str = concatcp!(COUNT, "= ANY($1)");
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(UserId, i64)> = match db {
        Db::Sqlite(_) => {
            let ids: Vec<_> = users.iter().map(|user| user.0.simple()).collect();
            db_sql!(db, fetch_all(SQLITE, Json(&ids)))?
        }
        Db::Postgres(pool) => {
            let ids: Vec<Uuid> = users.iter().map(|user| user.0).collect();
            sqlx::query_as(POSTGRES).bind(ids).fetch_all(pool).await?
        }
    };
    Ok(rows.into_iter().map(|(user, count)| (user, count.unsigned_abs())).collect())
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

/// The newest of the person's own that are unread and whose toasts were not put away yet.
pub async fn standing(tx: &mut Tx, user: &SessionUser, at: DateTime<Utc>, limit: i64) -> DbResult<Vec<NotificationId>> {
    const SQL: &str = "SELECT id FROM notifications WHERE user_id = $1 AND read_at IS NULL AND NOT muted \
        AND toasted_at IS NULL AND created_at <= $2 ORDER BY id DESC LIMIT $3";
    let rows: Vec<(NotificationId,)> = tx_sql!(tx, fetch_all(SQL, user.id, at, limit))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
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
