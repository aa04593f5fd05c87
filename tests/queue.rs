//! Between the ledger and its queue: fair turns, limits, and what was lost or is not understood.

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{
    TestApp, eventually,
    jobs::{TestJob, Workers},
};
use runledger::{
    model::{
        ids::{RunId, TenantId},
        operation::OperationType,
    },
    server::{
        db::{Db, parked, scope::TenantScope, tasks},
        runs::{Limits, NewRun},
    },
};
use serde_json::json;
use tokio::sync::Notify;

async fn queue(app: &TestApp, scope: TenantScope, count: usize) -> Vec<RunId> {
    let mut runs = Vec::new();
    for number in 0..count {
        runs.push(app.ensure(scope, json!({ "number": number })).await.run().id);
    }
    runs
}

/// Changes the queue's table by hand.
async fn by_hand(app: &TestApp, sqlite: &'static str, postgres: &'static str) {
    match &app.core.db {
        Db::Sqlite(db) => drop(sqlx::query(sqlite).execute(db.write()).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(postgres).execute(pool).await.unwrap()),
    }
}

on_both_engines! {
    async fn a_tenant_with_one_run_does_not_wait_behind_hundreds_of_another(app: TestApp) {
        let (many, one) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
        queue(&app, many, 500).await;
        let single = app.ensure(one, json!({})).await.run().id;
        let order = Arc::new(Mutex::new(Vec::<TenantId>::new()));
        let begun = order.clone();
        let _workers = Workers::start_limited(&app.core, vec![TestJob::doing(move |run| {
            begun.lock().unwrap().push(run.scope().tenant());
            async { Ok(()) }
        })], 1, Limits::NONE);
        app.completed(one, single).await;
        let place = order.lock().unwrap().iter().position(|tenant| *tenant == one.tenant()).unwrap();
        assert!(place < 3, "it was number {place}");
    }

    async fn a_tenant_never_has_more_running_than_it_may_and_leaves_room(app: TestApp) {
        let (many, one) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
        let (now, most, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let many_id = many.tenant();
        let job = {
            let (now, most, go) = (now.clone(), most.clone(), go.clone());
            TestJob::doing(move |run| {
                let (now, most, go) = (now.clone(), most.clone(), go.clone());
                async move {
                    if run.scope().tenant() == many_id {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        go.notified().await;
                        now.fetch_sub(1, Ordering::SeqCst);
                    }
                    Ok(())
                }
            })
        };
        let other = app.another_node().await;
        let limits = Limits { of_tenant: 3, of_type: 2 };
        let _here = Workers::start_limited(&app.core, vec![job.clone()], 4, limits);
        let _there = Workers::start_limited(&other, vec![job], 4, limits);
        let runs = queue(&app, many, 12).await;
        eventually("two run", async || (now.load(Ordering::SeqCst) == 2).then_some(())).await;
        // The other tenant is served although the first one has eleven waiting.
        let single = app.ensure(one, json!({})).await.run().id;
        app.completed(one, single).await;
        for run in runs {
            eventually("it is its turn", async || {
                go.notify_one();
                (!app.detail(many, run).await.run.status.is_active()).then_some(())
            }).await;
        }
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    async fn a_tenant_has_no_more_running_of_all_types_together_than_of_all_types_it_may(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let (now, most, go) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new((0, 0))), Arc::new(Notify::new()));
        let job = |operation_type| {
            let (now, most, go) = (now.clone(), most.clone(), go.clone());
            TestJob::of(operation_type, move |run| {
                let (now, most, go) = (now.clone(), most.clone(), go.clone());
                async move {
                    {
                        let (mut now, mut most) = (now.lock().unwrap(), most.lock().unwrap());
                        now.push(run.run().operation_type);
                        let of_type = now.iter().filter(|other| **other == run.run().operation_type).count();
                        *most = (most.0.max(now.len()), most.1.max(of_type));
                    }
                    go.notified().await;
                    let mut now = now.lock().unwrap();
                    let place = now.iter().position(|other| *other == run.run().operation_type).unwrap();
                    now.remove(place);
                    Ok(())
                }
            })
        };
        let types = [OperationType::InventorySync, OperationType::PolicySync];
        let limits = Limits { of_tenant: 3, of_type: 2 };
        let _workers = Workers::start_limited(&app.core, types.map(job).to_vec(), 8, limits);
        let mut runs = queue(&app, scope, 4).await;
        for number in 0..4 {
            let new = NewRun { operation_type: types[1], ..common::new_run(json!({ "number": number })) };
            runs.push(app.core.runs.ensure_run(scope, new).await.unwrap().run().id);
        }
        eventually("three run", async || (now.lock().unwrap().len() == 3).then_some(())).await;
        for run in runs {
            eventually("it is its turn", async || {
                go.notify_one();
                (!app.detail(scope, run).await.run.status.is_active()).then_some(())
            }).await;
        }
        assert_eq!(*most.lock().unwrap(), (3, 2), "three at once, two of a type");
    }

    async fn runs_without_a_task_get_one_and_tasks_without_a_run_go(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let runs = queue(&app, scope, 3).await;
        let health = async || app.core.runs.health(Duration::from_secs(60)).await.unwrap();
        assert!(health().await.is_well());
        by_hand(&app, "DELETE FROM Jobs", "DELETE FROM apalis.jobs").await;
        let nobody = RunId(app.core.clock.new_id());
        let mut tx = app.core.db.begin().await.unwrap();
        tasks::push(&mut tx, nobody).await.unwrap();
        tx.commit().await.unwrap();

        let told = health().await;
        assert_eq!((told.repairs.runs_without_task, told.repairs.tasks_without_run), (3, 1));
        assert_eq!(health().await, told, "telling changes nothing");
        assert_eq!(app.core.runs.repair().await.unwrap(), told.repairs);
        assert!(health().await.is_well());
        assert!(app.core.runs.repair().await.unwrap().is_empty());
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        for run in runs {
            app.completed(scope, run).await;
        }
    }

    async fn a_run_does_not_wait_longer_than_the_lease_for_a_dead_worker_that_had_its_task(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        by_hand(
            &app,
            "INSERT INTO Workers (id, worker_type, storage_name, layers, last_seen) \
             VALUES ('dead', 'operation_runs', 'x', '', strftime('%s', 'now') - 61)",
            "INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen) \
             VALUES ('dead', 'operation_runs', 'x', '', now() - interval '61 seconds')",
        ).await;
        by_hand(
            &app,
            "UPDATE Jobs SET status = 'Running', lock_by = 'dead', lock_at = strftime('%s', 'now')",
            "UPDATE apalis.jobs SET status = 'Running', lock_by = 'dead', lock_at = now()",
        ).await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        assert_eq!(app.completed(scope, run).await.run.attempt, 1);
    }

    async fn what_cannot_be_read_is_put_aside_and_the_worker_goes_on(app: TestApp) {
        let scope = app.tenant("contoso").await;
        // A payload of another version, of a run that exists.
        let old = app.ensure(scope, json!({ "old": true })).await.run().id;
        by_hand(&app, "UPDATE Jobs SET job = CAST('{\"run\":1,\"v\":0}' AS BLOB)", "UPDATE apalis.jobs SET job = '{\"run\":1,\"v\":0}'").await;
        // No task of ours at all.
        by_hand(
            &app,
            "INSERT INTO Jobs (job, id, job_type, run_at) VALUES (x'00ff', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'operation_runs', 1)",
            "INSERT INTO apalis.jobs (job, id, job_type, run_at) VALUES ('\\x00ff', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'operation_runs', to_timestamp(1))",
        ).await;
        // An id that ends the queue's own worker.
        by_hand(
            &app,
            "INSERT INTO Jobs (job, id, job_type, run_at) VALUES (x'00', 'not an id', 'operation_runs', 1)",
            "INSERT INTO apalis.jobs (job, id, job_type, run_at) VALUES ('\\x00', 'not an id', 'operation_runs', to_timestamp(1))",
        ).await;
        let _workers = Workers::start(&app.core, vec![TestJob::doing(|_| async { Ok(()) })]);
        app.completed(scope, old).await;
        let new = app.ensure(scope, json!({ "new": true })).await.run().id;
        app.completed(scope, new).await;
        let aside = eventually("both are put aside", async || {
            let aside = parked::list(&app.core.db).await.unwrap();
            (aside.len() == 2).then_some(aside)
        }).await;
        let mut ids: Vec<_> = aside.iter().map(|task| task.task_id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "not an id"]);
        assert!(!app.core.runs.health(Duration::from_secs(60)).await.unwrap().is_well());
    }
}
