//! `policy.sync` end to end: ledger, queue, tracker and Graph client, against the simulator over HTTP.

mod common;

use std::{fs, path::Path};

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    policies::{named, own, sync, versions},
};
use runledger::model::{reason::ReasonCode, run::RunOutcome};
use serde_json::{Value, json};

fn write(folder: &Path, file: &str, policy: &Value) {
    fs::write(folder.join(format!("{file}.json")), policy.to_string()).unwrap();
}

fn compliance(name: &str, minimum: u32, group: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
        "id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()), "displayName": name,
        "passwordMinimumLength": minimum,
        "assignments": [{"id": "1", "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}] })
}

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

        // What lists leave out is there: values of templates, texts of scripts, assignments of app protection.
        let template = named(&app, scope, "Windows - ADMX - Event Log").await;
        let values = template.body()["definitionValues"].as_array().unwrap().clone();
        assert!(values.len() == 2 && values.iter().all(|one| one["definition"]["displayName"].is_string()
            && one["presentationValues"][0]["value"].is_number()), "{values:?}");
        assert!(named(&app, scope, "Windows - Script - Collect Logs").await.body()["scriptContent"].is_string());
        let protections = kept.iter().filter(|one| one.family == "managed_app_policies");
        assert!(protections.map(|one| one.assignments.as_array().unwrap().len()).sum::<usize>() > 0);
        assert!(kept.iter().any(|one| one.family == "configuration_policies"
            && one.body()["settings"].as_array().unwrap().len() > 25), "settings beyond the first page are there");

        let second = sync(&app, scope).await;
        let counts = ["unchanged", "created", "updated", "removed"].map(|key| own(&second, key));
        assert_eq!(counts, [kept.len() as u64, 0, 0, 0]);
        assert_eq!(versions(&app, scope).await, kept);
    }

    async fn details_are_read_in_batches(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let stats = graph.stats().await;
        let (asked, batches) = (stats["collections"]["deviceManagementScripts"].as_u64().unwrap(), stats["batches"].as_u64());
        // Six scripts: one list and six texts, in one batch; templates take two rounds, protections one, settings some.
        assert_eq!(asked, 7);
        assert!(batches.is_some_and(|batches| (4..=9).contains(&batches)), "{stats}");
    }

    async fn throttling_while_paging_and_inside_batches_an_outage_and_a_revoked_token_are_got_over(app: TestApp) {
        let graph = Graph::sample(&["busy:3", "unavailable:2", "revoked:20"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        let stats = graph.stats().await;
        assert_eq!(stats["token_requests"], 2);
        let (all, in_batches) = (stats["throttled"].as_u64().unwrap(), stats["throttled_in_batches"].as_u64().unwrap());
        assert!(in_batches > 0 && all > in_batches, "throttled inside batches and outside: {stats}");
        let calm = Graph::sample(&[]).await;
        app.tenant_at("contoso", &calm.url).await;
        let again = sync(&app, scope).await;
        assert_eq!(own(&again, "unchanged"), again.run.summary_counts.total, "a troubled sync has read the same");
    }

    async fn a_family_that_fails_keeps_its_content_and_the_others_go_on(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        sync(&app, scope).await;
        let before = versions(&app, scope).await;
        for (fault, code) in [
            ("forbidden:deviceCompliancePolicies", ReasonCode::PermissionDenied),
            ("broken:deviceCompliancePolicies", ReasonCode::IncompleteData),
            ("repeat:deviceCompliancePolicies", ReasonCode::IncompleteData),
        ] {
            graph.set_faults(&[fault]).await;
            let detail = sync(&app, scope).await;
            assert_eq!(detail.run.outcome, Some(RunOutcome::PartiallySucceeded), "{fault}");
            assert_eq!((detail.failures.len(), detail.run.summary_counts.failed), (1, 1), "{fault}");
            assert_eq!((detail.failures[0].code, detail.failures[0].item.as_deref()), (code, Some("Compliance policies")));
            assert_eq!(versions(&app, scope).await, before, "{fault}");
        }
        graph.set_faults(&["unlicensed:deviceManagementScripts"]).await;
        let detail = sync(&app, scope).await;
        assert_eq!((detail.run.outcome, detail.run.summary_counts.skipped), (Some(RunOutcome::Succeeded), 1));
        assert_eq!(versions(&app, scope).await, before);
    }

    async fn when_every_family_fails_the_run_has_failed(app: TestApp) {
        let graph = Graph::sample(&["unavailable:100000"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Failed));
        assert!(versions(&app, scope).await.is_empty());
    }

    async fn the_same_object_on_two_pages_is_one_policy(app: TestApp) {
        let graph = Graph::sample(&["twice:deviceConfigurations", "twice:policies"]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        assert_eq!(detail.run.summary_counts.total, versions(&app, scope).await.len() as u64);
    }

    async fn a_tenant_without_policies_is_synced(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!((detail.run.outcome, detail.run.summary_counts.total), (Some(RunOutcome::Succeeded), 0));
        assert_eq!(["created", "updated", "unchanged", "removed"].map(|key| own(&detail, key)), [0; 4]);
    }

    async fn each_change_removal_and_return_is_a_version(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let _workers = ProductWorkers::start(&app.core);
        let mut found = Vec::new();
        let mut scope = None;
        for (minimum, group, there) in
            [(8, "a", true), (12, "a", true), (12, "b", true), (12, "b", false), (12, "b", false), (12, "b", true)]
        {
            write(folder.path(), "stays", &compliance("Stays", 4, "a"));
            match there {
                true => write(folder.path(), "moves", &compliance("Moves", minimum, group)),
                false => drop(fs::remove_file(folder.path().join("moves.json"))),
            }
            let graph = Graph::of_folder(folder.path().to_owned()).await;
            let tenant = app.tenant_at("contoso", &graph.url).await;
            scope = Some(tenant);
            let detail = sync(&app, tenant).await;
            found.push(["created", "updated", "unchanged", "removed"].map(|key| own(&detail, key)));
        }
        assert_eq!(found, [[2, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 1, 0], [1, 0, 1, 0]]);
        let moved: Vec<_> = versions(&app, scope.unwrap()).await.into_iter().filter(|one| one.name == "Moves").collect();
        assert_eq!(moved.iter().map(|one| one.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(moved.iter().map(|one| one.body.is_some()).collect::<Vec<_>>(), [true, true, true, false, true]);
        assert_eq!((&moved[1].content_hash, &moved[4].content_hash), (&moved[2].content_hash, &moved[2].content_hash));
    }

    async fn what_a_text_may_hold_in_json_is_kept_and_a_large_policy_too(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let mut odd = compliance("Odd \u{0} name", 4, "a");
        odd["description"] = "NUL \u{0}, quote \", \u{1F600}".into();
        write(folder.path(), "odd", &odd);
        let mut large = compliance("Large", 4, "a");
        large["description"] = "x".repeat(10 * 1024 * 1024).into();
        write(folder.path(), "large", &large);
        // A value that Intune keeps encrypted stays as it came.
        write(folder.path(), "oma", &json!({ "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "id": "oma",
            "displayName": "Custom", "omaSettings": [{ "@odata.type": "#microsoft.graph.omaSettingString",
            "omaUri": "./Vendor/x", "isEncrypted": true, "secretReferenceValueId": "oma_1", "value": "****" }] }));
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        let _workers = ProductWorkers::start(&app.core);
        let detail = sync(&app, scope).await;
        assert_eq!(detail.run.outcome, Some(RunOutcome::Succeeded), "{:?}", detail.failures);
        assert_eq!(named(&app, scope, "Odd \u{fffd} name").await.body()["description"], odd["description"]);
        assert_eq!(named(&app, scope, "Large").await.body()["description"].as_str().map(str::len), Some(10 * 1024 * 1024));
        assert_eq!(named(&app, scope, "Custom").await.body()["omaSettings"][0]["value"], "****");
        assert_eq!(own(&sync(&app, scope).await, "unchanged"), 3);
    }
}
