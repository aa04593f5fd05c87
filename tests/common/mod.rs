//! A running Runledger on a fresh database of either engine, with a manual clock.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::disallowed_methods, reason = "tests are the ones who pass clients and names in")]

pub mod audit;
pub mod backups;
pub mod database;
pub mod graph;
pub mod groups;
pub mod inventory;
pub mod jobs;
pub mod policies;
pub mod postgres;
pub mod processes;
pub mod restores;
pub mod rows;
pub mod stream;
pub mod tenant;
pub mod web;
pub mod wire;
pub mod zips;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use runledger::{
    model::{
        ids::{RunId, TenantId},
        operation::OperationType,
        run::{Initiator, Run, RunDetail},
        user::Role,
    },
    server::{
        boot::Core,
        clock::Clock,
        db::{
            members,
            run_tables::RunTable,
            scope::TenantScope,
            tenants::{self, TenantRow},
        },
        runs::{Ensured, NewRun},
        secrets::SecretBox,
    },
};
use serde_json::{Value, json};

pub use self::database::{Engine, TestDatabase};

/// The password of every user that tests make.
pub const PASSWORD: &str = "correct horse battery";

pub struct TestApp {
    pub core: Core,
    pub database: TestDatabase,
}

/// Where the manual clock stands at first.
pub fn start_of_time() -> DateTime<Utc> {
    "2026-01-15T08:00:00Z".parse().unwrap()
}

impl TestApp {
    pub async fn start(engine: Engine) -> Self {
        let database = TestDatabase::create(engine).await;
        Self::on(database, Clock::manual(start_of_time())).await
    }

    pub async fn on(database: TestDatabase, clock: Clock) -> Self {
        let db = database.connect().await;
        let secrets = SecretBox::open(Some(&"11".repeat(32)), std::path::Path::new("/nonexistent")).unwrap();
        Self { core: Core::on(db, clock, secrets), database }
    }

    /// A second process' worth of services on the same database.
    pub async fn another_node(&self) -> Core {
        Core::on(self.database.connect().await, self.core.clock.clone(), self.core.secrets.clone())
    }

    pub async fn tenant(&self, slug: &str) -> TenantScope {
        self.tenant_at(slug, "http://127.0.0.1:9").await
    }

    /// A tenant whose Graph and sign-in are at this address.
    pub async fn tenant_at(&self, slug: &str, graph_url: &str) -> TenantScope {
        let row = TenantRow {
            id: TenantId(self.core.clock.new_id()),
            slug: slug.to_owned(),
            name: slug.to_uppercase(),
            directory_id: format!("directory-of-{slug}"),
            client_id: "client".to_owned(),
            client_secret: self.core.secrets.encrypt("the-secret", slug).unwrap(),
            graph_url: graph_url.to_owned(),
            authority: graph_url.to_owned(),
            created_at: self.core.clock.now(),
        };
        tenants::upsert(&self.core.db, &row).await.unwrap();
        tenants::by_slug(&self.core.db, slug).await.unwrap().unwrap().scope()
    }

    /// A user with a role in a tenant.
    pub async fn member(&self, email: &str, slug: &str, role: Role) {
        let name = email.split('@').next().unwrap();
        let user = self.core.auth.add_user(email, name, PASSWORD).await.unwrap();
        let tenant = tenants::by_slug(&self.core.db, slug).await.unwrap().unwrap();
        members::grant(&self.core.db, user, tenant.id, role, self.core.clock.now()).await.unwrap();
    }

    pub async fn ensure(&self, scope: TenantScope, inputs: Value) -> Ensured {
        self.core.runs.ensure_run(scope, new_run(inputs)).await.unwrap()
    }

    pub async fn detail(&self, scope: TenantScope, id: RunId) -> RunDetail {
        self.core.runs.detail(scope, id).await.unwrap().expect("the run exists")
    }

    /// The run once it is completed.
    pub async fn completed(&self, scope: TenantScope, id: RunId) -> RunDetail {
        eventually("the run is completed", async || {
            let detail = self.detail(scope, id).await;
            (!detail.run.status.is_active()).then_some(detail)
        })
        .await
    }

    pub fn advance(&self, by: TimeDelta) {
        self.core.clock.advance(by);
    }
}

/// The producer's own record of the run equals the ledger.
pub async fn assert_mirrored(app: &TestApp, scope: TenantScope, detail: &RunDetail) {
    let run = &detail.run;
    let table = RunTable::of(run.operation_type).expect("the producer has a run table");
    let record = table.find(&app.core.db, scope, run.id).await.unwrap().expect("the record is written");
    assert_eq!((record.operation_run_id, record.status, record.outcome), (run.id, run.status, run.outcome));
    assert_eq!((&record.item_counts, &record.failures), (&run.summary_counts, &detail.failures));
    assert_eq!(
        (record.created_at, record.started_at, record.completed_at),
        (run.created_at, run.started_at, run.completed_at)
    );
}

/// Takes every running run from its worker, as when all of them were silent for the lease.
pub async fn lose_workers(app: &TestApp) {
    let mut watchdog = runledger::server::runs::watchdog::Watchdog::new(app.core.runs.clone(), Duration::ZERO);
    watchdog.look().await.unwrap();
    assert!(!watchdog.look().await.unwrap().is_empty(), "a worker was lost");
}

pub fn new_run(inputs: Value) -> NewRun {
    NewRun {
        operation_type: OperationType::InventorySync,
        inputs,
        context: json!({}),
        initiator: Initiator { user_id: None, name: "Ana".to_owned() },
        retry_of: None,
    }
}

pub fn ids(runs: &[Run]) -> Vec<RunId> {
    runs.iter().map(|run| run.id).collect()
}

/// Asks until there is an answer; fails with what was expected when it does not come in time.
pub async fn eventually<T>(expected: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    loop {
        looks.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited in vain: {expected}");
    }
}

/// Writes each test twice: once on SQLite, once on PostgreSQL.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident: $type:ty) $body:block)+) => {
        $(
            mod $name {
                #[allow(unused_imports)]
                use super::*;

                async fn body($app: $type) $body

                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_sqlite() {
                    body($crate::common::TestApp::start($crate::common::Engine::Sqlite).await).await;
                }

                $(#[$meta])*
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn on_postgres() {
                    body($crate::common::TestApp::start($crate::common::Engine::Postgres).await).await;
                }
            }
        )+
    };
}
