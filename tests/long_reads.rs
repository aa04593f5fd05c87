//! Statements end: those that take too long, those that nobody waits for any more; and a pool that is used up is told.

mod common;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    TestApp, eventually,
    jobs::{TestJob, Workers},
    web::{Visitor, Web},
};
use reqwest::StatusCode;
use runledger::{
    error::AppError,
    model::{ids::RunId, user::Role},
    server::{
        boot::Core,
        db::{Db, DbLimits, DbSettings, life, parked, scope::TenantScope},
        error::ServiceError,
    },
};
use serde_json::json;
use tokio::sync::Notify;

/// From here on, who asks for tasks that were put aside waits for ever.
async fn make_slow(db: &Db) {
    const SQLITE: &str = "ALTER TABLE parked_tasks RENAME TO kept; CREATE VIEW parked_tasks AS \
        WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT '9' || x AS parked_at FROM n";
    const POSTGRES: &str = "ALTER TABLE parked_tasks RENAME TO kept; CREATE VIEW parked_tasks AS \
        SELECT now() + interval '1 day' AS parked_at FROM pg_sleep(600)";
    match db {
        Db::Sqlite(db) => drop(sqlx::raw_sql(SQLITE).execute(db.write()).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::raw_sql(POSTGRES).execute(pool).await.unwrap()),
    }
}

/// The same database with few connections and other limits.
async fn within(app: TestApp, connections: u32, limits: DbLimits) -> TestApp {
    let settings = match app.database.settings().clone() {
        DbSettings::Sqlite { file, .. } => DbSettings::Sqlite { file, readers: connections },
        DbSettings::Postgres { url, .. } => DbSettings::Postgres { url, connections },
    };
    let db = Db::connect_within(&settings, limits).await.unwrap();
    TestApp { core: Core::on(db, app.core.clock.clone(), app.core.secrets.clone()), database: app.database }
}

/// Every connection that reads, and on PostgreSQL every one that writes.
async fn take_all(db: &Db, connections: usize) -> Vec<Box<dyn Send>> {
    let mut taken: Vec<Box<dyn Send>> = Vec::new();
    while taken.len() < connections {
        match db {
            Db::Sqlite(db) => taken.extend(db.read().acquire().await.ok().map(|one| Box::new(one) as Box<dyn Send>)),
            Db::Postgres(pool) => taken.extend(pool.acquire().await.ok().map(|one| Box::new(one) as Box<dyn Send>)),
        }
    }
    taken
}

/// Whether a statement is under way that never ends by itself.
async fn is_reading(app: &TestApp, other: &Db) -> bool {
    match (&app.core.db, other) {
        (Db::Sqlite(db), _) => db.read().num_idle() == 0,
        (_, Db::Postgres(pool)) => {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                AND query LIKE '%parked_tasks%' AND pid <> pg_backend_pid()";
            sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.unwrap() > 0
        }
        _ => unreachable!("both are of one engine"),
    }
}

async fn beats(db: &Db, run: RunId) -> i64 {
    let mut tx = db.begin().await.unwrap();
    life::beats(&mut tx, run).await.unwrap().unwrap()
}

async fn eve(app: &TestApp) -> (TenantScope, Web, Visitor) {
    let scope = app.tenant("contoso").await;
    app.member("eve@contoso.example", "contoso", Role::Operator).await;
    let web = Web::start(app).await;
    let eve = web.signed_in("eve@contoso.example").await;
    (scope, web, eve)
}

on_both_engines! {
    async fn a_statement_that_takes_too_long_is_stopped_and_its_connection_serves_the_next(app: TestApp) {
        let short = Duration::from_secs(1);
        let app = within(app, 1, DbLimits { read: short, statement: short, ..DbLimits::default() }).await;
        let scope = app.tenant("contoso").await;
        make_slow(&app.core.db).await;
        for _ in 0..3 {
            let begun = Instant::now();
            let error = parked::count_since(&app.core.db, app.core.clock.now()).await.unwrap_err();
            let shown = AppError::from(ServiceError::from(error));
            assert!(matches!(&shown, AppError::Unavailable { message } if message.contains("took too long")), "{shown:?}");
            assert_eq!(life::unknown(&app.core.db, scope).await.unwrap(), 0);
            assert!(begun.elapsed() < Duration::from_secs(8));
        }
    }

    async fn a_statement_ends_when_the_browser_that_asked_has_gone(app: TestApp) {
        let app = within(app, 2, DbLimits::default()).await;
        let other = app.database.connect().await;
        let (scope, _web, eve) = eve(&app).await;
        make_slow(&app.core.db).await;
        for ask_as_script in [false, true] {
            let (visitor, mut looks) = (eve.clone(), 0);
            // Two at once, so that all readers are at it.
            let mut asked = tokio::task::JoinSet::new();
            for _ in 0..2 {
                let visitor = visitor.clone();
                asked.spawn(async move {
                    match ask_as_script {
                        false => drop(visitor.get("/t/contoso/operations").await),
                        true => drop(visitor.call("operations/list", &[("tenant", "contoso")]).await),
                    }
                });
            }
            eventually("the statement is under way, and stays so", async || {
                looks = if is_reading(&app, &other).await { looks + 1 } else { 0 };
                (looks > 20).then_some(())
            })
            .await;
            asked.shutdown().await;
            let begun = Instant::now();
            eventually("nothing is under way", async || (!is_reading(&app, &other).await).then_some(())).await;
            assert_eq!(life::unknown(&app.core.db, scope).await.unwrap(), 0);
            assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
        }
    }

    async fn while_every_connection_is_taken_pages_say_so_and_running_jobs_live_on(app: TestApp) {
        let app = within(app, 3, DbLimits { acquire: Duration::from_millis(300), ..DbLimits::default() }).await;
        let other = app.database.connect().await;
        let (scope, _web, eve) = eve(&app).await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let job = TestJob::doing(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        });
        let _workers = Workers::start_with(&app.core, vec![job], Duration::from_secs(600), Duration::from_millis(50));
        let run = app.ensure(scope, json!({})).await.run().id;
        eventually("it runs", async || app.detail(scope, run).await.run.has_worker().then_some(())).await;

        let taken = take_all(&app.core.db, 3).await;
        let begun = Instant::now();
        assert_eq!(eve.get("/t/contoso/operations").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        let form = [("tenant", "contoso"), ("operation_type", "inventory.sync")];
        assert_eq!(eve.call("operations/start", &form).await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        assert_eq!(eve.get("/healthz").await.status(), StatusCode::OK);
        let before = beats(&other, run).await;
        eventually("its heart beats", async || (beats(&other, run).await > before + 2).then_some(())).await;

        drop(taken);
        assert_eq!(eve.get("/t/contoso/operations").await.status(), StatusCode::OK);
        go.notify_one();
        assert_eq!(app.completed(scope, run).await.run.attempt, 1);
    }
}
