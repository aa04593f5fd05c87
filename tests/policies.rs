//! `policy.sync` end to end: ledger, queue, tracker and Graph client, against the simulator over HTTP.

mod common;

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    policies::{own, sync, versions},
};
use runledger::model::run::RunOutcome;

on_both_engines! {
    async fn a_first_sync_keeps_everything_whole_and_a_second_writes_no_version(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);

        let first = sync(&app, scope).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::Succeeded), "{:?}", first.failures);
        let kept = versions(&app, scope).await;
        assert!(kept.len() > 50, "the sample tenant has many policies: {}", kept.len());
        assert_eq!((own(&first, "created"), first.run.summary_counts.total), (kept.len() as u64, kept.len() as u64));
        assert!(kept.iter().all(|one| one.version == 1 && one.run_id == first.run.id));

        let second = sync(&app, scope).await;
        let counts = ["unchanged", "created", "updated", "removed"].map(|key| own(&second, key));
        assert_eq!(counts, [kept.len() as u64, 0, 0, 0]);
        assert_eq!(versions(&app, scope).await, kept);
    }
}
