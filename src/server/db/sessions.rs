//! SQL of `sessions`.

use chrono::{DateTime, Utc};

use super::{Db, DbResult, Tx, db_sql, tx_sql};
use crate::model::ids::UserId;

/// Who a session belongs to.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionUser {
    pub id: UserId,
    pub email: String,
    pub name: String,
}

pub async fn insert(
    db: &Db,
    token_hash: &[u8],
    user: UserId,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    tx_sql!(
        &mut tx,
        execute(
            "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            token_hash,
            user,
            created_at,
            expires_at
        )
    )?;
    tx.commit().await
}

/// The user of a session that has not expired at `now`.
pub async fn find(db: &Db, token_hash: &[u8], now: DateTime<Utc>) -> DbResult<Option<SessionUser>> {
    db_sql!(
        db,
        fetch_optional(
            "SELECT u.id, u.email, u.name FROM sessions s JOIN users u ON u.id = s.user_id \
             WHERE s.token_hash = $1 AND s.expires_at > $2",
            token_hash,
            now
        )
    )
}

pub async fn delete(db: &Db, token_hash: &[u8]) -> DbResult<()> {
    let mut tx = db.begin().await?;
    tx_sql!(&mut tx, execute("DELETE FROM sessions WHERE token_hash = $1", token_hash))?;
    tx.commit().await
}

/// Removes sessions that have expired.
pub async fn delete_expired(tx: &mut Tx, now: DateTime<Utc>) -> DbResult<u64> {
    tx_sql!(tx, execute("DELETE FROM sessions WHERE expires_at <= $1", now))
}
