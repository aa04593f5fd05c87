//! The database: one SQL text for SQLite and PostgreSQL, one file of SQL per table family.

pub mod audit;
pub mod backup_items;
pub mod backups;
pub mod bulk;
mod connect;
pub mod directory_groups;
pub mod drift;
pub mod ensure;
pub mod group_links;
pub mod group_list;
pub mod group_members;
pub mod inbox;
pub mod installation;
pub mod inventory;
pub mod item_list;
pub mod life;
pub mod members;
mod migrate;
pub mod notification_settings;
pub mod notifications;
pub mod outgoing_deliveries;
pub mod outgoing_destinations;
pub mod parked;
pub mod policies;
pub mod policy_lines;
pub mod policy_versions;
mod reading;
pub mod restore_items;
pub mod restores;
pub mod rows;
mod run_all_but;
pub mod run_events;
pub mod run_list;
pub mod run_people;
pub mod run_query;
pub mod run_range;
mod run_reasons;
pub mod run_tables;
pub mod runs;
pub mod schedules;
pub mod scope;
pub mod seen;
pub mod sessions;
pub mod tasks;
pub mod tenants;
mod tx;
mod write_back;

pub use connect::{Db, DbLimits, DbSettings, SqliteDb};
pub use migrate::MigrationError;
pub use reading::Asker;
pub use tx::Tx;

/// What the database layer returns: sqlx's own error; services decide what it means.
pub type DbResult<T> = Result<T, sqlx::Error>;

/// Runs one statement on an open [`Tx`]: `tx_sql!(tx, execute("UPDATE ... $1", id))`.
/// The methods are those of sqlx's `query` (`execute`) or `query_as` (`fetch_one`, `fetch_optional`, `fetch_all`).
macro_rules! tx_sql {
    ($tx:expr, $method:ident($text:expr $(, $bind:expr)* $(,)?)) => {
        match $tx {
            $crate::server::db::Tx::Sqlite(tx) => $crate::server::db::statement!(&mut **tx, $method($text $(, $bind)*)),
            $crate::server::db::Tx::Postgres(tx) => $crate::server::db::statement!(&mut **tx, $method($text $(, $bind)*)),
        }
    };
}

/// Runs one reading statement on a [`Db`], outside of any transaction, for no longer than anybody waits for it.
macro_rules! db_sql {
    ($db:expr, $method:ident($text:expr $(, $bind:expr)* $(,)?)) => {
        match $db {
            $crate::server::db::Db::Sqlite(db) => {
                $crate::server::db::read_sqlite!(db, |to| $crate::server::db::statement!(to, $method($text $(, $bind)*)))
            }
            $crate::server::db::Db::Postgres(pool) => {
                $crate::server::db::read_postgres!(pool, |to| $crate::server::db::statement!(to, $method($text $(, $bind)*)))
            }
        }
    };
}

/// Reads on a reader of SQLite: `read_sqlite!(db, |connection| statement)`.
macro_rules! read_sqlite {
    ($db:expr, |$to:ident| $statement:expr) => {
        match $crate::server::db::reading::SqliteReading::begin($db).await {
            Ok(reading) => $crate::server::db::read_on!(reading, |$to| $statement),
            Err(error) => Err(error),
        }
    };
}

/// The same on PostgreSQL.
macro_rules! read_postgres {
    ($pool:expr, |$to:ident| $statement:expr) => {
        match $crate::server::db::reading::PgReading::begin($pool).await {
            Ok(reading) => $crate::server::db::read_on!(reading, |$to| $statement),
            Err(error) => Err(error),
        }
    };
}

macro_rules! read_on {
    ($reading:ident, |$to:ident| $statement:expr) => {{
        let mut reading = $reading;
        let limit = reading.limit;
        let $to = reading.connection();
        let read = $crate::server::db::reading::bounded(limit, async { $statement }).await;
        reading.end(read)
    }};
}

/// The same binds on either of two texts, for what the engines say differently: how JSON becomes rows.
/// `by_engine!(tx, execute, SQLITE, POSTGRES, bind, ...)`.
macro_rules! by_engine {
    ($tx:expr, $method:ident, $sqlite:expr, $postgres:expr $(, $bind:expr)+) => {
        match $tx {
            $crate::server::db::Tx::Sqlite(tx) => $crate::server::db::statement!(&mut **tx, $method($sqlite $(, $bind)+)),
            $crate::server::db::Tx::Postgres(tx) => $crate::server::db::statement!(&mut **tx, $method($postgres $(, $bind)+)),
        }
    };
}

/// One statement on one engine's executor; how many rows it touched, or what it read.
macro_rules! statement {
    ($executor:expr, execute($text:expr $(, $bind:expr)*)) => {
        sqlx::query($text)$(.bind($bind))*.execute($executor).await.map(|done| done.rows_affected())
    };
    ($executor:expr, $method:ident($text:expr $(, $bind:expr)*)) => {
        sqlx::query_as($text)$(.bind($bind))*.$method($executor).await
    };
}

pub(crate) use by_engine;
pub(crate) use db_sql;
pub(crate) use read_on;
pub(crate) use read_postgres;
pub(crate) use read_sqlite;
pub(crate) use statement;
pub(crate) use tx_sql;

/// Sends a message to every process that listens on the channel.
pub async fn notify(pool: &sqlx::PgPool, channel: &str, payload: &str) -> DbResult<()> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(payload).execute(pool).await.map(|_| ())
}
