//! Tokens, discovery and calls without a good token.

use runledger::server::simulator::SimulatorOptions;
use serde_json::Value;

use super::support::{Running, credentials};

#[tokio::test]
async fn a_good_secret_gets_a_token_that_opens_graph() {
    let running = Running::with_defaults().await;
    let answer: Value = running.ask_token("contoso", &credentials("any")).await.json().await.expect("JSON");
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["expires_in"], 3599);
    let token = answer["access_token"].as_str().expect("a token");
    assert!(token.starts_with("eyJ"), "{token}");
    assert_eq!(token.split('.').count(), 3);
    running.sign_in("contoso").await.json("v1.0/groups").await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused_in_the_words_of_entra() {
    let options = SimulatorOptions { client_secret: Some("right".into()), ..Default::default() };
    let running = Running::start(options).await;
    assert_eq!(running.ask_token("contoso", &credentials("right")).await.status(), 200);
    let refused = running.ask_token("contoso", &credentials("wrong")).await;
    assert_eq!(refused.status(), 401);
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!(body["error"], "invalid_client");
    assert_eq!(body["error_codes"][0], 7_000_215);
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.starts_with("AADSTS7000215: Invalid client secret provided."), "{description}");
    assert!(body["trace_id"].is_string() && body["correlation_id"].is_string());
    assert!(!description.contains("wrong"), "the secret must not come back");
}

#[tokio::test]
async fn an_ill_formed_token_request_is_invalid() {
    let running = Running::with_defaults().await;
    for missing in ["grant_type", "client_id", "client_secret", "scope"] {
        let form: Vec<(&str, &str)> = credentials("s").into_iter().filter(|(name, _)| *name != missing).collect();
        let refused = running.ask_token("contoso", &form).await;
        assert_eq!(refused.status(), 400, "{missing}");
        let body: Value = refused.json().await.expect("JSON");
        assert_eq!(body["error"], "invalid_request", "{missing}");
    }
}

#[tokio::test]
async fn graph_without_a_good_token_is_401_with_the_request_ids() {
    let running = Running::with_defaults().await;
    let url = format!("{}/v1.0/groups", running.url);
    for token in [None, Some("eyJhbGciOiJub25lIn0.e30.x")] {
        let mut request = running.client.get(&url).header("client-request-id", "mine");
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["client-request-id"], "mine");
        assert!(response.headers().contains_key("date"));
        let id = response.headers()["request-id"].to_str().expect("text").to_owned();
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], "InvalidAuthenticationToken");
        assert_eq!(body["error"]["innerError"]["request-id"], id);
        assert_eq!(body["error"]["innerError"]["client-request-id"], "mine");
    }
}

#[tokio::test]
async fn discovery_leads_back_to_the_host_that_was_asked() {
    let running = Running::with_defaults().await;
    let url = format!("{}/contoso/v2.0/.well-known/openid-configuration", running.url);
    let document: Value = running.client.get(url).send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(document["issuer"], format!("{}/contoso/v2.0", running.url));
    assert_eq!(document["token_endpoint"], format!("{}/contoso/oauth2/v2.0/token", running.url));
}
