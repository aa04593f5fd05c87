//! A transaction on either engine.

use super::{Db, DbResult, tx_sql};

/// An open transaction; dropped without `commit`, it is rolled back.
#[derive(Debug)]
pub enum Tx {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Tx {
    pub async fn commit(self) -> DbResult<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }

    /// Waits until no other node does this work, and holds it until the end of the transaction.
    /// On SQLite the one writer's transaction is proof enough.
    pub async fn in_turn(&mut self, work: i64) -> DbResult<()> {
        if let Self::Postgres(tx) = self {
            sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(work).execute(&mut **tx).await?;
        }
        Ok(())
    }

    /// Whether no other node does this work at the moment; holds it until the end of the transaction.
    /// On SQLite the one writer's transaction is proof enough. For work that can be done again: its commit does not wait for
    /// the disk.
    pub async fn alone(&mut self, work: i64) -> DbResult<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(_) => {
                const SQL: &str = "SELECT pg_try_advisory_xact_lock($1), set_config('synchronous_commit', 'off', true)";
                let (locked, _): (bool, String) = tx_sql!(self, fetch_one(SQL, work))?;
                Ok(locked)
            }
        }
    }

    /// Waits until no other transaction does this work, and holds it until the end of this one.
    pub async fn take_turns(&mut self, work: i64) -> DbResult<()> {
        if let Self::Postgres(_) = self {
            tx_sql!(self, execute("SELECT pg_advisory_xact_lock($1)", work))?;
        }
        Ok(())
    }
}

/// How a transaction of SQLite begins that writes.
const IMMEDIATE: &str = "BEGIN IMMEDIATE";

impl Db {
    /// Opens a transaction that may write. On SQLite it holds the one writer from its first moment,
    /// so that it never fails half way because another one wrote in between.
    pub async fn begin(&self) -> DbResult<Tx> {
        match self {
            Self::Sqlite(db) => match db.write().begin_with(IMMEDIATE).await {
                // A full disk makes SQLite itself roll back, and the driver takes the transaction for open ever after: the
                // one writer is opened anew.
                Err(sqlx::Error::InvalidSavePointStatement) => {
                    db.write().acquire().await?.close().await?;
                    db.write().begin_with(IMMEDIATE).await.map(Tx::Sqlite)
                }
                begun => begun.map(Tx::Sqlite),
            },
            Self::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        }
    }
}
