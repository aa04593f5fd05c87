//! What is a finding, and what is none.

use runledger::model::{drift::Severity, finding_filter::StateFilter, reason::ReasonCode, run::RunOutcome};
use serde_json::{Value, json};

use crate::{
    common::{TestApp, graph::ProductWorkers},
    on_both_engines,
    support::{CATALOG, Policies, Syncs, device, findings, generate, own, previous, tally, told},
};

/// A settings catalog policy, in the form in which the service lists it.
pub fn catalog(value: &str) -> Value {
    json!({
    "id": "c1", "name": "Firewall", "technologies": "mdm", "settingCount": 2, "version": 7,
    "templateReference": {"templateId": "", "templateFamily": "none", "templateDisplayName": null},
    "settings": [
        {"id": "0", "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationGroupSettingCollectionInstance",
            "settingDefinitionId": "firewall_rules", "settingInstanceTemplateReference": null,
            "groupSettingCollectionValue": [{"settingValueTemplateReference": null, "children": [{
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
                "settingDefinitionId": "firewall_action",
                "choiceSettingValue": {"value": value, "children": [], "settingValueTemplateReference": null}}]}]}},
        {"id": "1", "settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": "firewall_log",
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue", "value": 5}}},
    ]})
}

/// The same policy as a tool exports it: other ids and dates, types everywhere, settings the other way round.
pub fn exported(value: &str) -> Value {
    let mut policy = catalog(value);
    policy["@odata.context"] = "https://graph.microsoft.com/beta/$metadata#x".into();
    policy["@odata.type"] = "#microsoft.graph.deviceManagementConfigurationPolicy".into();
    policy["version"] = 9.into();
    policy["description"] = "".into();
    policy["priorityMetaData"] = Value::Null;
    policy["settings@odata.context"] = "x".into();
    policy["settings"].as_array_mut().unwrap().reverse();
    policy["settings"][0]["@odata.type"] = "#microsoft.graph.deviceManagementConfigurationSetting".into();
    policy
}

fn of(policies: impl IntoIterator<Item = ((&'static str, String), (Value, Value))>) -> Policies {
    policies.into_iter().collect()
}

on_both_engines! {
    async fn two_forms_of_the_same_policy_are_no_drift_and_one_setting_deep_inside_is_one_finding(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        let policy = |body: Value| of([((CATALOG, "c1".to_owned()), (body, json!([])))]);
        syncs.sync(&app, scope, &policy(catalog("block"))).await;
        syncs.sync(&app, scope, &policy(exported("block"))).await;
        let run = generate(&app, scope, previous()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [0, 0, 0]), "{:?}", run.failures);
        assert_eq!(run.run.summary_counts.total, 1);

        syncs.sync(&app, scope, &policy(exported("allow"))).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [1, 0, 0]);
        let found = findings(&app, "contoso", StateFilter::New).await;
        let path = "settings[firewall_rules].groups[0].children[firewall_action].choice.value";
        assert_eq!(told(&found), [(path, json!("block"), json!("allow"))]);
        assert_eq!((found[0].policy_name.as_str(), found[0].severity), ("Firewall", Severity::Medium));
    }

    async fn added_and_removed_keys_are_findings_and_sets_and_empty_values_are_not(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &of([
            device("keys", json!({"gone": 1, "stays": true})),
            device("sets", json!({"roleScopeTagIds": ["0", "1"], "note": null})),
        ])).await;
        syncs.sync(&app, scope, &of([
            device("keys", json!({"stays": true, "comes": {"deep": [1]}})),
            device("sets", json!({"roleScopeTagIds": ["1", "0"], "note": ""})),
        ])).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [2, 0, 0]);
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!(told(&found), [
            ("comes", Value::Null, json!({"deep": [1]})),
            ("gone", json!(1), Value::Null),
        ]);
    }

    async fn policies_on_one_side_only_are_findings(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &of([device("a", json!({})), device("b", json!({}))])).await;
        syncs.sync(&app, scope, &of([device("b", json!({})), device("c", json!({}))])).await;
        let run = generate(&app, scope, previous()).await;
        assert_eq!((tally(&run), run.run.summary_counts.total), ([2, 0, 0], 3));
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!(told(&found), [("", json!("Policy a"), Value::Null), ("", Value::Null, json!("Policy c"))]);
        assert_eq!([found[0].severity, found[1].severity], [Severity::High, Severity::Low]);
        assert_eq!([found[0].graph_id.as_deref(), found[1].graph_id.as_deref()], [None, Some("c")]);
    }

    async fn assignments_are_compared_by_their_targets(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let group = |id: &str| json!({"id": format!("x_{id}"), "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id}});
        let with = |assignments: Value| {
            let (key, (body, _)) = device("a", json!({}));
            of([(key, (body, assignments))])
        };
        let mut syncs = Syncs::default();
        syncs.sync(&app, scope, &with(json!([group("one"), group("two")]))).await;
        syncs.sync(&app, scope, &with(json!([group("two"), group("one")]))).await;
        assert_eq!(tally(&generate(&app, scope, previous()).await), [0, 0, 0]);
        let odd = json!({"target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": null}});
        syncs.sync(&app, scope, &with(json!([group("one"), group("three"), odd]))).await;
        let run = generate(&app, scope, previous()).await;
        // The one without an id might be the group that is missing: that is unknown, and so is that.
        assert_eq!((tally(&run), own(&run, "unknown_targets")), ([1, 0, 0], 2));
        let found = findings(&app, "contoso", StateFilter::New).await;
        assert_eq!(found[0].change.path, "assignments[\"include group three\"]");
    }

    async fn many_policies_are_all_compared(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let _workers = ProductWorkers::start(&app.core);
        let mut syncs = Syncs::default();
        // More than a page, so that pages have to fit together.
        let policies = |changed: i32| of((0..1_100).map(|n| device(&format!("p{n:04}"), json!({
            "always": "x".repeat(100), "value": if n % 10 == 0 { changed } else { 0 }}))));
        syncs.sync(&app, scope, &policies(1)).await;
        syncs.sync(&app, scope, &policies(2)).await;
        let run = generate(&app, scope, previous()).await;
        assert_eq!((tally(&run), run.run.summary_counts.succeeded), ([110, 0, 0], 1_100));
    }

    async fn a_run_that_cannot_say_what_it_compares_has_failed(app: TestApp) {
        let scope = app.tenant("contoso").await;
        // Asked for past the check at the start, as a run of an older version would be.
        let new = runledger::server::runs::NewRun {
            operation_type: runledger::model::operation::OperationType::DriftGenerate,
            inputs: json!({}),
            context: json!({"inputs": {}}),
            initiator: runledger::model::run::Initiator::system(),
            retry_of: None,
        };
        let run = app.core.runs.ensure_run(scope, new).await.unwrap().run().id;
        let _workers = ProductWorkers::start(&app.core);
        let detail = app.completed(scope, run).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::DependencyMissing);
        assert!(detail.failures[0].message.contains("Sync policies first"), "{}", detail.failures[0].message);
    }
}
