//! What a person is told when Graph refuses, answers nonsense or is not there.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures::{FutureExt, StreamExt, stream};
use runledger::{
    model::reason::ReasonCode,
    server::graph::{Family, GraphError},
};
use serde_json::json;

use crate::fake::{Fake, Held, granted, json_answer, page, refusal};

async fn error_of(body: &'static str) -> GraphError {
    let fake = Fake::start(move |_| Response::new(Body::from(body))).await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(fake.asked().len(), 1, "{body} is not asked for again");
    error
}

#[tokio::test]
async fn a_refusal_tells_reason_status_code_and_request_id_and_never_graphs_words() {
    let id = "0eca952c-bcbb-41a8-a298-9189a6d19d9b";
    let fake = Fake::start(move |_| refusal(403, "Authorization_RequestDenied", "request-id", id)).await;
    let failure = fake.client().read(Family::Intents).await.unwrap_err().failure(Some("Endpoint security policies"));
    assert_eq!(
        serde_json::to_value(&failure).unwrap(),
        json!({
            "code": "permission_denied",
            "message": "Microsoft Graph refused access: the app lacks a permission. \
                        (HTTP 403, Authorization_RequestDenied)",
            "item": "Endpoint security policies",
            "http_status": 403,
            "request_id": id,
        })
    );
}

#[tokio::test]
async fn a_family_that_the_tenant_has_no_licence_for_is_told_apart() {
    let body = json!({"error": {"code": "BadRequest", "message": "Request not applicable to target tenant."}});
    let fake = Fake::start(move |_| json_answer(400, body.clone())).await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::LicenseMissing);
}

#[tokio::test]
async fn a_body_that_is_not_a_whole_page_is_incomplete_data() {
    for body in [
        "<html>Welcome to the hotel</html>",
        "",
        r#"{"value": [{"id": "1"}"#,
        r#"{"items": []}"#,
        r#"{"value": {"id": "1"}}"#,
        r#"[{"id": "1"}]"#,
        r#"{"value": [], "@odata.nextLink": 7}"#,
        r#"{"value": [], "@odata.nextLink": "not a link"}"#,
    ] {
        assert_eq!(error_of(body).await.reason, ReasonCode::IncompleteData, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_ends_before_its_length_is_tried_again_and_then_incomplete_data() {
    let fake = Fake::start(|_| {
        // The second part makes the server send the first one, and is empty.
        let parts = [Bytes::from_static(b"{\"value\": []}"), Bytes::new()];
        let sent = stream::iter(parts).then(async |part| {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>(part)
        });
        Response::builder().header("content-length", "5000").body(Body::from_stream(sent)).unwrap()
    })
    .await;
    let held = fake.client();
    let error = held.read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::IncompleteData);
    assert!(error.failure(None).message.contains("cut short"));
    assert_eq!(fake.asked().len(), 5);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Fake::start(|_| page(&["stolen"])).await;
    let to = format!("{}/beta/x", other.base);
    let fake = Fake::start(move |_| refusal(302, "found", "location", &to)).await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::Network);
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_graph_that_is_not_there_is_tried_five_times_and_is_a_network_failure() {
    let fake = Fake::start(|_| page(&[])).await;
    let held = Held::new(&nobody().await, &fake.base, true);
    let error = held.read(Family::Intents).await.unwrap_err();
    assert_eq!((error.reason, error.http_status), (ReasonCode::Network, None));
    assert_eq!(held.waits(), [1, 2, 4, 8]);
    assert!(!error.failure(None).message.contains("127.0.0.1"));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    let fake = Fake::start_with(granted, |_| futures::future::pending().boxed()).await;
    #[allow(clippy::disallowed_methods, reason = "the product's own time limit is too long for a test")]
    let http = reqwest::Client::builder().timeout(Duration::from_millis(300)).no_proxy().build().unwrap();
    let held = Held::with(http, &fake.base, &fake.base, true);
    assert_eq!(held.read(Family::Intents).await.unwrap_err().reason, ReasonCode::Timeout);
    assert!(held.waits().is_empty());
}

#[tokio::test]
async fn a_private_address_is_refused_without_the_permission_and_not_called() {
    let fake = Fake::start(|_| page(&[])).await;
    let port = fake.base.rsplit_once(':').unwrap().1;
    for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
        let base = format!("https://{host}:{port}");
        let held = Held::new(&base, &base, false);
        let error = held.read(Family::Intents).await.unwrap_err();
        assert_eq!(error.reason, ReasonCode::Network);
        let message = error.failure(None).message;
        assert!(message.contains("private network"), "{host}: {message}");
        assert!(held.waits().is_empty(), "{host} is not tried again");
    }
    assert_eq!((fake.sign_ins(), fake.asked().len()), (0, 0));
}

#[tokio::test]
async fn an_address_without_tls_is_refused_without_the_permission() {
    let held = Held::new("http://graph.example", "http://login.example", false);
    let message = held.read(Family::Intents).await.unwrap_err().failure(None).message;
    assert!(message.contains("https"), "{message}");
}

/// An address at which nobody listens.
async fn nobody() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
