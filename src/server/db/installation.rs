//! SQL of `installation`: what all processes on this database must agree on, and which migrations it has.

use super::{Db, DbResult, Tx, db_sql, tx_sql};

/// Stores a value unless there is one; gives the one that is there then.
pub async fn agree(tx: &mut Tx, name: &str, value: &[u8]) -> DbResult<Vec<u8>> {
    tx_sql!(
        tx,
        execute("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", name, value)
    )?;
    let (stored,): (Vec<u8>,) = tx_sql!(tx, fetch_one("SELECT value FROM installation WHERE name = $1", name))?;
    Ok(stored)
}

/// The newest migration that the database has; none when it has never been migrated.
pub async fn version(db: &Db) -> DbResult<Option<i64>> {
    let there: Option<(i32,)> = match db {
        Db::Sqlite(_) => db_sql!(db, fetch_optional("SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations'"))?,
        Db::Postgres(_) => db_sql!(db, fetch_optional("SELECT 1 WHERE to_regclass('_sqlx_migrations') IS NOT NULL"))?,
    };
    if there.is_none() {
        return Ok(None);
    }
    let (version,): (Option<i64>,) = db_sql!(db, fetch_one("SELECT max(version) FROM _sqlx_migrations"))?;
    Ok(version)
}
