//! Tasks that come twice: from a queue that took a living worker for dead, or after one that died.

mod common;

use std::{path::Path, sync::Arc, time::Duration};

use apalis_core::task::builder::TaskBuilder;
use common::{
    TestApp, assert_mirrored, eventually,
    graph::{Graph, retry_at_once},
    jobs::TestJob,
    policies,
};
use futures::future::BoxFuture;
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, RunOutcome, RunStatus},
    },
    server::{
        connections::Connections,
        db::{inventory, tasks::RunTask},
        jobs::{JobRouter, Producer, producers},
        net::{OutboundPolicy, http_client},
        runs::{JobError, Limits, RunHandle, Running, TrackOperationRun, TrackerSettings, watchdog::Watchdog},
        start::start,
    },
};
use serde_json::json;
use tokio::{sync::Notify, task::JoinHandle};
use tower::{Layer, Service};

const BEAT: Duration = Duration::from_millis(20);

/// Gives the run's task to a worker of this name, as the queue does.
fn deliver(app: &TestApp, worker: &str, job: Arc<dyn Producer>, running: &Running, run_id: RunId) -> JoinHandle<()> {
    let settings = TrackerSettings {
        worker: worker.to_owned(),
        heartbeat_every: BEAT,
        time_limit: Duration::from_secs(60),
        cancel_patience: Duration::from_secs(60),
        limits: Limits::NONE,
    };
    let tracker = TrackOperationRun::new(app.core.runs.clone(), settings, running.clone());
    let mut service = tracker.layer(JobRouter::new(vec![job]));
    let task = TaskBuilder::new(RunTask::For(run_id)).build();
    tokio::spawn(async move {
        // What the queue would do with an error does not matter here.
        let _ = service.call(task).await;
    })
}

fn inventory_sync(app: &TestApp) -> Arc<dyn Producer> {
    let policy = OutboundPolicy { allow_private: true };
    let core = &app.core;
    let http = http_client(policy).unwrap();
    let connections =
        Connections::new(core.db.clone(), core.clock.clone(), core.secrets.clone(), http, policy, retry_at_once());
    producers(&connections).remove(0)
}

fn policy_sync(app: &TestApp) -> Arc<dyn Producer> {
    let policy = OutboundPolicy { allow_private: true };
    let core = &app.core;
    let http = http_client(policy).unwrap();
    let connections =
        Connections::new(core.db.clone(), core.clock.clone(), core.secrets.clone(), http, policy, retry_at_once());
    let of_policies = |job: &Arc<dyn Producer>| job.operation_type() == OperationType::PolicySync;
    producers(&connections).into_iter().find(of_policies).unwrap()
}

/// Does all the work and dies before the run is closed.
struct Dies {
    job: Arc<dyn Producer>,
    worked: Arc<Notify>,
}

impl Producer for Dies {
    fn operation_type(&self) -> OperationType {
        self.job.operation_type()
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        Box::pin(async move {
            self.job.perform(run).await?;
            self.worked.notify_one();
            std::future::pending().await
        })
    }
}

fn write_policies(folder: &Path, policies: &[(&str, u32)]) {
    let policies: Vec<_> = policies
        .iter()
        .map(|(name, minimum)| {
            json!({ "id": name, "displayName": name,
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "passwordMinimumLength": minimum })
        })
        .collect();
    std::fs::write(folder.join("all.json"), json!({ "deviceCompliancePolicies": policies }).to_string()).unwrap();
}

fn write_filters(folder: &Path, names: &[&str]) {
    let filters: Vec<_> = names
        .iter()
        .map(|name| {
            let id = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
            json!({ "id": id, "displayName": name, "platform": "iOS", "rule": "(device.model -eq \"x\")" })
        })
        .collect();
    std::fs::write(folder.join("filters.json"), json!({ "filters": filters }).to_string()).unwrap();
}

on_both_engines! {
    async fn a_second_delivery_leaves_the_run_to_the_worker_that_lives(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let go = Arc::new(Notify::new());
        let gate = go.clone();
        let waits = TestJob::doing(move |_| {
            let gate = gate.clone();
            async move { gate.notified().await; Ok(()) }
        });
        let run = app.ensure(scope, json!({})).await.run().id;
        let running = Running::new(4);
        let first = deliver(&app, "first", waits.clone(), &running, run);
        eventually("the first runs it", async || {
            (app.detail(scope, run).await.run.status == RunStatus::Running).then_some(())
        }).await;
        deliver(&app, "second", waits, &running, run).await.unwrap();
        go.notify_one();
        first.await.unwrap();
        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (1, Some(RunOutcome::Succeeded)));
    }

    async fn a_new_attempt_tells_the_truth_of_what_the_dead_one_left(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        write_filters(folder.path(), &["stays", "goes"]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let run = app.ensure(scope, json!({})).await.run().id;
        // The first worker does all the work and dies before it closes the run.
        let (sync, worked) = (inventory_sync(&app), Arc::new(Notify::new()));
        let done = worked.clone();
        let dies = TestJob::doing(move |handle| {
            let (sync, done) = (sync.clone(), done.clone());
            async move {
                sync.perform(handle).await?;
                done.notify_one();
                std::future::pending().await
            }
        });
        let running = Running::new(4);
        let first = deliver(&app, "first", dies, &running, run);
        worked.notified().await;
        running.crash().await;
        first.await.unwrap();
        assert_eq!(app.detail(scope, run).await.run.status, RunStatus::Running);

        // Meanwhile something is deleted in the tenant.
        write_filters(folder.path(), &["stays"]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        app.tenant_at("contoso", &graph.url).await;
        let mut watchdog = Watchdog::new(app.core.runs.clone(), Duration::ZERO);
        let mut lost = watchdog.look().await.unwrap();
        lost.extend(watchdog.look().await.unwrap());
        assert_eq!(lost.len(), 1);
        deliver(&app, "second", inventory_sync(&app), &Running::new(4), run).await.unwrap();

        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)));
        assert_eq!(inventory::count_by_family(&app.core.db, scope).await.unwrap(), [("assignment_filters".to_owned(), 1)]);
        let counts = &detail.run.summary_counts;
        assert_eq!((counts.total, counts.own["created"], counts.own["removed"]), (1, 1, 1));
        assert_mirrored(&app, scope, &detail).await;
    }

    async fn a_second_policy_sync_counts_anew_and_keeps_every_version(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        write_policies(folder.path(), &[("stays", 1), ("changes", 1), ("goes", 1)]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let run = start(&app.core.runs, scope, OperationType::PolicySync, &json!({}), Initiator::system()).await.unwrap().run().id;
        let worked = Arc::new(Notify::new());
        let dies = Arc::new(Dies { job: policy_sync(&app), worked: worked.clone() });
        let running = Running::default();
        let first = deliver(&app, "first", dies, &running, run);
        worked.notified().await;
        running.finish(Duration::ZERO).await;
        first.await.unwrap();

        write_policies(folder.path(), &[("stays", 1), ("changes", 2)]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        app.tenant_at("contoso", &graph.url).await;
        app.advance(TimeDelta::seconds(60));
        deliver(&app, "second", policy_sync(&app), &Running::default(), run).await.unwrap();

        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)));
        policies::assert_counts(&app, scope, &detail).await;
        let found = ["created", "updated", "unchanged", "removed"].map(|key| policies::own(&detail, key));
        assert_eq!(found, [2, 0, 0, 1]);
        let versions = policies::versions(&app, scope).await;
        let told: Vec<_> = versions.iter().map(|one| (one.graph_id.as_str(), one.version, one.body.is_some())).collect();
        let expected = [("changes", 1, true), ("changes", 2, true), ("goes", 1, true), ("goes", 2, false), ("stays", 1, true)];
        assert_eq!(told, expected);
    }
}
