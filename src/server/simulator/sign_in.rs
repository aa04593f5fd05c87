//! The sign-in service: tokens for client credentials, and the discovery document that SDKs ask for first.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::State as Shared;
use super::origin::Origin;
use super::tokens::LIFETIME_SECONDS;

/// Why there is no token, in the words of Microsoft Entra.
struct Refusal {
    status: StatusCode,
    error: &'static str,
    /// The number after `AADSTS`.
    number: u32,
    message: String,
}

impl Refusal {
    fn bad(error: &'static str, number: u32, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, number, message: message.into() }
    }
}

pub async fn token(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    form: Result<Form<HashMap<String, String>>, FormRejection>,
) -> Response {
    shared.stats.token_request();
    tokio::time::sleep(shared.latency).await;
    let client_id = form
        .map_err(|_| Refusal::bad("invalid_request", 900_144, "The request body must be a form."))
        .and_then(|Form(form)| check(&form, shared.client_secret.as_deref()));
    match client_id {
        Ok(client_id) => Json(json!({
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "ext_expires_in": LIFETIME_SECONDS,
            "access_token": shared.tokens.issue(&tenant, &client_id),
        }))
        .into_response(),
        Err(refusal) => refused(&shared, &refusal),
    }
}

/// The client id of a good request.
fn check(form: &HashMap<String, String>, secret: Option<&str>) -> Result<String, Refusal> {
    let field = |name: &str| {
        let missing = || format!("The request body must contain the following parameter: '{name}'.");
        let value = form.get(name).map(String::as_str).filter(|value| !value.trim().is_empty());
        value.ok_or_else(|| Refusal::bad("invalid_request", 900_144, missing()))
    };
    let grant_type = field("grant_type")?;
    if grant_type != "client_credentials" {
        let message = format!("The app requested an unsupported grant type '{grant_type}'.");
        return Err(Refusal::bad("unsupported_grant_type", 70_003, message));
    }
    let (client_id, given, scope) = (field("client_id")?, field("client_secret")?, field("scope")?);
    if !scope.ends_with("/.default") {
        let message = format!("The provided value for scope '{scope}' is not valid. It must end with /.default.");
        return Err(Refusal::bad("invalid_scope", 1_002_012, message));
    }
    if secret.is_some_and(|secret| secret != given) {
        return Err(Refusal {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            number: 7_000_215,
            message: format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                 value, not the client secret ID, for a secret added to app '{client_id}'."
            ),
        });
    }
    Ok(client_id.to_owned())
}

fn refused(shared: &Shared, refusal: &Refusal) -> Response {
    let (trace, correlation) = (shared.clock.new_id(), shared.clock.new_id());
    let now = shared.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true).replace('T', " ");
    let Refusal { status, error, number, message } = refusal;
    let description =
        format!("AADSTS{number}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}");
    let body = json!({
        "error": error,
        "error_description": description,
        "error_codes": [number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
    });
    (*status, Json(body)).into_response()
}

pub async fn discovery(Path(tenant): Path<String>, Origin(origin): Origin) -> Json<Value> {
    Json(json!({
        "issuer": format!("{origin}/{tenant}/v2.0"),
        "token_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/token"),
        "authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{origin}/{tenant}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{origin}/{tenant}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "msgraph_host": "graph.microsoft.com",
    }))
}
