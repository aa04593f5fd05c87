//! Migrations: ours, then those of the task queue, each with a history of its own.

use apalis_postgres::PostgresStorage;
use apalis_sqlite::SqliteStorage;
use sqlx::{
    Connection, PgConnection,
    migrate::{MigrateError, Migrator},
};
use tracing::debug;

use super::Db;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// The queue would NOTIFY in each transaction that queues a task, and such transactions commit one after the other, each
/// with a wait for the disk of its own. Workers are woken after the commit instead, by `live::wake`.
const NO_NOTIFY_IN_TRANSACTIONS: &str = "DO $$ BEGIN \
     IF EXISTS (SELECT FROM pg_trigger \
                WHERE tgrelid = 'apalis.jobs'::regclass AND tgname = 'notify_workers' AND tgenabled <> 'D') \
     THEN ALTER TABLE apalis.jobs DISABLE TRIGGER notify_workers; END IF; END $$";

/// The database could not be brought to this version.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    #[error("the database is of a newer version of Runledger (it has migration {0}, which this version does not know)")]
    Newer(i64),
    #[error("migrating the database failed: {0}")]
    Failed(#[source] MigrateError),
}

impl From<MigrateError> for MigrationError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(version) => Self::Newer(version),
            other => Self::Failed(other),
        }
    }
}

impl Db {
    /// The migration that this version of Runledger ends with.
    pub fn newest_migration() -> i64 {
        SQLITE.iter().map(|migration| migration.version).max().unwrap_or_default()
    }

    /// Brings the schema to this version. Safe when several processes do it at once.
    pub async fn migrate(&self) -> Result<(), MigrationError> {
        match self {
            Self::Sqlite(db) => {
                SQLITE.run(db.write()).await?;
                // Not `SqliteStorage::setup`: it would switch synchronous writes off for our one writer.
                let mut queue = SqliteStorage::<()>::migrations();
                queue.dangerous_set_table_name("_apalis_migrations");
                queue.run(db.write()).await?;
                // What is in the log goes into the file, so that whoever only looks leaves it as it is. A database that cannot
                // be written is told of by who has to write it.
                if let Err(error) = sqlx::query("PRAGMA wal_checkpoint").execute(db.write()).await {
                    debug!(%error, "the log stays beside the database");
                }
            }
            Self::Postgres(pool) => {
                // Of its own: a migration takes as long as it takes, and others may wait that long for their turn.
                let unlimited = [("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")];
                let options = pool.connect_options().as_ref().clone().options(unlimited);
                let mut connection = PgConnection::connect_with(&options).await.map_err(MigrateError::Execute)?;
                POSTGRES.run(&mut connection).await?;
                let mut queue = PostgresStorage::<()>::migrations();
                queue.dangerous_set_table_name("_apalis_migrations");
                queue.run(&mut connection).await?;
                let quiet = sqlx::raw_sql(NO_NOTIFY_IN_TRANSACTIONS).execute(&mut connection).await;
                quiet.map_err(MigrateError::Execute)?;
                connection.close().await.map_err(MigrateError::Execute)?;
            }
        }
        Ok(())
    }
}
