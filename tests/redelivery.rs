//! Tasks that come twice: from a queue that took a living worker for dead, or after one that died.

mod common;

use std::{path::Path, sync::Arc, time::Duration};

use apalis_core::task::builder::TaskBuilder;
use common::{
    TestApp, assert_mirrored, backups, eventually,
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

/// The product's own job for a type.
fn job(app: &TestApp, operation_type: OperationType) -> Arc<dyn Producer> {
    let policy = OutboundPolicy { allow_private: true };
    let core = &app.core;
    let http = http_client(policy).unwrap();
    let connections =
        Connections::new(core.db.clone(), core.clock.clone(), core.secrets.clone(), http, policy, retry_at_once());
    producers(&connections).into_iter().find(|job| job.operation_type() == operation_type).unwrap()
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

/// The first worker does all the work and dies before it closes the run.
async fn work_and_die(app: &TestApp, job: Arc<dyn Producer>, run: RunId) {
    let worked = Arc::new(Notify::new());
    let dies = Arc::new(Dies { job, worked: worked.clone() });
    let running = Running::new(4);
    let first = deliver(app, "first", dies, &running, run);
    worked.notified().await;
    running.crash().await;
    first.await.unwrap();
}

async fn notice_the_loss(app: &TestApp) {
    let mut watchdog = Watchdog::new(app.core.runs.clone(), Duration::ZERO);
    let mut lost = watchdog.look().await.unwrap();
    lost.extend(watchdog.look().await.unwrap());
    assert_eq!(lost.len(), 1);
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
        work_and_die(&app, job(&app, OperationType::InventorySync), run).await;
        assert_eq!(app.detail(scope, run).await.run.status, RunStatus::Running);

        // Meanwhile something is deleted in the tenant.
        write_filters(folder.path(), &["stays"]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        app.tenant_at("contoso", &graph.url).await;
        notice_the_loss(&app).await;
        deliver(&app, "second", job(&app, OperationType::InventorySync), &Running::new(4), run).await.unwrap();

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
        work_and_die(&app, job(&app, OperationType::PolicySync), run).await;

        write_policies(folder.path(), &[("stays", 1), ("changes", 2)]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        app.tenant_at("contoso", &graph.url).await;
        notice_the_loss(&app).await;
        deliver(&app, "second", job(&app, OperationType::PolicySync), &Running::new(4), run).await.unwrap();

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
    async fn a_backup_goes_on_from_what_dead_attempts_kept(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        write_policies(folder.path(), &[("one", 1), ("two", 1)]);
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let set = backups::empty(&app, scope).await;
        let policies = ["one", "two", "gone"].map(|id| json!({ "family": "device_compliance_policies", "graph_id": id }));
        let inputs = json!({ "backup_set_id": set, "policies": policies });
        let operation = OperationType::BackupSetAddPolicies;
        let run = start(&app.core.runs, scope, operation, &inputs, Initiator::system()).await.unwrap().run().id;
        let counts = async || {
            let counts = app.detail(scope, run).await.run.summary_counts;
            (counts.total, counts.succeeded, counts.failed)
        };
        work_and_die(&app, job(&app, operation), run).await;
        assert_eq!(counts().await, (3, 2, 1));
        let kept = backups::items(&app, scope, set).await;
        assert_eq!(kept.len(), 2);

        // One that comes to nothing says what is there all the same.
        notice_the_loss(&app).await;
        work_and_die(&app, TestJob::of(operation, |_| async { Ok(()) }), run).await;
        assert_eq!(counts().await, (2, 2, 0));

        notice_the_loss(&app).await;
        deliver(&app, "third", job(&app, operation), &Running::new(4), run).await.unwrap();
        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (3, Some(RunOutcome::PartiallySucceeded)));
        assert_eq!((counts().await, detail.failures.len()), ((3, 2, 1), 1));
        assert_eq!(backups::items(&app, scope, set).await, kept, "none was read again");
        assert_mirrored(&app, scope, &detail).await;
    }
}
