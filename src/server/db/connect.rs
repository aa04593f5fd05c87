//! Opening the database.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::DbResult;

/// How long a caller waits for a connection before it is told that the database is not available.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections to PostgreSQL for the queue's bookkeeping, beside the others.
const QUEUE_CONNECTIONS: u32 = 2;
/// How long SQLite waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// No statement runs for ever, and no transaction that was left open holds its locks: whoever asked has gone by then.
const LIMITS: [(&str, &str); 2] = [("statement_timeout", "60s"), ("idle_in_transaction_session_timeout", "60s")];

/// Which database, and how many connections at most.
#[derive(Debug, Clone)]
pub enum DbSettings {
    /// A file that is made when it is not there.
    Sqlite { file: PathBuf, readers: u32 },
    /// A `postgres://` address.
    Postgres { url: String, connections: u32 },
}

/// The database of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Db {
    Sqlite(SqliteDb),
    Postgres(PgPool),
}

/// SQLite in WAL mode: one writer, many readers.
#[derive(Debug, Clone)]
pub struct SqliteDb {
    read: SqlitePool,
    write: SqlitePool,
}

impl SqliteDb {
    pub const fn read(&self) -> &SqlitePool {
        &self.read
    }

    pub const fn write(&self) -> &SqlitePool {
        &self.write
    }
}

impl Db {
    /// Opens the database and proves that it answers; does not migrate.
    pub async fn connect(settings: &DbSettings) -> DbResult<Self> {
        match settings {
            DbSettings::Sqlite { file, readers } => Self::open_sqlite(file, *readers).await,
            DbSettings::Postgres { url, connections } => {
                let options = PgConnectOptions::from_str(url)?.application_name("runledger").options(LIMITS);
                let pool = PgPoolOptions::new()
                    .max_connections(*connections)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(options)
                    .await?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    async fn open_sqlite(file: &Path, readers: u32) -> DbResult<Self> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode a crash of the machine may lose the last commits, never the database.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        // The writer comes first: it makes the file and sets WAL, which readers cannot.
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT * 6)
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(readers)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await?;
        Ok(Self::Sqlite(SqliteDb { read, write }))
    }

    /// The same database for the queue's bookkeeping: who fetched which task, and that it is done. On PostgreSQL its
    /// commits do not wait for the disk: what a crash of the database server takes back is a task delivered twice, which the
    /// ledger expects. Tasks are queued in the run's own transaction, which does wait.
    pub fn queue(&self) -> Self {
        match self {
            Self::Sqlite(db) => Self::Sqlite(db.clone()),
            Self::Postgres(pool) => {
                let options = pool.connect_options().as_ref().clone().options([("synchronous_commit", "off")]);
                let pool = PgPoolOptions::new()
                    .max_connections(QUEUE_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_lazy_with(options);
                Self::Postgres(pool)
            }
        }
    }

    /// Whether the database answers and takes writes. It really writes, and another value each time: a statement that changes
    /// nothing does not meet a full disk.
    pub async fn ping(&self) -> DbResult<()> {
        const SQL: &str = "INSERT INTO installation (name, value) VALUES ('ping', $1) ON CONFLICT (name) DO UPDATE \
            SET value = CASE WHEN installation.value = excluded.value THEN $2 ELSE excluded.value END";
        let mut tx = self.begin().await?;
        super::tx_sql!(&mut tx, execute(SQL, &[0_u8][..], &[1_u8][..]))?;
        tx.commit().await
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(db) => {
                db.read.close().await;
                db.write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
