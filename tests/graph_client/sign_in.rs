//! Tokens: how often one is asked for, and what a refused sign-in says.

use axum::response::IntoResponse;
use futures::future::{FutureExt, join_all, ready};
use runledger::{model::reason::ReasonCode, server::graph::Family};
use serde_json::json;

use crate::fake::{Fake, granted, json_answer, page};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_calls_at_once_make_one_token_request() {
    let fake = Fake::start(|_| page(&["1"])).await;
    let held = fake.client();
    let calls = (0..100).map(|_| held.read(Family::Intents));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(fake.sign_ins(), 1);
    assert!(fake.asked().iter().all(|asked| asked.token == "token-1"));
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_it_expires() {
    let fake = Fake::start(|_| page(&[])).await;
    let held = fake.client();
    for minutes in [54, 1] {
        held.read(Family::Intents).await.unwrap();
        held.advance(minutes);
    }
    assert_eq!(fake.sign_ins(), 1);
    held.read(Family::Intents).await.unwrap();
    assert_eq!(fake.sign_ins(), 2);
}

#[tokio::test]
async fn a_token_that_graph_refuses_is_renewed_once() {
    let fake = Fake::start(|asked| match asked.token.as_str() {
        "token-1" => json_answer(401, json!({"error": {"code": "InvalidAuthenticationToken"}})),
        _ => page(&["1"]),
    })
    .await;
    let held = fake.client();
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!((fake.sign_ins(), fake.asked().len()), (2, 2));
}

#[tokio::test]
async fn when_the_renewed_token_is_refused_too_the_call_gives_up() {
    let fake = Fake::start(|_| json_answer(401, json!({"error": {"code": "InvalidAuthenticationToken"}}))).await;
    let held = fake.client();
    let error = held.read(Family::Intents).await.unwrap_err();
    assert_eq!((error.reason, error.http_status), (ReasonCode::AuthFailed, Some(401)));
    assert_eq!((fake.sign_ins(), fake.asked().len()), (2, 2));
    assert!(held.waits().is_empty());
}

#[tokio::test]
async fn a_wrong_secret_is_told_by_its_number_and_never_repeated() {
    let description = "AADSTS7000215: Invalid client secret provided for app of ada@contoso.example.";
    let refused = json!({"error": "invalid_client", "error_description": description, "error_codes": [7_000_215],
        "trace_id": "0eca952c-bcbb-41a8-a298-9189a6d19d9b"});
    let fake = Fake::start_with(move |_| json_answer(401, refused.clone()), |_| ready(page(&["1"])).boxed()).await;
    let held = fake.client();
    let error = held.read(Family::Intents).await.unwrap_err();
    let failure = error.failure(None);
    assert_eq!(failure.code, ReasonCode::AuthFailed);
    assert_eq!(failure.message, "Signing in to Microsoft Graph failed. (HTTP 401, AADSTS7000215)");
    assert_eq!(failure.request_id.as_deref(), Some("0eca952c-bcbb-41a8-a298-9189a6d19d9b"));
    assert_eq!((fake.sign_ins(), fake.asked().len()), (1, 0));
}

#[tokio::test]
async fn calls_that_waited_for_a_failed_sign_in_share_its_failure() {
    let fake = Fake::start_with(
        |_| json_answer(400, json!({"error": "invalid_request", "error_codes": [900_023]})),
        |_| ready(page(&["1"])).boxed(),
    )
    .await;
    let held = fake.client();
    let answers = join_all((0..100).map(|_| held.read(Family::Intents))).await;
    let reasons = answers.into_iter().map(|answer| answer.unwrap_err().reason);
    assert!(reasons.into_iter().all(|reason| reason == ReasonCode::TenantUnavailable));
    assert_eq!(fake.sign_ins(), 1);
}

#[tokio::test]
async fn a_busy_sign_in_service_is_asked_again() {
    let fake = Fake::start_with(
        |nth| if nth < 3 { json_answer(503, json!({})) } else { granted(nth) },
        |_| ready(page(&["1"])).boxed(),
    )
    .await;
    let held = fake.client();
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!(held.waits(), [1, 2]);
}

#[tokio::test]
async fn a_sign_in_page_in_the_place_of_a_token_is_a_failed_sign_in() {
    let fake = Fake::start_with(
        |_| axum::response::Html("<html>Welcome</html>").into_response(),
        |_| ready(page(&["1"])).boxed(),
    )
    .await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::AuthFailed);
    assert!(error.failure(None).message.contains("was not a token"));
}
