//! Many reads in one call: each answer of a batch stands for itself.

use axum::response::Response;
use runledger::{
    model::reason::ReasonCode,
    server::graph::{FailedItem, Family, Item},
};
use serde_json::{Value, json};

use crate::fake::{Asked, Fake, Held, json_answer};

/// A Graph with so many scripts, whose texts are answered by the test: one answer for each request of a batch.
async fn scripts(
    count: usize,
    answer: impl Fn(usize, &str, &Value) -> Option<Value> + Send + Sync + 'static,
) -> (Fake, Held, Vec<Result<Item, FailedItem>>) {
    let fake = Fake::start(move |asked: Asked| match asked.uri.strip_suffix("/$batch") {
        Some(_) => batch(&asked, |id, request| answer(asked.nth, id, request)),
        None => {
            let values: Vec<_> =
                (0..count).map(|id| json!({"id": id.to_string(), "displayName": format!("s{id}")})).collect();
            json_answer(200, json!({ "value": values }))
        }
    })
    .await;
    let held = fake.client();
    let items = held.client.policies(Family::DeviceManagementScripts).next().await.unwrap().unwrap().items;
    (fake, held, items)
}

/// The answers in another order than the requests.
fn batch(asked: &Asked, answer: impl Fn(&str, &Value) -> Option<Value>) -> Response {
    let requests = asked.body["requests"].as_array().unwrap();
    let one = |request: &Value| {
        let mut part = answer(request["id"].as_str().unwrap(), request)?;
        part["id"] = request["id"].clone();
        Some(part)
    };
    json_answer(200, json!({ "responses": requests.iter().rev().filter_map(one).collect::<Vec<_>>() }))
}

/// The text of the script that the request asks for.
fn text(request: &Value) -> Option<Value> {
    let address = request["url"].as_str().unwrap();
    assert_eq!(request["method"], "GET");
    Some(json!({ "status": 200, "body": { "scriptContent": format!("text of {address}") } }))
}

fn refused(status: u16, code: &str) -> Option<Value> {
    Some(
        json!({ "status": status, "headers": {"Retry-After": "7"}, "body": {"error": {"code": code, "message": "Words."}} }),
    )
}

#[tokio::test]
async fn twenty_go_in_one_batch_and_their_answers_may_come_in_any_order() {
    let (fake, _, items) = scripts(22, |_, _, request| text(request)).await;
    for (place, item) in items.iter().enumerate() {
        let expected = format!("text of /deviceManagement/deviceManagementScripts/{place}");
        assert_eq!(item.as_ref().unwrap().body["scriptContent"], expected);
    }
    let mut sizes: Vec<_> =
        fake.asked().iter().filter_map(|asked| asked.body["requests"].as_array().map(Vec::len)).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 20]);
    assert!(fake.asked()[1..].iter().all(|asked| asked.uri == "/beta/$batch"));
}

#[tokio::test]
async fn a_throttled_request_is_repeated_alone_after_the_time_that_its_answer_names() {
    let (fake, held, items) = scripts(3, |nth, _, request| match (nth, request["url"].as_str()) {
        (2, Some("/deviceManagement/deviceManagementScripts/1")) => refused(429, "TooManyRequests"),
        _ => text(request),
    })
    .await;
    assert!(items.iter().all(Result::is_ok));
    let batches: Vec<_> =
        fake.asked()[1..].iter().map(|asked| asked.body["requests"].as_array().unwrap().len()).collect();
    assert_eq!(batches, [3, 1]);
    assert_eq!(held.waits(), [7]);
}

#[tokio::test]
async fn each_answer_has_a_status_of_its_own() {
    let (_, _, items) = scripts(5, |_, id, request| match id {
        "0" => refused(403, "accessDenied"),
        "1" => refused(424, "failedDependency"),
        "2" => None,
        "3" => Some(json!({"status": 200, "body": "PGh0bWw+"})),
        _ => text(request),
    })
    .await;
    let reasons: Vec<_> = items[..4].iter().map(|item| item.as_ref().unwrap_err().error.reason).collect();
    use ReasonCode::{DependencyMissing, IncompleteData, PermissionDenied};
    assert_eq!(reasons, [PermissionDenied, DependencyMissing, IncompleteData, IncompleteData]);
    assert!(items[4].is_ok());
}

#[tokio::test]
async fn a_request_that_stays_throttled_fails_alone_after_five_tries() {
    let (fake, _, items) = scripts(2, |_, id, request| match id {
        "0" => refused(429, "TooManyRequests"),
        _ => text(request),
    })
    .await;
    assert_eq!(items[0].as_ref().unwrap_err().error.reason, ReasonCode::GraphThrottled);
    assert!(items[1].is_ok());
    assert_eq!(fake.asked().len(), 1 + 5);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_fails_what_was_in_it() {
    let fake = Fake::start(|asked| match asked.uri.as_str() {
        "/beta/$batch" => json_answer(403, json!({"error": {"code": "accessDenied"}})),
        _ => json_answer(200, json!({"value": [{"id": "1"}, {"id": "2"}]})),
    })
    .await;
    let page = fake.client().client.policies(Family::DeviceManagementScripts).next().await.unwrap().unwrap();
    let denied =
        |item: &Result<Item, FailedItem>| item.as_ref().unwrap_err().error.reason == ReasonCode::PermissionDenied;
    assert!(page.items.iter().all(denied));
}

#[tokio::test]
async fn an_id_cannot_lead_to_another_address() {
    let fake = Fake::start(|asked| match asked.uri.as_str() {
        "/beta/$batch" => batch(&asked, |_, request| text(request)),
        _ => json_answer(200, json!({"value": [{"id": "../../users"}, {"id": "a?b=c#d"}]})),
    })
    .await;
    let page = fake.client().client.policies(Family::DeviceManagementScripts).next().await.unwrap().unwrap();
    assert!(page.items.iter().all(Result::is_ok));
    let asked = fake.asked().pop().unwrap();
    let urls: Vec<_> =
        asked.body["requests"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap()).collect();
    let list = "/deviceManagement/deviceManagementScripts";
    assert_eq!(urls, [format!("{list}/..%2F..%2Fusers"), format!("{list}/a%3Fb=c%23d")]);
}
