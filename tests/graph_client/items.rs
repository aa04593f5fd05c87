//! Items that come in pieces, and items that do not come whole.

use axum::response::Response;
use runledger::{
    model::reason::ReasonCode,
    server::graph::{FailedItem, Family, Item},
};
use serde_json::{Value, json};

use crate::fake::{Asked, Fake, json_answer};

/// One page of policies, read through the settings catalog.
async fn policies(script: impl Fn(Asked) -> Response + Send + Sync + 'static) -> Vec<Result<Item, FailedItem>> {
    let fake = Fake::start(script).await;
    let mut pages = fake.client().client.items(Family::ConfigurationPolicies);
    pages.next().await.unwrap().unwrap().items
}

fn settings(ids: std::ops::Range<usize>) -> Vec<Value> {
    ids.map(|id| json!({"id": id.to_string()})).collect()
}

#[tokio::test]
async fn settings_that_were_cut_short_are_completed_by_their_own_next_links() {
    let items = policies(|asked| match asked.uri.as_str() {
        "/beta/settings?$skip=25" => json_answer(
            200,
            json!({"value": settings(25..50), "@odata.nextLink": format!("{}/beta/settings?$skip=50", asked.base)}),
        ),
        "/beta/settings?$skip=50" => json_answer(200, json!({"value": settings(50..60)})),
        _ => json_answer(
            200,
            json!({"value": [{
                "id": "1", "name": "Firewall", "settingCount": 60, "settings": settings(0..25),
                "settings@odata.nextLink": format!("{}/beta/settings?$skip=25", asked.base),
            }]}),
        ),
    })
    .await;
    let item = items[0].as_ref().unwrap();
    assert_eq!(item.body["settings"], Value::from(settings(0..60)));
    assert_eq!(item.body.get("settings@odata.nextLink"), None);
}

#[tokio::test]
async fn a_policy_with_other_than_its_number_of_settings_fails_alone() {
    let items = policies(|_| {
        json_answer(
            200,
            json!({"value": [
                {"id": "1", "name": "Short", "settingCount": 3, "settings": settings(0..2)},
                {"id": "2", "name": "Without", "settingCount": 3},
                {"id": "3", "name": "Whole", "settingCount": 2, "settings": settings(0..2)},
            ]}),
        )
    })
    .await;
    let failure = items[0].as_ref().unwrap_err().failure();
    assert_eq!((failure.code, failure.item.as_deref()), (ReasonCode::IncompleteData, Some("Short")));
    assert!(failure.message.contains("3 settings, of which 2 came"), "{}", failure.message);
    assert_eq!(items[1].as_ref().unwrap_err().error.reason, ReasonCode::IncompleteData);
    assert_eq!(items[2].as_ref().unwrap().identity.name, "Whole");
}

#[tokio::test]
async fn an_item_whose_rest_cannot_be_read_fails_alone_with_the_cause() {
    let items = policies(|asked| match asked.uri.as_str() {
        "/beta/settings" => json_answer(403, json!({"error": {"code": "accessDenied"}})),
        _ => json_answer(
            200,
            json!({"value": [
                {"id": "1", "settings": [], "settings@odata.nextLink": format!("{}/beta/settings", asked.base)},
                {"id": "2", "name": "Whole"},
            ]}),
        ),
    })
    .await;
    let failure = items[0].as_ref().unwrap_err().failure();
    assert_eq!((failure.code, failure.item.as_deref()), (ReasonCode::PermissionDenied, Some("1")));
    assert!(items[1].is_ok());
}

#[tokio::test]
async fn an_inner_list_that_names_itself_as_next_fails_the_item() {
    let items = policies(|asked| {
        let link = format!("{}/beta/settings", asked.base);
        match asked.nth {
            1 => json_answer(200, json!({"value": [{"id": "1", "settings": [], "settings@odata.nextLink": link}]})),
            2 => json_answer(200, json!({"value": settings(0..1), "@odata.nextLink": link})),
            _ => panic!("the circle was followed"),
        }
    })
    .await;
    assert_eq!(items[0].as_ref().unwrap_err().error.reason, ReasonCode::IncompleteData);
}

#[tokio::test]
async fn an_item_without_an_id_is_incomplete_data() {
    let items = policies(|_| json_answer(200, json!({"value": [{"name": "Nobody"}, "text", {"id": "1"}]}))).await;
    for item in &items[..2] {
        let failed = item.as_ref().unwrap_err();
        assert_eq!((failed.error.reason, failed.identity.is_none()), (ReasonCode::IncompleteData, true));
    }
    assert!(items[2].is_ok());
}

#[tokio::test]
async fn an_item_is_named_by_its_display_name_or_its_name_and_keeps_its_type() {
    let items = policies(|_| {
        json_answer(
            200,
            json!({"value": [
                {"id": "1", "displayName": "Shown", "name": "Inner", "@odata.type": "#microsoft.graph.iosLobApp"},
                {"id": "2", "displayName": null, "name": "Inner"},
            ]}),
        )
    })
    .await;
    let identities: Vec<_> = items.iter().map(|item| item.as_ref().unwrap().identity.clone()).collect();
    assert_eq!((identities[0].name.as_str(), identities[0].odata_type.as_deref()), ("Shown", Some("iosLobApp")));
    assert_eq!((identities[1].name.as_str(), identities[1].odata_type.as_deref()), ("Inner", None));
}
