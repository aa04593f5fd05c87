//! `$batch`: up to twenty requests in one. Each goes the way of a request of its own, faults included, and is answered
//! with its own status and headers, in another order than they were asked in.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::{Extension, Json, Router};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::State as Shared;
use super::answer::GraphError;
use super::base64;
use super::graph::authorise;
use super::resource::Version;
use super::routes;

const MOST: usize = 20;
/// The header that tells the simulator itself that a request came in a batch.
pub const PART_OF_BATCH: &str = "simulator-part-of-batch";
/// More than any answer has.
const BODY_BYTES: usize = 256 * 1024 * 1024;

#[derive(Deserialize)]
pub struct Batch {
    requests: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    id: String,
    method: String,
    /// Below the version, with a slash at its beginning.
    url: String,
    #[serde(default)]
    headers: HashMap<String, String>,
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

/// What the parts share: the way to an answer, and the headers of the batch that count for each.
struct Way {
    router: Router,
    version: Version,
    shared: HeaderMap,
}

pub async fn answer(
    State(shared): State<Arc<Shared>>,
    Extension(version): Extension<Version>,
    headers: HeaderMap,
    body: Result<Json<Batch>, JsonRejection>,
) -> Result<Json<Value>, GraphError> {
    authorise(&shared, &headers)?;
    shared.stats.batch();
    let Json(batch) = body.map_err(|_| GraphError::bad_request("Invalid batch payload format."))?;
    check(&batch.requests)?;
    let of_batch = [header::AUTHORIZATION, header::HOST, header::HeaderName::from_static("x-forwarded-proto")];
    let kept = of_batch.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
    let way = Way { router: routes::simulated(&shared).with_state(shared), version, shared: kept.collect() };

    let (dependent, free): (Vec<_>, Vec<_>) = batch.requests.iter().partition(|part| !part.depends_on.is_empty());
    let mut answers: BTreeMap<&str, Value> = BTreeMap::new();
    let done = join_all(free.iter().map(|part| way.answer(part))).await;
    answers.extend(free.iter().map(|part| part.id.as_str()).zip(done));
    for part in dependent {
        let succeeded =
            |id: &String| answers.get(id.as_str()).is_some_and(|answer| answer["status"].as_u64() < Some(400));
        let answer = match part.depends_on.iter().all(succeeded) {
            true => way.answer(part).await,
            false => {
                refusal(part, StatusCode::FAILED_DEPENDENCY, "FailedDependency", "A request that it depends on failed.")
            }
        };
        answers.insert(&part.id, answer);
    }
    Ok(Json(json!({ "responses": answers.into_values().rev().collect::<Vec<_>>() })))
}

fn check(parts: &[Part]) -> Result<(), GraphError> {
    if parts.is_empty() || parts.len() > MOST {
        return Err(GraphError::bad_request(format!("Number of batch request steps must be from 1 to {MOST}.")));
    }
    let mut ids: Vec<&str> = parts.iter().map(|part| part.id.as_str()).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(GraphError::bad_request(format!("Duplicate request id '{}'.", pair[0]))),
        None => Ok(()),
    }
}

impl Way {
    async fn answer(&self, part: &Part) -> Value {
        match self.request(part) {
            Some(request) => {
                let Ok(response) = self.router.clone().oneshot(request).await;
                told(part, response).await
            }
            None => refusal(part, StatusCode::BAD_REQUEST, "BadRequest", "The request of the batch cannot be read."),
        }
    }

    fn request(&self, part: &Part) -> Option<Request> {
        let address = part.url.strip_prefix('/').filter(|path| !path.starts_with("$batch"))?;
        let mut request = Request::builder()
            .method(part.method.as_str())
            .uri(format!("/{}/{address}", self.version.as_str()))
            .body(part.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .ok()?;
        request.headers_mut().extend(self.shared.clone());
        request.headers_mut().insert(PART_OF_BATCH, header::HeaderValue::from_static("true"));
        for (name, value) in &part.headers {
            request.headers_mut().insert(header::HeaderName::try_from(name).ok()?, value.parse().ok()?);
        }
        if part.body.is_some() {
            request.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        }
        Some(request)
    }
}

async fn told(part: &Part, response: Response) -> Value {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, BODY_BYTES).await.unwrap_or_default();
    // What is no JSON comes as text in base64.
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| base64::standard(&bytes).into());
    let headers: BTreeMap<String, &str> =
        head.headers.iter().filter_map(|(name, value)| Some((title(name.as_str()), value.to_str().ok()?))).collect();
    json!({ "id": part.id, "status": head.status.as_u16(), "headers": headers, "body": body })
}

fn refusal(part: &Part, status: StatusCode, code: &str, message: &str) -> Value {
    json!({ "id": part.id, "status": status.as_u16(), "body": { "error": { "code": code, "message": message } } })
}

/// A header as Graph spells it in a batch: `Retry-After`.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    };
    name.split('-').map(word).collect::<Vec<String>>().join("-")
}
