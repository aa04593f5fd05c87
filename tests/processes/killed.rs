//! A worker that is killed in the midst of a run.

use std::time::Duration;

use runledger::{
    model::{
        operation::OperationType,
        run::{Initiator, RunEventKind, RunOutcome},
    },
    server::{db::inventory, start::start},
};
use serde_json::json;

use crate::{
    common::{TestApp, assert_mirrored, eventually, graph::Graph, processes::Installation},
    on_both_engines,
};

on_both_engines! {
    async fn what_a_killed_worker_left_is_begun_again_and_counted_right(app: TestApp) {
        let graph = Graph::sample(&["slow:60"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let installation = Installation::on(&app.database).with("RUNLEDGER_LEASE_SECONDS", "2");
        let mut workers = vec![installation.worker(), installation.worker()];
        for worker in &mut workers {
            worker.is_up().await;
        }
        let inventory = OperationType::InventorySync;
        let run = start(&app.core.runs, scope, inventory, &json!({}), Initiator::system()).await.unwrap().run().id;
        let begun = eventually("some of it is done", async || {
            let detail = app.detail(scope, run).await;
            (detail.run.summary_counts.succeeded > 0).then_some(detail)
        }).await;
        let actor = &begun.events.iter().rfind(|event| event.kind == RunEventKind::Started).unwrap().actor;
        let killed = workers.iter_mut().find(|worker| worker.is(actor)).expect("one of the workers has it");
        killed.kill();
        graph.set_faults(&[]).await;

        let detail = app.completed(scope, run).await;
        assert_eq!((detail.run.attempt, detail.run.outcome), (2, Some(RunOutcome::Succeeded)), "{:?}", detail.failures);
        let released: Vec<_> = detail.events.iter().filter(|event| event.kind == RunEventKind::Released).collect();
        assert_eq!(released.len(), 1);
        assert_eq!(released[0].detail["why"], "worker_lost");
        let stored: i64 = inventory::count_by_family(&app.core.db, scope).await.unwrap().iter().map(|(_, n)| n).sum();
        let counts = &detail.run.summary_counts;
        assert_eq!((counts.succeeded, counts.failed), (u64::try_from(stored).unwrap(), 0));
        assert_eq!(counts.own["created"], counts.succeeded, "all of it is this run's, whichever attempt found it");
        assert_mirrored(&app, scope, &detail).await;
        eventually("the installation is well", async || {
            app.core.runs.health(Duration::from_secs(60)).await.unwrap().is_well().then_some(())
        }).await;
    }
}
