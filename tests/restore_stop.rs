//! Restores whose process is asked to stop, is lost again and again, or has a clock that jumps.

mod common;

use std::{
    process::{Child, Command},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use common::{
    TestApp,
    backups::Place,
    eventually,
    graph::ProductWorkers,
    restores::{assert_shown, keys, spawn_worker, states},
};
use reqwest::Method;
use runledger::{
    model::{
        backup::PolicyKey,
        ids::{BackupSetId, RestoreRunId},
        reason::ReasonCode,
        restore::{RestoreDetail, RestoreState, RestoreStatus},
    },
    server::db::Db,
};

const CONFIGS: &str = "deviceManagement/deviceConfigurations";

async fn detail(app: &TestApp, place: &Place, id: RestoreRunId) -> RestoreDetail {
    app.core.restores.detail(place.scope, id).await.unwrap()
}

async fn backed_up(app: &TestApp, place: &Place, policies: usize) -> (BackupSetId, Vec<PolicyKey>) {
    let policies: Vec<String> = place.of("device_configurations", CONFIGS).await.into_iter().take(policies).collect();
    let set = place.backed_up(app, &policies, &[]).await.0;
    (set, keys(app, place.scope, set).await)
}

/// A confirmed restore of ten policies that are gone from the tenant, which answers slowly, and nobody who does it.
async fn ten_to_create(app: &TestApp, place: &mut Place, delay: &str) -> RestoreRunId {
    let (set, all) = backed_up(app, place, 10).await;
    for key in &all {
        let gone = place.directory.send(Method::DELETE, &format!("{CONFIGS}/{}", key.graph_id), None).await;
        assert!(gone.status().is_success());
    }
    let id = place.previewed(app, set, &all, false).await.run.id;
    place.kill_workers().await;
    place.graph.set_faults(&[delay]).await;
    place.confirm(app, id).await;
    id
}

async fn some_are_written(app: &TestApp, place: &Place, id: RestoreRunId) {
    eventually("some are written", async || {
        let made = states(&detail(app, place, id).await);
        (made.iter().filter(|state| **state == RestoreState::Created).count() >= 2).then_some(())
    })
    .await;
}

fn terminate(worker: &mut Child) -> Option<i32> {
    assert!(Command::new("kill").arg(worker.id().to_string()).status().unwrap().success());
    worker.wait().unwrap().code()
}

async fn by_hand(app: &TestApp, sql: &'static str) {
    match &app.core.db {
        Db::Sqlite(db) => drop(sqlx::query(sql).execute(db.write()).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

on_both_engines! {
    async fn a_restore_whose_process_is_asked_to_stop_ends_its_policy_and_goes_on_elsewhere_at_once(app: TestApp) {
        let mut place = Place::new(&app).await;
        let count = place.directory.ids(CONFIGS).await.len();
        let id = ten_to_create(&app, &mut place, "slow:60").await;
        let elsewhere = tempfile::tempdir().unwrap();
        let mut worker = spawn_worker(&app.database, elsewhere.path());
        some_are_written(&app, &place, id).await;
        assert_eq!(terminate(&mut worker), Some(0));
        place.graph.set_faults(&[]).await;
        let left = detail(&app, &place, id).await;
        assert_eq!((left.run.status, left.run.beat_at), (RestoreStatus::Running, None));
        assert!(!states(&left).contains(&RestoreState::Writing), "{:#?}", left.items);
        assert!(states(&left).contains(&RestoreState::Waiting), "it was stopped in the middle");
        let begun = Instant::now();
        place._workers = ProductWorkers::start(&app.core);
        let done = place.reached(&app, id, RestoreStatus::Completed).await;
        assert!(begun.elapsed() < Duration::from_secs(5), "it waited for nobody");
        assert!(states(&done).iter().all(|state| *state == RestoreState::Created), "{:#?}", done.items);
        assert_eq!(place.directory.ids(CONFIGS).await.len(), count, "each once");
        assert_eq!(assert_shown(&app, place.scope, id).await.run.attempt, 2);
    }

    async fn a_clock_that_jumps_takes_no_restore_from_its_process(app: TestApp) {
        let mut place = Place::new(&app).await;
        let id = ten_to_create(&app, &mut place, "slow:40").await;
        place._workers = ProductWorkers::start(&app.core);
        some_are_written(&app, &place, id).await;
        let other = app.another_node().await;
        let _others = ProductWorkers::start(&other);
        eventually("it has ended", async || {
            app.advance(TimeDelta::hours(1));
            (detail(&app, &place, id).await.run.status == RestoreStatus::Completed).then_some(())
        })
        .await;
        assert_eq!(assert_shown(&app, place.scope, id).await.run.attempt, 1, "nobody else took it");
    }

    async fn a_restore_that_kills_its_processes_is_given_up(app: TestApp) {
        let mut place = Place::new(&app).await;
        let id = ten_to_create(&app, &mut place, "slow:60").await;
        place._workers = ProductWorkers::start(&app.core);
        some_are_written(&app, &place, id).await;
        place.kill_workers().await;
        let half_way = async || app.core.runs.health(Duration::from_secs(60)).await.unwrap().restores_half_way;
        assert_eq!(half_way().await, 0, "it may still live");
        app.advance(TimeDelta::seconds(31));
        assert_eq!(half_way().await, 1);
        by_hand(&app, "UPDATE restore_runs SET attempt = first_attempt + 9").await;
        by_hand(&app, "UPDATE restore_items SET state = 'writing' WHERE graph_id = (SELECT max(graph_id) FROM restore_items)").await;
        place._workers = ProductWorkers::start_impatient(&app.core);
        let ended = place.reached(&app, id, RestoreStatus::Failed).await;
        assert_eq!(ended.run.failure.as_ref().unwrap().code, ReasonCode::WorkerLost);
        assert!(!states(&ended).contains(&RestoreState::Writing), "what nobody knows is told as failed");
        assert!(states(&ended).contains(&RestoreState::Failed));
        assert_shown(&app, place.scope, id).await;
    }

    async fn a_tenant_never_has_more_restores_done_than_it_may(app: TestApp) {
        let mut place = Place::new(&app).await;
        let (set, all) = backed_up(&app, &place, 3).await;
        place.kill_workers().await;
        place.graph.set_faults(&["slow:20"]).await;
        let member = place.member(&app).await;
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(app.core.restores.create(&member, set, all.clone(), false).await.unwrap().id);
        }
        let other = app.another_node().await;
        let _here = ProductWorkers::start_so(&app.core, |options| options.tenant_runs = 1);
        let _there = ProductWorkers::start_so(&other, |options| options.tenant_runs = 1);
        eventually("all are previewed, one after the other", async || {
            let (mut taken, mut previewed) = (0, 0);
            // One statement: several would be of different moments.
            for (beaten, status) in restores_now(&app).await {
                taken += usize::from(beaten);
                previewed += usize::from(status == "previewed");
            }
            assert!(taken <= 1, "{taken} at once");
            (previewed == ids.len()).then_some(())
        })
        .await;
    }
}

/// Of each restore, whether somebody does it, and its status.
async fn restores_now(app: &TestApp) -> Vec<(bool, String)> {
    let sql = "SELECT beat_at IS NOT NULL, status FROM restore_runs";
    match &app.core.db {
        Db::Sqlite(db) => sqlx::query_as(sql).fetch_all(db.read()).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    }
}
