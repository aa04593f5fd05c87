//! Opening the database.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Connection, Executor, PgConnection, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::Notify;
use tracing::debug;

use super::{
    DbResult,
    write_back::{KEPT, MOST_PAGES, WriteBack, tell_commits},
};

/// Connections to PostgreSQL for the queue's bookkeeping, beside the others.
const QUEUE_CONNECTIONS: u32 = 2;
/// Two that listen to the other nodes, and one to tell them.
const NODE_CONNECTIONS: u32 = 3;
/// For signs of life, which must not wait behind the work.
const BEAT_CONNECTIONS: u32 = 2;
/// A connection that was used a moment ago is taken to live still.
const UNDOUBTED: Duration = Duration::from_millis(100);
/// How long SQLite waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Which database, and how many connections at most.
#[derive(Debug, Clone)]
pub enum DbSettings {
    /// A file that is made when it is not there.
    Sqlite { file: PathBuf, readers: u32 },
    /// A `postgres://` address.
    Postgres { url: String, connections: u32 },
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct DbLimits {
    /// How long a caller waits for a connection before it is told that the database is not available.
    pub acquire: Duration,
    /// How long a statement outside of a transaction may take: somebody looks at a page that waits for it.
    pub read: Duration,
    /// How long any statement may take on PostgreSQL.
    pub statement: Duration,
}

impl Default for DbLimits {
    fn default() -> Self {
        Self { acquire: Duration::from_secs(5), read: Duration::from_secs(15), statement: Duration::from_secs(60) }
    }
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
    write_back: WriteBack,
    read_limit: Duration,
}

impl SqliteDb {
    pub const fn read(&self) -> &SqlitePool {
        &self.read
    }

    /// How long a reading may take.
    pub(super) const fn read_limit(&self) -> Duration {
        self.read_limit
    }

    pub const fn write(&self) -> &SqlitePool {
        &self.write
    }
}

impl Db {
    /// Opens the database and proves that it answers; does not migrate.
    pub async fn connect(settings: &DbSettings) -> DbResult<Self> {
        Self::connect_within(settings, DbLimits::default()).await
    }

    /// The same with other limits.
    pub async fn connect_within(settings: &DbSettings, limits: DbLimits) -> DbResult<Self> {
        match settings {
            DbSettings::Sqlite { file, readers } => {
                let options = sqlite_options(file).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
                open_sqlite(options, *readers, limits).await
            }
            DbSettings::Postgres { url, connections } => open_postgres(url, *connections, limits).await,
        }
    }

    /// Opens the database as it is: no file is made, and none is turned into what this version would make of it.
    pub async fn look(settings: &DbSettings) -> DbResult<Self> {
        let limits = DbLimits::default();
        match settings {
            DbSettings::Sqlite { file, readers } => {
                open_sqlite(sqlite_options(file).create_if_missing(false), *readers, limits).await
            }
            DbSettings::Postgres { url, connections } => open_postgres(url, *connections, limits).await,
        }
    }

    /// The same database for the queue's bookkeeping: who fetched which task, and that it is done. On PostgreSQL its
    /// commits do not wait for the disk: what a crash of the database server takes back is a task delivered twice, which the
    /// ledger expects. Tasks are queued in the run's own transaction, which does wait.
    pub fn queue(&self) -> Self {
        match self {
            Self::Sqlite(db) => Self::Sqlite(db.clone()),
            Self::Postgres(pool) => Self::Postgres(beside(pool, QUEUE_CONNECTIONS, &[("synchronous_commit", "off")])),
        }
    }

    /// The same database for signs of life: jobs that hold every connection must not look dead, and a beat that waits for a
    /// row gives way to the next one.
    pub fn beats(&self) -> Self {
        let options = [("synchronous_commit", "off"), ("lock_timeout", "2s")];
        match self {
            Self::Sqlite(db) => Self::Sqlite(db.clone()),
            Self::Postgres(pool) => Self::Postgres(beside(pool, BEAT_CONNECTIONS, &options)),
        }
    }

    /// Connections for what nodes tell each other; on SQLite there are no other nodes.
    pub fn between_nodes(&self) -> Option<PgPool> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(pool) => Some(beside(pool, NODE_CONNECTIONS, &[])),
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

    /// For one who writes a lot in a row: waits between two transactions while SQLite's log is too long for the others.
    pub async fn settle_log(&self) -> DbResult<()> {
        match self {
            Self::Sqlite(db) => db.write_back.settle().await,
            Self::Postgres(_) => Ok(()),
        }
    }

    pub async fn close(&self) {
        match self {
            Self::Sqlite(db) => {
                db.write_back.stop();
                db.read.close().await;
                db.write.close().await;
                db.write_back.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn sqlite_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        // In WAL mode a crash of the machine may lose the last commits, never the database.
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

async fn open_sqlite(options: SqliteConnectOptions, readers: u32, limits: DbLimits) -> DbResult<Db> {
    let committed = Arc::new(Notify::new());
    let told = committed.clone();
    // The writer comes first: it makes the file and sets WAL, which readers cannot.
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .after_connect(move |writer, _| Box::pin(tell_commits(told.clone(), writer)))
        .acquire_timeout(limits.acquire * 6)
        .test_before_acquire(false)
        // KiB, when they are needed. Of a large database little fits into the 2 MiB that SQLite takes by itself.
        .connect_with(
            options
                .clone()
                .pragma("cache_size", "-32768")
                .pragma("wal_autocheckpoint", MOST_PAGES)
                .pragma("journal_size_limit", KEPT),
        )
        .await?;
    let write_back = WriteBack::start(options.clone().create_if_missing(false), write.clone(), committed);
    let read = SqlitePoolOptions::new()
        .max_connections(readers)
        .acquire_timeout(limits.acquire)
        .test_before_acquire(false)
        .connect_with(options.read_only(true).create_if_missing(false).pragma("cache_size", "-8192"))
        .await?;
    Ok(Db::Sqlite(SqliteDb { read, write, write_back, read_limit: limits.read }))
}

async fn open_postgres(url: &str, connections: u32, limits: DbLimits) -> DbResult<Db> {
    // No statement runs for ever, and no transaction that was left open holds its locks: whoever asked has gone by then.
    let statement = format!("{}ms", limits.statement.as_millis());
    let options = PgConnectOptions::from_str(url)?
        .application_name("runledger")
        .options([("statement_timeout", statement.as_str()), ("idle_in_transaction_session_timeout", "60s")]);
    let pool = pool_of(connections, limits.acquire)
        .after_connect(|connection, _| Box::pin(end_with_the_connection(connection)))
        .connect_with(options)
        .await?;
    Ok(Db::Postgres(pool))
}

/// Lets a statement end soon after its connection was closed in the midst of it. Servers on some systems cannot: there it
/// ends by its time limit.
async fn end_with_the_connection(connection: &mut PgConnection) -> DbResult<()> {
    let set = connection.execute("SET client_connection_check_interval = '400ms'").await;
    if let Err(error @ sqlx::Error::Database(_)) = &set {
        debug!(%error, "statements outlive their connections here");
        return Ok(());
    }
    set.map(|_| ())
}

/// More connections to the same database, opened when they are needed.
fn beside(pool: &PgPool, connections: u32, options: &[(&str, &str)]) -> PgPool {
    let options = pool.connect_options().as_ref().clone().options(options.iter().copied());
    pool_of(connections, pool.options().get_acquire_timeout()).connect_lazy_with(options)
}

/// A pool that asks a connection whether it still lives where that is in doubt only: each question is a round trip.
fn pool_of(connections: u32, acquire: Duration) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire)
        .test_before_acquire(false)
        .before_acquire(|connection, is| {
            Box::pin(async move {
                if is.idle_for > UNDOUBTED {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
