//! The pages of the inventory and the policies over HTTP: families, search, versions, comparison, and who sees what.

mod common;

use std::fs;

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    policies::sync,
    web::Web,
};
use reqwest::StatusCode;
use runledger::model::user::Role;
use serde_json::json;

on_both_engines! {
    async fn an_empty_page_says_what_to_do_to_those_who_can(app: TestApp) {
        app.tenant("contoso").await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let operator = web.signed_in("operator@contoso.example").await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        for (page, button) in [("policies", "Sync policies"), ("inventory", "Sync inventory")] {
            let seen = operator.get(&format!("/t/contoso/{page}")).await.text().await.unwrap();
            assert!(seen.contains(button) && seen.contains("Later syncs") || seen.contains("Each later sync"), "{page}");
            let seen = auditor.get(&format!("/t/contoso/{page}")).await.text().await.unwrap();
            assert!(!seen.contains(button) && seen.contains("As soon as somebody"), "{page}");
        }
    }

    async fn policies_are_found_by_family_and_name_page_by_page(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let policies: Vec<_> = (0..120).map(|number| json!({ "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
            "id": format!("id-{number}"), "displayName": format!("Policy {number:03} 100%"), "passwordRequired": true })).collect();
        fs::write(folder.path().join("all.json"), json!({ "deviceCompliancePolicies": policies }).to_string()).unwrap();
        let graph = Graph::of_folder(folder.path().to_owned()).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = sync(&app, scope).await.run.id;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;

        let page = auditor.get("/t/contoso/policies").await.text().await.unwrap();
        assert!(page.contains("Compliance policies") && page.contains(">120<"), "the family with its count");
        assert!(page.contains(&format!("/t/contoso/operations/{run}")), "the way to the last sync");
        let mut names = Vec::new();
        let mut after = String::new();
        for _ in 0..3 {
            let arguments = [("tenant", "contoso"), ("query[family]", "device_compliance_policies"), ("query[after]", &after)];
            let (status, listed) = auditor.ask("policies/list", &arguments).await;
            assert_eq!(status, StatusCode::OK, "{listed}");
            names.extend(listed["items"]["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()));
            after = listed["items"]["next"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!((names.len(), after.as_str()), (120, ""));
        assert!(names.is_sorted());

        for (search, found) in [("pOLICY 007", "Policy 007 100%"), ("7 100%", "Policy 007 100%")] {
            let page = auditor.get(&format!("/t/contoso/policies?q={}", search.replace('%', "%25").replace(' ', "+"))).await;
            assert!(page.text().await.unwrap().contains(found), "{search}");
        }
        for odd in ["q=100%25x", "q=%00", "family=unicorns", "after=nothing", "q=_____________________"] {
            let page = auditor.get(&format!("/t/contoso/policies?{odd}")).await;
            assert_eq!(page.status(), StatusCode::OK, "{odd}");
        }
        assert!(auditor.get("/t/contoso/policies?family=unicorns").await.text().await.unwrap().contains("does not exist"));
        assert!(auditor.get("/t/contoso/policies?q=_").await.text().await.unwrap().contains("Nothing matches"));
    }

    async fn the_inventory_is_found_by_family_and_name(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        let scope = app.tenant_at("contoso", &graph.url).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let _workers = ProductWorkers::start(&app.core);
        common::inventory::sync(&app, scope).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        for (family, count) in common::inventory::stored(&app, scope).await {
            let (status, listed) =
                auditor.ask("inventory/list", &[("tenant", "contoso"), ("query[family]", &family)]).await;
            assert_eq!(status, StatusCode::OK, "{listed}");
            let items = listed["items"]["items"].as_array().unwrap();
            assert_eq!(items.len() as i64, count.min(50), "{family}");
            let name = items[0]["name"].as_str().unwrap();
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("family", &family).append_pair("q", name).finish();
            let page = auditor.get(&format!("/t/contoso/inventory?{query}")).await;
            assert!(!page.text().await.unwrap().contains("Nothing matches"), "{family}: {name}");
        }
        let page = auditor.get("/t/contoso/inventory?q=nothing+is+called+so").await.text().await.unwrap();
        assert!(page.contains("Nothing matches"));
    }

    async fn a_policy_shows_its_versions_and_what_changed_between_two(app: TestApp) {
        let folder = tempfile::tempdir().unwrap();
        let _workers = ProductWorkers::start(&app.core);
        for (minimum, group) in [(8, "first-group"), (12, "first-group"), (14, "second-group")] {
            let policy = json!({ "@odata.type": "#microsoft.graph.windows10CompliancePolicy", "id": "the-policy",
                "displayName": "Passwords", "passwordMinimumLength": minimum, "assignments": [{"id": "1",
                "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}}] });
            fs::write(folder.path().join("policy.json"), policy.to_string()).unwrap();
            let graph = Graph::of_folder(folder.path().to_owned()).await;
            let scope = app.tenant_at("contoso", &graph.url).await;
            sync(&app, scope).await;
        }
        app.tenant("fabrikam").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let address = "/t/contoso/policies/device_compliance_policies/the-policy";
        let page = auditor.get(address).await.text().await.unwrap();
        for words in ["Passwords", "Version 3", "passwordMinimumLength", "second-group", "Included", "whole policy as JSON"] {
            assert!(page.contains(words), "{words}");
        }
        let show = [("tenant", "contoso"), ("family", "device_compliance_policies"), ("id", "the-policy"), ("from", "1"), ("to", "3")];
        let (_, shown) = auditor.ask("policies/show", &show).await;
        assert_eq!((&shown["comparison"]["from"], &shown["comparison"]["to"]), (&json!(1), &json!(3)));
        assert_eq!(shown["comparison"]["changes"], json!([{"path": "passwordMinimumLength", "before": 8, "after": 14}]));
        assert_eq!(shown["comparison"]["assignment_changes"].as_array().unwrap().len(), 2);
        let page = auditor.get(&format!("{address}?from=9&to=x")).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(page.text().await.unwrap().contains("cannot be compared"));

        // Neither in another tenant, nor of another family, nor by a member of another tenant.
        for missing in ["/t/contoso/policies/intents/the-policy", "/t/contoso/policies/x/y", "/t/contoso/policies/device_compliance_policies/%00"] {
            assert_eq!(auditor.get(missing).await.status(), StatusCode::NOT_FOUND, "{missing}");
        }
        let stranger = web.signed_in("owner@fabrikam.example").await;
        assert_eq!(stranger.get(address).await.status(), StatusCode::NOT_FOUND);
        let own = address.replace("contoso", "fabrikam");
        assert_eq!(stranger.get(&own).await.status(), StatusCode::NOT_FOUND);
        for page in ["/t/contoso/policies", "/t/contoso/inventory"] {
            assert_eq!(stranger.get(page).await.status(), StatusCode::NOT_FOUND);
        }
    }
}
