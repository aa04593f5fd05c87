//! A finding stays the same from run to run: it is not doubled, it ends, it comes back.

use runledger::model::{drift::FindingState, finding_filter::StateFilter};
use serde_json::json;

use crate::{
    common::{TestApp, graph::ProductWorkers},
    on_both_engines,
    support::{Policies, Syncs, device, findings, generate, previous, states, tally},
};

fn with(value: i32) -> Policies {
    [device("a", json!({ "value": value })), device("b", json!({"other": "same"}))].into()
}

on_both_engines! {
    async fn a_second_run_does_not_double_what_the_first_found(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1)).await;
        syncs.sync(&app, scope, &with(2)).await;
        let first = generate(&app, scope, previous()).await;
        let second = generate(&app, scope, previous()).await;
        assert_eq!([tally(&first), tally(&second)], [[1, 0, 0], [0, 1, 0]]);
        let found = findings(&app, "contoso", StateFilter::All).await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].first_seen_run, found[0].last_seen_run), (first.run.id, second.run.id));
    }

    async fn what_is_gone_is_resolved_and_what_comes_back_is_new(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1)).await;
        syncs.sync(&app, scope, &with(2)).await;
        generate(&app, scope, previous()).await;
        let id = findings(&app, "contoso", StateFilter::New).await[0].id;

        syncs.sync(&app, scope, &with(2)).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [0, 0, 1]);
        let found = findings(&app, "contoso", StateFilter::All).await;
        assert_eq!(states(&found), [("value", FindingState::Resolved)]);
        assert!(found[0].resolved_at.is_some());
        // What is resolved already is not resolved again.
        assert_eq!(tally(&generate(&app, scope, previous()).await), [0, 0, 0]);

        syncs.sync(&app, scope, &with(3)).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [1, 0, 0]);
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!((found[0].id, found[0].resolved_at), (id, None));
    }

    async fn a_policy_that_is_gone_altogether_resolves_what_was_found_in_it(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(1)).await;
        syncs.sync(&app, scope, &with(2)).await;
        generate(&app, scope, previous()).await;
        let mut policies = with(2);
        policies.retain(|(_, id), _| id == "b");
        syncs.sync(&app, scope, &policies).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [1, 0, 1]);
        syncs.sync(&app, scope, &policies).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [0, 0, 1]);
    }
}
