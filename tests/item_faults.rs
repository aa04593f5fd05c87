//! Syncs of families whose lists or single items are not as they should be.

mod common;

use std::{fs, path::Path};

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    inventory, policies,
    rows::count,
};
use runledger::{
    model::{
        reason::ReasonCode,
        run::{RunDetail, RunOutcome},
    },
    server::db::scope::TenantScope,
};
use serde_json::{Value, json};

fn setting(definition: &str, value: &str) -> Value {
    json!({ "settingInstance": {
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": definition, "choiceSettingValue": { "value": value, "children": [] } } })
}

/// A policy of the settings catalog with two settings, of which it may say that they are more.
fn catalog(name: &str, value: &str, says: usize) -> Value {
    json!({ "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/configurationPolicies/$entity",
        "id": format!("id-of-{name}"), "name": name, "technologies": "mdm", "platforms": "windows10",
        "settingCount": says, "settings": [setting("one", value), setting("two", "same")] })
}

/// The tenant with these policies and no others.
async fn serves(app: &TestApp, folder: &Path, there: &[Value]) -> (Graph, TenantScope) {
    for file in fs::read_dir(folder).unwrap() {
        fs::remove_file(file.unwrap().path()).unwrap();
    }
    for (number, policy) in there.iter().enumerate() {
        fs::write(folder.join(format!("{number}.json")), policy.to_string()).unwrap();
    }
    let graph = Graph::of_folder(folder.to_owned()).await;
    let scope = app.tenant_at("contoso", &graph.url).await;
    (graph, scope)
}

/// Both syncs that read families.
async fn both(app: &TestApp, scope: TenantScope) -> [RunDetail; 2] {
    [policies::sync(app, scope).await, inventory::sync(app, scope).await]
}

fn tally(detail: &RunDetail) -> [u64; 5] {
    let counts = &detail.run.summary_counts;
    [counts.own["created"], counts.own["updated"], counts.own["unchanged"], counts.own["removed"], counts.failed]
}

on_both_engines! {
    async fn an_item_that_is_not_whole_fails_alone_and_keeps_what_was_stored_of_it(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let _workers = ProductWorkers::start(&app.core);
        let before = [catalog("Cut", "before", 2), catalog("Stays", "same", 2), catalog("Goes", "same", 2)];
        let (_first, scope) = serves(&app, folder.path(), &before).await;
        both(&app, scope).await;
        let whole = policies::named(&app, scope, "Cut").await;

        let (_second, scope) = serves(&app, folder.path(), &[catalog("Cut", "after", 3), catalog("Stays", "same", 2)]).await;
        for detail in both(&app, scope).await {
            assert_eq!(detail.run.outcome, Some(RunOutcome::PartiallySucceeded));
            assert_eq!((detail.failures[0].code, detail.failures[0].item.as_deref()), (ReasonCode::IncompleteData, Some("Cut")));
            assert_eq!(tally(&detail), [0, 0, 1, 1, 1], "its neighbour is there, and the one that is gone goes");
        }
        let run = policies::sync(&app, scope).await.run.id;
        assert_eq!(policies::named(&app, scope, "Cut").await, whole, "its last whole version stays");
        assert_eq!(count(&app, scope, run, "policies", "removed_at IS NULL").await, 2);
        assert_eq!(inventory::stored_total(&app, scope).await, 2);

        let (_third, scope) = serves(&app, folder.path(), &[catalog("Cut", "after", 2), catalog("Stays", "same", 2)]).await;
        for detail in both(&app, scope).await {
            assert_eq!((detail.run.outcome, tally(&detail)), (Some(RunOutcome::Succeeded), [0, 1, 1, 0, 0]));
        }
    }

    async fn where_an_item_has_no_id_nothing_is_removed(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let _workers = ProductWorkers::start(&app.core);
        let (_first, scope) = serves(&app, folder.path(), &["A", "B", "C"].map(|name| catalog(name, "same", 2))).await;
        both(&app, scope).await;
        let (second, scope) = serves(&app, folder.path(), &["A", "B"].map(|name| catalog(name, "same", 2))).await;
        second.set_faults(&["unnamed:configurationPolicies"]).await;
        for detail in both(&app, scope).await {
            assert_eq!(detail.run.outcome, Some(RunOutcome::PartiallySucceeded));
            assert_eq!((detail.failures[0].code, &detail.failures[0].item), (ReasonCode::IncompleteData, &None));
            assert_eq!(tally(&detail), [0, 0, 1, 0, 1]);
        }
        assert_eq!(inventory::stored_total(&app, scope).await, 3);
        second.set_faults(&[]).await;
        for detail in both(&app, scope).await {
            assert_eq!((detail.run.outcome, tally(&detail)), (Some(RunOutcome::Succeeded), [0, 0, 2, 1, 0]));
        }
    }

    async fn an_inventory_of_nothing_is_synced(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let (_graph, scope) = serves(&app, folder.path(), &[]).await;
        let _workers = ProductWorkers::start(&app.core);
        for _ in 0..2 {
            let detail = inventory::sync(&app, scope).await;
            assert_eq!((detail.run.outcome, tally(&detail)), (Some(RunOutcome::Succeeded), [0; 5]));
        }
    }

    async fn a_page_that_repeats_costs_its_family_only_and_one_told_twice_counts_once(app: TestApp) {
        let graph = Graph::sample(&["twice:deviceConfigurations", "twice:mobileApps"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let first = inventory::sync(&app, scope).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::Succeeded), "{:?}", first.failures);
        let before = inventory::stored(&app, scope).await;
        assert_eq!(first.run.summary_counts.total, before.values().sum::<i64>() as u64);
        graph.set_faults(&["repeat:deviceConfigurations"]).await;
        let detail = inventory::sync(&app, scope).await;
        assert_eq!((detail.run.outcome, detail.failures.len()), (Some(RunOutcome::PartiallySucceeded), 1));
        assert_eq!(detail.failures[0].code, ReasonCode::IncompleteData);
        assert_eq!(inventory::stored(&app, scope).await, before);
    }

    async fn an_item_of_ten_megabytes_is_in_the_inventory(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let mut large = catalog("Large", "x", 2);
        large["description"] = "x".repeat(10 * 1024 * 1024).into();
        let (_graph, scope) = serves(&app, folder.path(), &[large, catalog("Small", "x", 2)]).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = inventory::sync(&app, scope).await;
        assert_eq!((detail.run.outcome, tally(&detail)), (Some(RunOutcome::Succeeded), [2, 0, 0, 0, 0]));
    }
}
