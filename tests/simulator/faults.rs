//! Each fault does what it says, at the start and while it runs; and the counts that tests rely on.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use runledger::server::simulator::SimulatorOptions;
use serde_json::{Value, json};

use super::support::Running;

#[tokio::test]
async fn throttled_lists_say_when_to_come_back_and_then_answer() {
    let faults = vec!["throttle:2".parse().expect("a fault")];
    let running = Running::start(SimulatorOptions { faults, ..Default::default() }).await;
    let caller = running.sign_in("contoso").await;
    for left in ["throttle:1", ""] {
        let response = caller.get("v1.0/groups").await;
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "1");
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], "TooManyRequests");
        let expected = if left.is_empty() { json!([]) } else { json!([left]) };
        assert_eq!(running.faults().await, expected);
    }
    caller.json("v1.0/groups").await;
}

#[tokio::test]
async fn an_unavailable_service_comes_back_after_its_count() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    assert_eq!(running.set_faults(&["unavailable:1"]).await, StatusCode::OK);
    let (status, code, _) = caller.error("v1.0/groups").await;
    assert_eq!((status, code.as_str()), (503, "ServiceUnavailable"));
    caller.json("v1.0/groups").await;
}

#[tokio::test]
async fn a_fault_of_one_family_leaves_the_others() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    running.set_faults(&["forbidden:deviceManagement/deviceConfigurations", "unlicensed:intents"]).await;
    for _ in 0..2 {
        assert_eq!(caller.error("v1.0/deviceManagement/deviceConfigurations").await.0, 403);
        let (status, code, message) = caller.error("beta/deviceManagement/intents").await;
        assert_eq!((status, code.as_str()), (400, "BadRequest"));
        assert!(message.contains("Request not applicable to target tenant"), "{message}");
        caller.json("v1.0/deviceManagement/deviceCompliancePolicies").await;
    }
}

#[tokio::test]
async fn broken_and_html_bodies_are_not_json() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    running.set_faults(&["broken:groups", "html:mobileApps"]).await;
    for (path, kind) in [("v1.0/groups", "application/json"), ("v1.0/deviceAppManagement/mobileApps", "text/html")] {
        let response = caller.get(path).await;
        assert_eq!(response.status(), 200);
        assert!(response.headers()["content-type"].to_str().expect("text").starts_with(kind));
        let length: usize = response.headers()["content-length"].to_str().expect("text").parse().expect("a number");
        let body = response.text().await.expect("the whole body");
        assert_eq!(body.len(), length);
        assert!(serde_json::from_str::<Value>(&body).is_err());
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_a_new_one_is_good() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    running.set_faults(&["revoked:2"]).await;
    for _ in 0..2 {
        caller.json("v1.0/groups").await;
    }
    let (status, code, _) = caller.error("v1.0/groups").await;
    assert_eq!((status, code.as_str()), (401, "InvalidAuthenticationToken"));
    let again = running.sign_in("contoso").await;
    for _ in 0..4 {
        again.json("v1.0/groups").await;
    }
}

#[tokio::test]
async fn slow_answers_and_latency_take_their_time() {
    let latency = Duration::from_millis(30);
    let running = Running::start(SimulatorOptions { latency, ..Default::default() }).await;
    let caller = running.sign_in("contoso").await;
    running.set_faults(&["slow:40"]).await;
    let start = Instant::now();
    caller.json("v1.0/groups").await;
    assert!(start.elapsed() >= Duration::from_millis(70));
}

#[tokio::test]
async fn faults_are_replaced_and_cleared_and_nonsense_changes_nothing() {
    let running = Running::with_defaults().await;
    assert_eq!(running.set_faults(&["slow:1", "forbidden:groups"]).await, StatusCode::OK);
    assert_eq!(running.set_faults(&["throttle:1", "explode:2"]).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(running.faults().await, json!(["slow:1", "forbidden:groups"]));
    let url = format!("{}/_simulator/faults", running.url);
    let not_a_list = running.client.put(&url).json(&json!({"a": 1})).send().await.expect("an answer");
    assert_eq!(not_a_list.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(running.client.delete(&url).send().await.expect("an answer").status().is_success());
    assert_eq!(running.faults().await, json!([]));
}

#[tokio::test]
async fn the_statistics_count_what_was_asked() {
    let running = Running::with_defaults().await;
    let caller = running.sign_in("contoso").await;
    caller.json("v1.0/groups").await;
    caller.json("v1.0/groups?$top=1").await;
    caller.json("beta/deviceManagement/intents").await;
    assert_eq!(
        running.stats().await,
        json!({"requests": 4, "token_requests": 1, "batches": 0, "throttled": 0, "throttled_in_batches": 0,
            "collections": {"groups": 2, "intents": 1}})
    );
}
