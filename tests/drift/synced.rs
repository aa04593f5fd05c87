//! The whole way: real syncs over HTTP from a simulator of Graph, then drift over what they stored.

use std::path::Path;

use runledger::{
    model::{
        finding_filter::StateFilter,
        operation::OperationType,
        run::{Initiator, RunOutcome},
    },
    server::{db::scope::TenantScope, start::start},
};
use serde_json::{Value, json};

use crate::{
    common::{
        TestApp,
        graph::{Graph, ProductWorkers},
    },
    findings::{catalog, exported},
    on_both_engines,
    support::{findings, generate, previous, tally, told},
};

/// A tenant that has this policy, as a file that a tool has exported.
async fn serves(app: &TestApp, folder: &Path, policy: &Value) -> Graph {
    let mut policy = policy.clone();
    let context = "https://graph.microsoft.com/beta/$metadata#deviceManagement/configurationPolicies/$entity";
    policy["@odata.context"] = context.into();
    std::fs::write(folder.join("Firewall.json"), policy.to_string()).unwrap();
    let graph = Graph::of_folder(folder.to_owned()).await;
    app.tenant_at("contoso", &graph.url).await;
    graph
}

async fn sync(app: &TestApp, scope: TenantScope) {
    app.advance(chrono::TimeDelta::minutes(1));
    let started =
        start(&app.core.runs, scope, OperationType::PolicySync, &json!({}), Initiator::system()).await.unwrap();
    let detail = app.completed(scope, started.run().id).await;
    assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
    assert_eq!(detail.run.summary_counts.succeeded, 1);
}

on_both_engines! {
    async fn two_exports_of_a_policy_are_no_drift_and_one_setting_is_one_finding(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let _first = serves(&app, folder.path(), &catalog("block")).await;
        sync(&app, scope).await;
        let _second = serves(&app, folder.path(), &exported("block")).await;
        sync(&app, scope).await;
        let run = generate(&app, scope, previous()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [0, 0, 0]));
        assert_eq!(run.run.summary_counts.total, 1);

        let _third = serves(&app, folder.path(), &exported("allow")).await;
        sync(&app, scope).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [1, 0, 0]);
        let path = "settings[firewall_rules].groups[0].children[firewall_action].choice.value";
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!(told(&found), [(path, json!("block"), json!("allow"))]);
    }
}
