//! What is tortured: an installation of several processes, its tenants, and what is counted.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use runledger::{
    model::{ids::RunId, run::Run, user::Role},
    server::{
        clock::Clock,
        db::{members, scope::TenantScope, tenants},
        graph::POLICY_FAMILIES,
    },
};
use sqlx::PgPool;

use crate::common::{
    PASSWORD, TestApp, TestDatabase,
    graph::Graph,
    postgres::OwnPostgres,
    processes::{Installation, free_address},
};

pub const TENANTS: [&str; 4] = ["contoso", "fabrikam", "northwind", "tailspin"];
/// A member of all tenants.
pub const WHO: &str = "owner@contoso.example";

/// What happened.
#[derive(Default)]
pub struct Tally {
    pub kills: AtomicU64,
    pub stops: AtomicU64,
    pub restarts: AtomicU64,
    pub faults: AtomicU64,
    pub joins: AtomicU64,
    pub cancels: AtomicU64,
    pub retries: AtomicU64,
    pub refused: AtomicU64,
    pub twins: AtomicU64,
    pub looks: AtomicU64,
    pub blind_looks: AtomicU64,
}

pub fn add(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

pub fn of(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// A tenant, its policies as a form names them, and its runs as a viewer has them on the screen.
pub struct Tenant {
    pub slug: &'static str,
    pub scope: TenantScope,
    pub policies: Vec<String>,
    pub seen: Mutex<BTreeMap<RunId, Run>>,
}

pub struct World {
    pub app: TestApp,
    pub graph: Graph,
    pub installation: Installation,
    pub tenants: Vec<Tenant>,
    /// Where the two web servers listen.
    pub addresses: [String; 2],
    /// Every run that somebody was told of when it was made.
    pub made: Mutex<HashMap<RunId, usize>>,
    pub tally: Tally,
    /// No more is to be started, and nothing more harmed.
    pub over: AtomicBool,
    /// Last, so that it goes last.
    pub postgres: OwnPostgres,
}

impl World {
    pub async fn new(slugs: &[&'static str]) -> Self {
        let postgres = OwnPostgres::start();
        let database = TestDatabase::of_own(&postgres).await;
        let installation = Installation::on(&database)
            .with("RUNLEDGER_LEASE_SECONDS", "4")
            .with("RUNLEDGER_GRACE_SECONDS", "1")
            .with("RUNLEDGER_CONCURRENCY", "3")
            .with("RUNLEDGER_TENANT_RUNS", "4")
            .with("RUNLEDGER_TENANT_TYPE_RUNS", "3");
        let app = TestApp::on(database, Clock::system()).await;
        let graph = Graph::sample(&[]).await;
        let mut tenants = Vec::new();
        for slug in slugs {
            tenants.push(tenant(&app, &graph, slug).await);
        }
        Self {
            app,
            graph,
            installation,
            tenants,
            addresses: [free_address(), free_address()],
            made: Mutex::default(),
            tally: Tally::default(),
            over: AtomicBool::new(false),
            postgres,
        }
    }

    pub fn url(&self, node: usize) -> String {
        format!("http://{}", self.addresses[node])
    }

    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    pub fn pool(&self) -> &PgPool {
        let runledger::server::db::Db::Postgres(pool) = &self.app.core.db else { panic!("on PostgreSQL") };
        pool
    }
}

async fn tenant(app: &TestApp, graph: &Graph, slug: &'static str) -> Tenant {
    let scope = app.tenant_at(slug, &graph.url).await;
    let user = match members::user_by_email(&app.core.db, WHO).await.unwrap() {
        Some(user) => user.id,
        None => app.core.auth.add_user(WHO, "Owner", PASSWORD).await.unwrap(),
    };
    let row = tenants::by_slug(&app.core.db, slug).await.unwrap().unwrap();
    members::grant(&app.core.db, user, row.id, Role::Owner, app.core.clock.now()).await.unwrap();
    let directory = graph.directory(slug).await;
    let mut policies = Vec::new();
    for family in POLICY_FAMILIES {
        let ids = directory.ids(family.path()).await;
        policies.extend(ids.into_iter().map(|id| format!("{}/{id}", family.as_str())));
    }
    Tenant { slug, scope, policies, seen: Mutex::default() }
}
