//! Fresh databases, fast: each is a copy of one that was migrated once by this test program.

use std::{path::PathBuf, sync::OnceLock};

use runledger::server::db::{Db, DbSettings};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database of its own; its files go with it, and PostgreSQL's go with the server that the tests started.
pub struct TestDatabase {
    settings: DbSettings,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    pub async fn create(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite().await,
            Engine::Postgres => Self::postgres().await,
        }
    }

    async fn sqlite() -> Self {
        static TEMPLATE: OnceCell<PathBuf> = OnceCell::const_new();
        static KEPT: OnceLock<TempDir> = OnceLock::new();
        let template = TEMPLATE
            .get_or_init(async || {
                let file = KEPT.get_or_init(|| tempfile::tempdir().unwrap()).path().join("template.db");
                let db = Db::connect(&DbSettings::Sqlite { file: file.clone(), readers: 1 }).await.unwrap();
                db.migrate().await.unwrap();
                db.close().await;
                file
            })
            .await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("runledger.db");
        std::fs::copy(template, &file).unwrap();
        Self { settings: DbSettings::Sqlite { file, readers: 4 }, _folder: Some(folder) }
    }

    async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE
            .get_or_init(async || {
                let name = format!("template_{}", std::process::id());
                create_database(&name, "template0").await;
                let db = Db::connect(&postgres(&name)).await.unwrap();
                db.migrate().await.unwrap();
                db.close().await;
                name
            })
            .await;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        create_database(&name, template).await;
        Self { settings: postgres(&name), _folder: None }
    }

    /// An empty database of PostgreSQL, not migrated.
    pub async fn empty_postgres() -> Self {
        let name = format!("empty_{}", uuid::Uuid::now_v7().simple());
        create_database(&name, "template0").await;
        Self { settings: postgres(&name), _folder: None }
    }

    /// The database of a PostgreSQL of the test's own, migrated.
    pub async fn of_own(postgres: &super::postgres::OwnPostgres) -> Self {
        let settings = DbSettings::Postgres { url: postgres.url().to_owned(), connections: 8 };
        let db = Db::connect(&settings).await.unwrap();
        db.migrate().await.unwrap();
        db.close().await;
        Self { settings, _folder: None }
    }

    /// A database of somebody else's, reached another way.
    pub const fn reached(settings: DbSettings) -> Self {
        Self { settings, _folder: None }
    }

    pub fn settings(&self) -> &DbSettings {
        &self.settings
    }

    pub async fn connect(&self) -> Db {
        Db::connect(&self.settings).await.unwrap()
    }
}

/// The server's address without a database's name.
fn server() -> String {
    std::env::var("RUNLEDGER_TEST_POSTGRES_URL")
        .expect("RUNLEDGER_TEST_POSTGRES_URL names the PostgreSQL for tests; `make test` starts one and sets it")
}

fn postgres(name: &str) -> DbSettings {
    let mut url = url::Url::parse(&server()).unwrap();
    url.set_path(name);
    DbSettings::Postgres { url: url.to_string(), connections: 8 }
}

async fn create_database(name: &str, template: &str) {
    let mut connection = PgConnection::connect(&server()).await.unwrap();
    // Names of our own making.
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}
