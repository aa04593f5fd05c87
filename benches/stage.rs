//! Databases to measure on: each fresh, or seeded once and shared by the suites.

use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
    time::Duration,
};

use chrono::{DateTime, Utc};
use runledger::{
    model::{ids::TenantId, operation::OperationType, run::Initiator},
    server::{
        boot::Core,
        clock::Clock,
        db::{
            Db, DbSettings,
            scope::TenantScope,
            tenants::{self, TenantRow},
        },
        runs::NewRun,
        secrets::SecretBox,
        seed::{SeedPlan, Seeded, seed},
    },
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::task::JoinSet;

/// The slug of the seeded tenant with most runs.
pub const BIG: &str = "adatum";
/// As many as callers at once at most.
const CONNECTIONS: u32 = 32;

/// More runs than this are copies of seeded ones, without history: seeding them would take longer than measuring.
const SEEDED: u64 = 1_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A process' worth of services on a database of its own.
pub struct Stage {
    pub engine: Engine,
    pub core: Core,
    settings: DbSettings,
    _folder: Option<TempDir>,
}

impl Stage {
    pub async fn open(engine: Engine) -> Self {
        let (settings, folder) = match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder for SQLite");
                (DbSettings::Sqlite { file: folder.path().join("runledger.db"), readers: 10 }, Some(folder))
            }
            Engine::Postgres => (create_database("template0").await, None),
        };
        let db = Db::connect(&settings).await.expect("the database opens");
        db.migrate().await.expect("the database migrates");
        Self { engine, core: core(db), settings, _folder: folder }
    }

    /// A second process' worth of services on the same database.
    pub async fn another_node(&self) -> Core {
        core(Db::connect(&self.settings).await.expect("the database opens again"))
    }

    /// The same database once more. PostgreSQL copies one only while nobody is connected to it, so this reconnects.
    pub async fn copy(&mut self) -> Self {
        self.core.db.close().await;
        let (settings, folder) = match &self.settings {
            DbSettings::Sqlite { file, readers } => {
                let folder = tempfile::tempdir().expect("a folder for SQLite");
                let copy = folder.path().join("runledger.db");
                std::fs::copy(file, &copy).expect("the database is copied");
                (DbSettings::Sqlite { file: copy, readers: *readers }, Some(folder))
            }
            DbSettings::Postgres { url, .. } => {
                // Those that listen for other nodes connect anew as soon as they may.
                let name = name(url);
                let close = format!(
                    "ALTER DATABASE {name} ALLOW_CONNECTIONS false; \
                     SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                );
                on_server(close).await;
                let copy = create_database(name).await;
                on_server(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
                (copy, None)
            }
        };
        self.core = core(Db::connect(&self.settings).await.expect("the database opens again"));
        let db = Db::connect(&settings).await.expect("the copy opens");
        Self { engine: self.engine, core: core(db), settings, _folder: folder }
    }

    pub async fn seed(&self, runs: u64) -> Seeded {
        let end: DateTime<Utc> = self.core.clock.now();
        let plan = SeedPlan { runs, tenants: 12, seed: 1, end };
        let seeded = seed(&self.core.db, &self.core.secrets, plan, |_| {}).await.expect("the seed is written");
        if self.engine == Engine::Postgres {
            // As autovacuum and the checkpointer leave a table that has not just been filled.
            self.execute("VACUUM ANALYZE").await;
            self.execute("CHECKPOINT").await;
        }
        seeded
    }

    /// Asks for so many runs, which nobody works at.
    pub async fn queue(&self, scope: TenantScope, runs: u64) {
        let mut asking = JoinSet::new();
        for asker in 0..u64::from(CONNECTIONS) {
            let core = self.core.clone();
            asking.spawn(async move {
                for number in (asker..runs).step_by(CONNECTIONS as usize) {
                    core.runs.ensure_run(scope, new_run(number)).await.expect("it is created");
                }
            });
        }
        asking.join_all().await;
    }

    /// Makes so many of each seeded run, on PostgreSQL: with the same time, in the same order, without history.
    async fn multiply(&self, times: u64) {
        let Db::Postgres(pool) = &self.core.db else { panic!("only PostgreSQL is measured with so many runs") };
        for (table, id) in [("operation_runs", "id"), ("operation_run_reasons", "run_id")] {
            let columns = "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = $1 AND column_name <> $2";
            let (columns,): (String,) =
                sqlx::query_as(columns).bind(table).bind(id).fetch_one(pool).await.expect("the table has columns");
            // Without triggers: what is copied has its tenant and its people. The id keeps its time.
            self.execute(&format!(
                "BEGIN; SET LOCAL session_replication_role = replica; INSERT INTO {table} ({id}, {columns}) \
                 SELECT overlay({id}::text placing substr(md5({id}::text || copy), 1, 12) from 25)::uuid, {columns} \
                 FROM {table} CROSS JOIN generate_series(2, {times}) AS copy; COMMIT"
            ))
            .await;
            self.execute(&format!("VACUUM ANALYZE {table}")).await;
        }
        self.execute("CHECKPOINT").await;
    }

    pub async fn scope(&self, slug: &str) -> TenantScope {
        tenants::by_slug(&self.core.db, slug).await.expect("tenants are read").expect("the tenant is there").scope()
    }

    /// A tenant whose Graph is at this address.
    pub async fn tenant(&self, slug: &str, graph_url: &str) -> TenantScope {
        let row = TenantRow {
            id: TenantId(self.core.clock.new_id()),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            directory_id: slug.to_owned(),
            client_id: "bench".to_owned(),
            client_secret: self.core.secrets.encrypt("secret", slug).expect("the secret is encrypted"),
            graph_url: graph_url.to_owned(),
            authority: graph_url.to_owned(),
            created_at: self.core.clock.now(),
        };
        tenants::upsert(&self.core.db, &row).await.expect("the tenant is written");
        self.scope(slug).await
    }

    /// Runs one statement of the bench's own.
    pub async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match (&self.core.db, &self.settings) {
            (Db::Sqlite(db), _) => sqlx::raw_sql(sql).execute(db.write()).await.map(|_| ()),
            // On a connection of its own, where it may take as long as it takes.
            (Db::Postgres(_), DbSettings::Postgres { url, .. }) => {
                let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
                sqlx::raw_sql(sql).execute(&mut connection).await.map(|_| ())
            }
            (Db::Postgres(_), DbSettings::Sqlite { .. }) => {
                unreachable!("a database is of the kind that was asked for")
            }
        }
        .expect("the statement runs");
    }

    pub async fn remove(self) {
        self.core.db.close().await;
        if let DbSettings::Postgres { url, .. } = &self.settings {
            on_server(format!("DROP DATABASE {} WITH (FORCE)", name(url))).await;
        }
    }
}

fn core(db: Db) -> Core {
    let secrets = SecretBox::open(Some(&"22".repeat(32)), Path::new("/nonexistent")).expect("the key is a key");
    Core::on(db, Clock::system(), secrets)
}

fn server() -> String {
    std::env::var("RUNLEDGER_TEST_POSTGRES_URL")
        .expect("RUNLEDGER_TEST_POSTGRES_URL names the PostgreSQL to measure on; `make bench` starts one and sets it")
}

fn name(url: &str) -> &str {
    url.rsplit('/').next().expect("the address has a name")
}

/// Runs statements on the server's own database.
async fn on_server(sql: String) {
    let mut connection = PgConnection::connect(&server()).await.expect("PostgreSQL answers");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("the server's statements run");
}

async fn create_database(template: &str) -> DbSettings {
    let name = format!("bench_{:016x}", rand::random::<u64>());
    on_server(format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    let mut url = url::Url::parse(&server()).expect("the address is one");
    url.set_path(&name);
    DbSettings::Postgres { url: url.to_string(), connections: CONNECTIONS }
}

/// The seeded ones, by engine and number of runs.
pub struct Stages {
    pub quick: bool,
    seeded: HashMap<(Engine, u64), (Stage, Seeded)>,
}

impl Stages {
    pub fn new(quick: bool) -> Self {
        Self { quick, seeded: HashMap::new() }
    }

    /// How long one measurement takes.
    pub const fn time(&self) -> Duration {
        if self.quick { Duration::from_millis(500) } else { Duration::from_secs(4) }
    }

    /// How often each of what is compared has its turn.
    pub const fn turns(&self) -> usize {
        if self.quick { 1 } else { 3 }
    }

    /// The sizes of the table that are compared, small and large.
    pub const fn sizes(&self, engine: Engine) -> &'static [u64] {
        match (self.quick, engine) {
            (true, _) => &[10_000, 50_000],
            (false, Engine::Sqlite) => &[10_000, 1_000_000],
            (false, Engine::Postgres) => &[10_000, 1_000_000, 10_000_000],
        }
    }

    /// The database with so many seeded runs.
    pub async fn seeded(&mut self, engine: Engine, runs: u64) -> &Stage {
        &self.seeded_with(engine, runs).await.0
    }

    /// The same with what seeding it took.
    pub async fn seeded_with(&mut self, engine: Engine, runs: u64) -> &(Stage, Seeded) {
        match self.seeded.entry((engine, runs)) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(absent) => {
                let stage = Stage::open(engine).await;
                let seeded = stage.seed(runs.min(SEEDED)).await;
                if runs > SEEDED {
                    stage.multiply(runs / SEEDED).await;
                }
                absent.insert((stage, seeded))
            }
        }
    }

    pub async fn remove(&mut self) {
        for (_, (stage, _)) in self.seeded.drain() {
            stage.remove().await;
        }
    }
}

/// A request for a run that no other asks for.
pub fn new_run(number: u64) -> NewRun {
    NewRun {
        operation_type: OperationType::InventorySync,
        inputs: json!({ "number": number }),
        context: json!({ "inputs": { "number": number } }),
        initiator: Initiator::system(),
        retry_of: None,
    }
}
