//! A run that is done twice, because its first worker was lost after it had written everything.

use std::{sync::Arc, time::Duration};

use apalis_core::task::builder::TaskBuilder;
use chrono::TimeDelta;
use futures::{FutureExt, future::BoxFuture};
use runledger::{
    model::{
        finding_filter::StateFilter,
        ids::RunId,
        operation::OperationType,
        run::{Initiator, RunOutcome},
    },
    server::{
        db::{scope::TenantScope, tasks::RunTask},
        drift,
        jobs::{JobRouter, Producer},
        runs::{JobError, Limits, NewRun, RunHandle, Running, TrackOperationRun, TrackerSettings},
    },
};
use serde_json::json;
use tokio::{sync::Notify, task::JoinHandle};
use tower::{Layer, Service};

use crate::{
    common::{TestApp, assert_mirrored},
    on_both_engines,
    support::{Syncs, device, findings, tally},
};

/// Does the work; and then, if so told, hangs for ever instead of ending.
struct Worker {
    hangs: Option<Arc<Notify>>,
}

impl Producer for Worker {
    fn operation_type(&self) -> OperationType {
        OperationType::DriftGenerate
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        async move {
            drift::generate(&run).await?;
            if let Some(worked) = &self.hangs {
                worked.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(())
        }
        .boxed()
    }
}

fn deliver(app: &TestApp, hangs: Option<Arc<Notify>>, running: &Running, run_id: RunId) -> JoinHandle<()> {
    let settings = TrackerSettings {
        worker: "test-worker".to_owned(),
        heartbeat_every: Duration::from_millis(20),
        time_limit: Duration::from_secs(60),
        cancel_patience: Duration::from_secs(60),
        limits: Limits::NONE,
    };
    let tracker = TrackOperationRun::new(app.core.runs.clone(), settings, running.clone());
    let job: Arc<dyn Producer> = Arc::new(Worker { hangs });
    let mut service = tracker.layer(JobRouter::new(vec![job]));
    let task = TaskBuilder::new(RunTask::For(run_id)).build();
    tokio::spawn(async move {
        let _ = service.call(task).await;
    })
}

async fn asked_for(app: &TestApp, scope: TenantScope) -> RunId {
    let inputs = json!({"baseline": {"kind": "previous"}});
    let new = NewRun {
        operation_type: OperationType::DriftGenerate,
        context: json!({ "inputs": inputs }),
        inputs,
        initiator: Initiator::system(),
        retry_of: None,
    };
    app.core.runs.ensure_run(scope, new).await.unwrap().run().id
}

on_both_engines! {
    async fn the_second_attempt_comes_to_the_same(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let with = |value: i32, more: &[&str]| {
            let more = more.iter().map(|id| device(id, json!({})));
            [device("a", json!({ "value": value }))].into_iter().chain(more).collect()
        };
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1, &[])).await;
        syncs.sync(&app, scope, &with(2, &[])).await;
        deliver(&app, None, &Running::new(4), asked_for(&app, scope).await).await.unwrap();

        // Now that finding is gone, and there is another one.
        syncs.sync(&app, scope, &with(2, &["new"])).await;
        let run = asked_for(&app, scope).await;
        let (worked, running) = (Arc::new(Notify::new()), Running::new(4));
        let first = deliver(&app, Some(worked.clone()), &running, run);
        worked.notified().await;
        running.finish(Duration::ZERO).await;
        first.await.unwrap();
        assert_eq!(tally(&app.detail(scope, run).await), [1, 0, 1]);

        app.advance(TimeDelta::seconds(60));
        deliver(&app, None, &Running::new(4), run).await.unwrap();
        let detail = app.detail(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)));
        assert_eq!(tally(&detail), [1, 0, 1]);
        assert_mirrored(&app, scope, &detail).await;
        assert_eq!(findings(&app, "contoso", StateFilter::All).await.len(), 2);
    }
}
