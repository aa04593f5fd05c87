//! Writing policies through the client, against the simulator, which keeps state and is strict.

mod common;

use common::{
    graph::{Graph, client, retry_at_once},
    tenant::Directory,
};
use reqwest::Method;
use runledger::{
    model::reason::ReasonCode,
    server::{
        clock::Clock,
        graph::{
            CreateError, Family, GraphClient, GraphLimits, GraphSettings, NamedPolicy, POLICY_FAMILIES, Secret,
            content_hash,
        },
        net::OutboundPolicy,
    },
};
use serde_json::json;

fn connect(graph: &Graph) -> GraphClient {
    let settings = GraphSettings {
        graph_url: graph.url.parse().unwrap(),
        authority: graph.url.parse().unwrap(),
        directory_id: "directory-of-contoso".to_owned(),
        client_id: "client".to_owned(),
        client_secret: Secret::new("the-secret"),
    };
    let policy = OutboundPolicy { allow_private: true };
    GraphClient::new(client(), policy, Clock::system(), settings, GraphLimits::default(), retry_at_once())
}

/// A policy of the family, by its id.
async fn first(directory: &Directory, family: Family) -> String {
    directory.ids(family.path()).await.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_policy_of_every_family_that_was_deleted_comes_back_equal() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    for family in POLICY_FAMILIES {
        let id = first(&directory, family).await;
        let kept = client.capture(family, &id).await.unwrap().body;
        assert!(directory.send(Method::DELETE, &format!("{}/{id}", family.path()), None).await.status().is_success());
        assert_eq!(client.capture(family, &id).await.unwrap_err().reason, ReasonCode::NotFound, "{family}");
        let made = client.create_policy(family, &kept).await.unwrap();
        client.set_definition_values(family, &made, &kept).await.unwrap();
        let now = client.capture(family, &made).await.unwrap().body;
        assert_eq!(content_hash(&now), content_hash(&kept), "{family}: {now:#} {kept:#}");
        assert_ne!(made, id);
    }
}

#[tokio::test]
async fn a_policy_of_every_family_that_was_changed_is_changed_back() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    for family in POLICY_FAMILIES {
        let id = first(&directory, family).await;
        let kept = client.capture(family, &id).await.unwrap().body;
        let name = if kept.get("displayName").is_some() { "displayName" } else { "name" };
        let path = client.capture(family, &id).await.unwrap().body["@odata.type"].as_str().map(str::to_owned);
        let path = family.collection_of(path.as_deref()).unwrap();
        let changed = directory.send(Method::PATCH, &format!("{path}/{id}"), Some(&json!({ name: "Changed" }))).await;
        assert!(changed.status().is_success(), "{family}");
        assert_ne!(content_hash(&client.capture(family, &id).await.unwrap().body), content_hash(&kept));
        client.update_policy(family, &id, &kept).await.unwrap();
        client.set_definition_values(family, &id, &kept).await.unwrap();
        assert_eq!(content_hash(&client.capture(family, &id).await.unwrap().body), content_hash(&kept), "{family}");
    }
}

#[tokio::test]
async fn assignments_are_replaced_all_at_once_and_an_unknown_group_is_refused() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    let family = Family::DeviceConfigurations;
    let (id, group) = (first(&directory, family).await, first_group(&directory).await);
    let kept = client.capture(family, &id).await.unwrap().body;
    let target = |group: &str| json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
    client.assign_policy(family, &id, &kept, &[target(&group)]).await.unwrap();
    let now = client.capture(family, &id).await.unwrap().body;
    assert_eq!(now["assignments"].as_array().unwrap().len(), 1);
    assert_eq!(now["assignments"][0]["target"]["groupId"], group.as_str());
    let refused = client.assign_policy(family, &id, &kept, &[target("00000000-0000-0000-0000-000000000001")]).await;
    assert_eq!(refused.unwrap_err().reason, ReasonCode::InvalidPayload);
}

async fn first_group(directory: &Directory) -> String {
    directory.ids("groups").await.into_iter().next().unwrap()
}

#[tokio::test]
async fn creating_is_repeated_after_a_refusal_and_never_after_a_lost_answer() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    let family = Family::DeviceConfigurations;
    let kept = client.capture(family, &first(&directory, family).await).await.unwrap().body;
    let before = directory.ids(family.path()).await.len();
    graph.set_faults(&["throttle:2"]).await;
    client.create_policy(family, &kept).await.unwrap();
    assert_eq!(directory.ids(family.path()).await.len(), before + 1, "throttled twice, created once");

    graph.set_faults(&["write_lost:1"]).await;
    let lost = client.create_policy(family, &kept).await.unwrap_err();
    assert!(matches!(lost, CreateError::Unknown(_)), "{lost}");
    assert_eq!(directory.ids(family.path()).await.len(), before + 2, "it was done, once");
    let wanted = NamedPolicy::read(&kept).unwrap();
    let named = client.named_policies(family).await.unwrap();
    assert_eq!(named.iter().filter(|one| one.is_same(&wanted)).count(), 3, "and is found by its name");

    graph.set_faults(&["exists:deviceConfigurations"]).await;
    let taken = client.create_policy(family, &kept).await.unwrap_err();
    assert!(matches!(taken, CreateError::Refused(error) if error.reason == ReasonCode::Conflict));
}

#[tokio::test]
async fn changing_is_repeated_after_a_lost_answer_because_it_comes_to_the_same() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    let family = Family::ConfigurationPolicies;
    let id = first(&directory, family).await;
    let kept = client.capture(family, &id).await.unwrap().body;
    graph.set_faults(&["write_lost:2"]).await;
    client.update_policy(family, &id, &kept).await.unwrap();
    assert_eq!(content_hash(&client.capture(family, &id).await.unwrap().body), content_hash(&kept));
}

#[tokio::test]
async fn groups_are_found_by_name_whatever_is_in_it() {
    let graph = Graph::sample(&[]).await;
    let (directory, client) = (graph.directory("contoso").await, connect(&graph));
    let group = directory.list("groups").await.into_iter().next().unwrap();
    let found = client.groups_named(group["displayName"].as_str().unwrap()).await.unwrap();
    assert_eq!(found, [group["id"].as_str().unwrap()]);
    assert!(client.groups_named("O'Brien & Söhne + 50%").await.unwrap().is_empty());
}
