//! Doing a run again: only what failed in a backup, and a request that joins keeps its parent.

mod common;

use common::{
    TestApp,
    backups::{Place, set},
};
use reqwest::StatusCode;
use runledger::{
    model::{
        backup::SetStatus,
        operation::OperationType,
        run::{Initiator, RunOutcome},
    },
    server::start::{retry, start},
};
use serde_json::json;

fn ana() -> Initiator {
    Initiator { user_id: None, name: "Ana".to_owned() }
}

on_both_engines! {
    async fn failed_items_of_a_backup_are_what_its_set_still_lacks(app: TestApp) {
        let place = Place::new(&app).await;
        let mut policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let unreadable = policies.len() as u64;
        policies.extend(place.of("conditional_access_policies", "identity/conditionalAccess/policies").await);
        place.graph.set_faults(&["forbidden:deviceConfigurations"]).await;
        let (id, run) = place.backed_up(&app, &policies, &[]).await;
        assert_eq!(run.run.outcome, Some(RunOutcome::PartiallySucceeded));
        let page = place.owner.get(&format!("/t/contoso/operations/{}", run.run.id)).await.text().await.unwrap();
        assert!(page.contains("Run failed items again"), "the page offers it");
        place.graph.set_faults(&[]).await;
        let form = [("tenant", "contoso"), ("run", &run.run.id.to_string()), ("failed_only", "true")];
        let (status, started) = place.owner.ask("operations/retry", &form).await;
        assert_eq!(status, StatusCode::OK, "{started}");
        let again = place.ended(&app, &started).await;
        assert_eq!(again.run.retry_of, Some(run.run.id));
        assert_eq!(again.run.summary_counts.total, unreadable);
        let now = set(&app, place.scope, id).await;
        assert_eq!((now.status, now.items, now.missing), (SetStatus::Complete, policies.len() as u64, 0));
        // It has all of them by now.
        let (status, _) = place.owner.ask("operations/retry", &form).await;
        assert_eq!(status, StatusCode::CONFLICT);
    }

    async fn a_retry_that_joins_an_active_run_makes_it_the_retry(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let ledger = &app.core.runs;
        let inputs = json!({});
        let failed = start(ledger, scope, OperationType::InventorySync, &inputs, ana()).await.unwrap().run().id;
        ledger.cancel(scope, failed, &ana()).await.unwrap();
        let active = start(ledger, scope, OperationType::InventorySync, &inputs, ana()).await.unwrap().run().id;
        let joined = retry(ledger, scope, failed, false, ana()).await.unwrap();
        assert_eq!((joined.run().id, joined.run().retry_of), (active, Some(failed)));
        assert_eq!(app.detail(scope, failed).await.retried_by, [active]);
    }
}
