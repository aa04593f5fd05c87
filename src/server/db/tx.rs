//! A transaction on either engine.

use super::{Db, DbResult};

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

    /// The clause that holds a row until the end of the transaction. SQLite has one writer, who needs none.
    pub const fn for_update(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR UPDATE",
        }
    }
}

impl Db {
    /// Opens a transaction that may write. On SQLite it holds the one writer from its first moment,
    /// so that it never fails half way because another one wrote in between.
    pub async fn begin(&self) -> DbResult<Tx> {
        match self {
            Self::Sqlite(db) => db.write().begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres(pool) => pool.begin().await.map(Tx::Postgres),
        }
    }
}
