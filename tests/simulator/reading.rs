//! Lists, pages, single objects, `$expand`, and the errors of each.

use std::collections::HashSet;

use runledger::server::simulator::{Collection, Simulator, SimulatorOptions};

use super::support::Running;

#[tokio::test]
async fn paging_yields_each_object_of_every_collection_once() {
    let options = SimulatorOptions { page_size: 5, ..Default::default() };
    let summary = Simulator::new(options.clone()).expect("good options").content_summary();
    let running = Running::start(options).await;
    let caller = running.sign_in("contoso").await;
    for (collection, count) in summary {
        let (objects, pages) = caller.all(&format!("beta/{}", collection.path())).await;
        let ids: HashSet<&str> = objects.iter().filter_map(|object| object["id"].as_str()).collect();
        assert_eq!((objects.len(), ids.len()), (count, count), "{collection}");
        assert_eq!(pages, count.div_ceil(5), "{collection}");
    }
}

#[tokio::test]
async fn the_next_link_keeps_the_options_and_top_is_capped() {
    let running = Running::start(SimulatorOptions { page_size: 4, ..Default::default() }).await;
    let caller = running.sign_in("contoso").await;
    let list = "v1.0/deviceManagement/deviceConfigurations";
    for (query, size) in
        [("$expand=assignments&$top=3&$count=true", 3), ("$expand=assignments&$count=true&$top=999", 4)]
    {
        let mut page = caller.json(&format!("{list}?{query}")).await;
        for _ in 0..2 {
            assert_eq!(page["value"].as_array().map(Vec::len), Some(size));
            assert_eq!(page["@odata.count"], 14);
            assert!(page["value"][0]["assignments"].is_array());
            let next = page["@odata.nextLink"].as_str().expect("more pages").to_owned();
            assert!(next.starts_with(&format!("{}/{list}?", running.url)), "{next}");
            page = caller.json(&next).await;
        }
    }
    for query in ["$top=0", "$top=x", "$skiptoken=00", "$expand=unicorns", "$expand=(", "$filter=a gt 1"] {
        assert_eq!(caller.error(&format!("{list}?{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn the_same_seed_and_tenant_give_the_same_bytes_and_another_does_not() {
    let mut bodies = Vec::new();
    for (seed, tenant) in [(7, "contoso"), (7, "contoso"), (8, "contoso"), (7, "fabrikam")] {
        let running = Running::start(SimulatorOptions { seed, ..Default::default() }).await;
        let caller = running.sign_in(tenant).await;
        let mut body = String::new();
        for collection in Collection::ALL {
            let text = caller.get(&format!("beta/{}", collection.path())).await.text().await.expect("text");
            body.push_str(&text.replace(&running.url, ""));
        }
        bodies.push(body);
    }
    assert_eq!(bodies[0], bodies[1]);
    assert_ne!(bodies[0], bodies[2]);
    assert_ne!(bodies[0], bodies[3]);
}

#[tokio::test]
async fn expanded_settings_are_cut_at_25_with_a_link_to_the_rest() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let (policies, _) = caller.all("beta/deviceManagement/configurationPolicies?$expand=assignments,settings").await;
    let mut cut = 0;
    for policy in &policies {
        let mut settings = policy["settings"].as_array().expect("settings").clone();
        assert!(settings.len() <= 25);
        if let Some(next) = policy["settings@odata.nextLink"].as_str() {
            assert_eq!(settings.len(), 25);
            settings.extend(caller.all(next).await.0);
            cut += 1;
        }
        let ids: HashSet<&str> = settings.iter().filter_map(|setting| setting["id"].as_str()).collect();
        assert_eq!(policy["settingCount"], ids.len(), "{}", policy["name"]);
        let path =
            format!("beta/deviceManagement/configurationPolicies/{}/settings", policy["id"].as_str().expect("id"));
        let (all, pages) = caller.all(&path).await;
        assert_eq!((all.len(), pages), (ids.len(), ids.len().div_ceil(25)));
        assert_eq!(all, settings);
    }
    assert!(cut >= 1);
}

#[tokio::test]
async fn only_expand_brings_navigation_properties() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let list = "v1.0/deviceManagement/deviceCompliancePolicies";
    let plain = caller.json(list).await;
    assert!(
        plain["value"][0].get("scheduledActionsForRule").is_none() && plain["value"][0].get("assignments").is_none()
    );
    let nested = format!("{list}?$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)");
    let expanded = caller.json(&nested).await;
    let actions = &expanded["value"][0]["scheduledActionsForRule"][0]["scheduledActionConfigurations"];
    assert_eq!(actions[0]["actionType"], "block");
    for list in ["deviceAppManagement/mobileApps", "deviceManagement/deviceEnrollmentConfigurations"] {
        assert_eq!(caller.error(&format!("v1.0/{list}?$expand=assignments")).await.0, 400, "{list}");
        let id = caller.json(&format!("v1.0/{list}")).await["value"][0]["id"].as_str().expect("id").to_owned();
        assert!(caller.json(&format!("v1.0/{list}/{id}/assignments")).await["value"].is_array());
    }
}

#[tokio::test]
async fn a_script_has_its_content_only_when_read_alone() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let list = "beta/deviceManagement/deviceManagementScripts";
    let first = caller.json(&format!("{list}?$expand=assignments")).await["value"][0].clone();
    assert!(first.get("scriptContent").is_none());
    let single = caller.json(&format!("{list}/{}", first["id"].as_str().expect("id"))).await;
    assert!(single["scriptContent"].as_str().is_some_and(|content| !content.is_empty()));
}

#[tokio::test]
async fn administrative_templates_are_read_in_three_steps() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let list = "beta/deviceManagement/groupPolicyConfigurations";
    let id = caller.json(list).await["value"][0]["id"].as_str().expect("id").to_owned();
    let values = caller.json(&format!("{list}/{id}/definitionValues?$expand=definition")).await;
    assert!(values["value"][0]["definition"]["displayName"].is_string());
    assert!(values["value"][0].get("presentationValues").is_none());
    let value = values["value"][0]["id"].as_str().expect("id").to_owned();
    let path = format!("{list}/{id}/definitionValues/{value}/presentationValues");
    assert!(caller.json(&path).await["value"][0].get("presentation").is_none());
    let presented = caller.json(&format!("{path}?$expand=presentation")).await;
    assert_eq!(presented["value"][0]["presentation"]["label"], "Value");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_graphs_words() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let beta_only = Collection::ALL.iter().filter(|collection| collection.beta_only());
    for collection in beta_only {
        let (status, code, message) = caller.error(&format!("v1.0/{}", collection.path())).await;
        assert_eq!((status, code.as_str()), (400, "BadRequest"), "{collection}");
        assert_eq!(message, format!("Resource not found for the segment '{collection}'."));
    }
    assert_eq!(caller.error("beta/deviceManagement/unicorns").await.0, 400);
    let (status, code, _) = caller.error("v1.0/groups/00000000-0000-0000-0000-000000000001").await;
    assert_eq!((status, code.as_str()), (404, "ResourceNotFound"));
}

#[tokio::test]
async fn every_object_is_found_by_its_id_and_by_its_name() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    for collection in Collection::ALL {
        let list = format!("beta/{}", collection.path());
        let first = caller.json(&list).await["value"][0].clone();
        let single = caller.json(&format!("{list}/{}", first["id"].as_str().expect("id"))).await;
        assert_eq!(single["id"], first["id"], "{collection}");
        let property = if first.get("displayName").is_some() { "displayName" } else { "name" };
        let name = first[property].as_str().expect("a name").replace('\'', "''").replace('&', "%26");
        let found = caller.json(&format!("{list}?$filter={property} eq '{name}'")).await;
        assert_eq!(found["value"].as_array().map(Vec::len), Some(1), "{collection}");
    }
}

#[tokio::test]
async fn app_protection_shows_assignments_only_under_its_own_type() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    let base = "v1.0/deviceAppManagement";
    assert_eq!(caller.error(&format!("{base}/managedAppPolicies?$expand=assignments")).await.0, 400);
    let (all, _) = caller.all(&format!("{base}/managedAppPolicies")).await;
    let mut found = 0;
    for (path, kind) in [("iosManagedAppProtections", "ios"), ("androidManagedAppProtections", "android")] {
        let (own, _) = caller.all(&format!("{base}/{path}?$expand=assignments")).await;
        let expected = format!("#microsoft.graph.{kind}ManagedAppProtection");
        assert!(own.iter().all(|policy| policy["assignments"].is_array() && policy["@odata.type"] == expected));
        found += own.len();
    }
    assert_eq!(found, all.len());
}
