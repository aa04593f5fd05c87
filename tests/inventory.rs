//! `inventory.sync` end to end: ledger, queue, tracker and Graph client, against the simulator over HTTP.

mod common;

use std::{fs, path::Path};

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    inventory::{own, stored, stored_total, sync},
};
use runledger::model::{reason::ReasonCode, run::RunOutcome};
use serde_json::json;

on_both_engines! {
    async fn a_first_sync_stores_everything_and_a_second_changes_nothing(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);

        let first = sync(&app, scope).await;
        assert_eq!(first.run.outcome, Some(RunOutcome::Succeeded), "{:?}", first.failures);
        let total = stored_total(&app, scope).await;
        assert!(total > 100, "the sample tenant has many objects: {total}");
        assert_eq!(own(&first, "created"), total);
        assert_eq!(first.run.summary_counts.total, total);

        let second = sync(&app, scope).await;
        assert_eq!(own(&second, "unchanged"), total);
        assert_eq!((own(&second, "created"), own(&second, "updated"), own(&second, "removed")), (0, 0, 0));
    }

    async fn a_family_that_fails_leaves_the_rest_and_what_was_stored_before(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let before = stored(&app, scope).await;

        for (fault, code) in [
            ("forbidden:deviceConfigurations", ReasonCode::PermissionDenied),
            ("broken:deviceConfigurations", ReasonCode::IncompleteData),
            ("html:deviceConfigurations", ReasonCode::IncompleteData),
        ] {
            graph.set_faults(&[fault]).await;
            let detail = sync(&app, scope).await;
            assert_eq!(detail.run.outcome, Some(RunOutcome::PartiallySucceeded), "{fault}");
            assert_eq!(detail.run.summary_counts.failed, 1, "{fault}");
            assert_eq!(detail.failures.len(), 1, "{fault}");
            assert_eq!(detail.failures[0].code, code, "{fault}");
            assert_eq!(detail.failures[0].item.as_deref(), Some("Device configurations"));
            assert_eq!(stored(&app, scope).await, before, "{fault}");
        }
    }

    async fn a_family_without_a_licence_is_skipped(app: TestApp) {
        let graph = Graph::sample(&["unlicensed:deviceManagementScripts"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded));
        assert_eq!(detail.run.summary_counts.skipped, 1);
        assert!(!stored(&app, scope).await.contains_key("device_management_scripts"));
    }

    async fn throttling_an_outage_and_a_revoked_token_are_got_over(app: TestApp) {
        let graph = Graph::sample(&["throttle:2", "unavailable:2", "revoked:9"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        assert_eq!(graph.stats().await["token_requests"], 2);
    }

    async fn when_every_family_fails_the_run_has_failed(app: TestApp) {
        let graph = Graph::sample(&["unavailable:100000"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert!(detail.failures.iter().all(|failure| failure.code == ReasonCode::ServiceUnavailable));
    }

    async fn a_wrong_secret_fails_the_run_once_and_says_what_to_do(app: TestApp) {
        let options = runledger::server::simulator::SimulatorOptions {
            client_secret: Some("another".into()), ..Default::default()
        };
        let graph = Graph::start(options).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures.len(), 1);
        assert_eq!(detail.failures[0].code, ReasonCode::AuthFailed);
        assert!(!serde_json::to_string(&detail).unwrap().contains("the-secret"));
        assert_eq!(graph.stats().await["token_requests"], 1);
    }

    async fn an_address_that_does_not_answer_fails_the_run(app: TestApp) {
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let scope = app.tenant_at("contoso", &url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert_eq!(detail.failures[0].code, ReasonCode::Network);
        assert!(!detail.failures[0].message.contains("127.0.0.1"), "{}", detail.failures[0].message);
    }

    async fn what_changed_and_what_is_gone_is_told_apart(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        write_filter(folder.path(), "stays", "(device.manufacturer -eq \"A\")");
        write_filter(folder.path(), "changes", "(device.manufacturer -eq \"B\")");
        write_filter(folder.path(), "goes", "(device.manufacturer -eq \"C\")");
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        assert_eq!(own(&sync(&app, scope).await, "created"), 3);

        write_filter(folder.path(), "changes", "(device.manufacturer -eq \"D\")");
        write_filter(folder.path(), "comes", "(device.manufacturer -eq \"E\")");
        fs::remove_file(folder.path().join("goes.json")).unwrap();
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        app.tenant_at("contoso", &graph.url).await;
        let detail = sync(&app, scope).await;
        let found = ["created", "updated", "unchanged", "removed"].map(|key| own(&detail, key));
        assert_eq!(found, [1, 1, 1, 1]);
        assert_eq!(stored_total(&app, scope).await, 3);
    }

    async fn real_exports_and_templates_are_all_there(app: TestApp) {
        let folder = std::env::var("RUNLEDGER_GRAPH_DATA").unwrap_or_else(|_| "../shared/graph-data".to_owned());
        if !Path::new(&folder).is_dir() {
            return;
        }
        let graph = Graph::of_folder(folder.into()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        let inventoried = |collection: &str| graph.simulator.content_summary().iter()
            .filter(|(known, _)| known.path().ends_with(collection)).map(|(_, count)| *count as i64).sum::<i64>();
        let stored = stored(&app, scope).await;
        for (family, collection) in [
            ("configuration_policies", "/configurationPolicies"),
            ("device_compliance_policies", "/deviceCompliancePolicies"),
            ("managed_app_policies", "/managedAppPolicies"),
            ("conditional_access_policies", "conditionalAccess/policies"),
            ("autopilot_profiles", "/windowsAutopilotDeploymentProfiles"),
            ("enrollment_configurations", "/deviceEnrollmentConfigurations"),
            ("assignment_filters", "/assignmentFilters"),
        ] {
            assert!(inventoried(collection) > 0, "{collection}");
            assert_eq!(stored.get(family).copied(), Some(inventoried(collection)), "{family}");
        }
        assert_eq!(own(&detail, "created"), stored.values().sum::<i64>() as u64);
    }
}

fn write_filter(folder: &Path, name: &str, rule: &str) {
    let filter = json!({ "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
        "id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()),
        "displayName": name, "platform": "windows10AndLater", "rule": rule });
    fs::write(folder.join(format!("{name}.json")), filter.to_string()).unwrap();
}
