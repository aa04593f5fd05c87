//! A database of a newer version: nobody starts on it, and nobody changes it.

use std::process::{Command, Stdio};

use runledger::server::db::Db;

use crate::{
    common::{TestApp, processes::Installation},
    on_both_engines,
};

/// What the database is like: its migrations and its tables.
async fn likeness(db: &Db) -> (Vec<i64>, String) {
    let versions = "SELECT version FROM _sqlx_migrations ORDER BY version";
    match db {
        Db::Sqlite(db) => {
            let tables = "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_master ORDER BY name)";
            let versions = sqlx::query_scalar(versions).fetch_all(db.read()).await.unwrap();
            (versions, sqlx::query_scalar(tables).fetch_one(db.read()).await.unwrap())
        }
        Db::Postgres(pool) => {
            let tables = "SELECT string_agg(concat_ws('.', table_schema, table_name, column_name, data_type), ',' \
                ORDER BY table_schema, table_name, column_name) FROM information_schema.columns";
            let versions = sqlx::query_scalar(versions).fetch_all(pool).await.unwrap();
            (versions, sqlx::query_scalar(tables).fetch_one(pool).await.unwrap())
        }
    }
}

/// Says that a newer version was here.
async fn age(db: &Db) {
    let (sqlite, postgres) = (
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from tomorrow', 1, x'00', 0)",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'from tomorrow', true, '\\x00', 0)",
    );
    match db {
        Db::Sqlite(db) => drop(sqlx::query(sqlite).execute(db.write()).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(postgres).execute(pool).await.unwrap()),
    }
}

/// Runs it to its end; one that goes on instead is killed, and has not refused.
fn refused(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code().is_some_and(|code| code != 0), "{:?}: {said}", output.status);
    said
}

on_both_engines! {
    async fn a_database_of_a_newer_version_is_refused_and_left_as_it_is(app: TestApp) {
        age(&app.core.db).await;
        let before = likeness(&app.core.db).await;
        let installation = Installation::on(&app.database);
        for arguments in [vec!["worker"], vec!["serve", "--addr", "127.0.0.1:0"], vec!["migrate"], vec!["doctor"]] {
            let command = installation.command(&arguments);
            let said = tokio::time::timeout(
                std::time::Duration::from_secs(30),
                tokio::task::spawn_blocking(move || refused(command)),
            );
            let said = said.await.unwrap_or_else(|_| panic!("{arguments:?} starts all the same")).unwrap();
            assert!(said.contains("newer version of Runledger") && said.contains("9999"), "{arguments:?}: {said}");
        }
        assert_eq!(likeness(&app.core.db).await, before);
    }
}
