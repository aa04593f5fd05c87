//! The seed: the same history for the same plan, on either engine, and whole.

mod common;

use common::{Engine, TestApp, assert_mirrored, start_of_time};
use runledger::{
    model::{
        filter::{Place, RunFilter},
        ids::TenantId,
        run::{Run, RunDetail, RunEventKind},
    },
    server::{
        db::{run_tables::RunTable, scope::TenantScope, tenants},
        seed::{SeedError, SeedPlan, seed},
    },
};

const PLAN: SeedPlan = SeedPlan { runs: 900, tenants: 3, seed: 7, end: chrono::DateTime::<chrono::Utc>::UNIX_EPOCH };

async fn seeded(engine: Engine, plan: SeedPlan) -> TestApp {
    let app = TestApp::start(engine).await;
    seed(&app.core.db, &app.core.secrets, SeedPlan { end: start_of_time(), ..plan }, |_| {}).await.unwrap();
    app
}

async fn scope(app: &TestApp, slug: &str) -> TenantScope {
    tenants::by_slug(&app.core.db, slug).await.unwrap().expect("the tenant is seeded").scope()
}

async fn all(app: &TestApp, slug: &str) -> (TenantId, Vec<Run>) {
    let scope = scope(app, slug).await;
    let mut runs = Vec::new();
    let mut filter = RunFilter::default();
    loop {
        let page = app.core.runs.list(scope, &filter).await.unwrap();
        runs.extend(page.runs);
        match page.next {
            Some(next) => filter = filter.at(Place::After(next)),
            None => return (scope.tenant(), runs),
        }
    }
}

async fn details(app: &TestApp, slug: &str) -> Vec<RunDetail> {
    let scope = scope(app, slug).await;
    let mut details = Vec::new();
    for run in all(app, slug).await.1 {
        details.push(app.detail(scope, run.id).await);
    }
    details
}

#[tokio::test]
async fn the_same_plan_gives_the_same_history_on_either_engine() {
    let (sqlite, postgres) = tokio::join!(seeded(Engine::Sqlite, PLAN), seeded(Engine::Postgres, PLAN));
    for slug in ["adatum", "bellows-college", "coho-winery"] {
        assert_eq!(details(&sqlite, slug).await, details(&postgres, slug).await);
    }
    let other = seeded(Engine::Sqlite, SeedPlan { seed: 8, ..PLAN }).await;
    assert_ne!(all(&sqlite, "adatum").await, all(&other, "adatum").await);
}

on_both_engines! {
    async fn every_run_is_there_once_with_its_history_and_its_producers_record(app: TestApp) {
        let plan = SeedPlan { end: start_of_time(), ..PLAN };
        let told = seed(&app.core.db, &app.core.secrets, plan, |_| {}).await.unwrap();
        assert_eq!(told.runs, plan.runs);
        let mut count = 0;
        for slug in ["adatum", "bellows-college", "coho-winery"] {
            let scope = scope(&app, slug).await;
            for detail in details(&app, slug).await {
                count += 1;
                let run = &detail.run;
                assert!(run.created_at < plan.end && run.sample);
                let kinds: Vec<_> = detail.events.iter().map(|line| line.kind).collect();
                assert_eq!((kinds[0], kinds[kinds.len() - 1]), (RunEventKind::Created, RunEventKind::Completed));
                assert!(detail.events.is_sorted_by_key(|line| line.at));
                let counts = &run.summary_counts;
                assert_eq!(counts.total, counts.succeeded + counts.failed + counts.skipped);
                if RunTable::of(run.operation_type).is_some() {
                    assert_mirrored(&app, scope, &detail).await;
                }
            }
        }
        assert_eq!(count, plan.runs);
    }

    async fn a_database_is_seeded_once(app: TestApp) {
        let plan = SeedPlan { runs: 10, end: start_of_time(), ..PLAN };
        seed(&app.core.db, &app.core.secrets, plan, |_| {}).await.unwrap();
        let again = seed(&app.core.db, &app.core.secrets, plan, |_| {}).await;
        assert!(matches!(again, Err(SeedError::Seeded(_))));
    }
}
