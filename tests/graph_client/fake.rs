//! A server with a script, and a client of it whose clock, waits and chance the test holds.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{BoxFuture, FutureExt, ready};
use reqwest::Url;
use runledger::server::{
    clock::Clock,
    graph::{
        Delay, Family, GraphClient, GraphError, GraphLimits, GraphSettings, Item, Jitter, Pages, RetryPolicy, Secret,
    },
    net::{OutboundPolicy, http_client},
};
use serde_json::{Value, json};

/// What Graph was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Counts from 1.
    pub nth: usize,
    /// Path and query, as they came.
    pub uri: String,
    pub token: String,
    /// Null for a request without one.
    pub body: Value,
    /// The server's own base address.
    pub base: String,
}

type Script = Arc<dyn Fn(Asked) -> BoxFuture<'static, Response> + Send + Sync>;
type SignIn = Arc<dyn Fn(usize) -> Response + Send + Sync>;

/// Graph and its sign-in service at one address.
pub struct Fake {
    pub base: String,
    pub sign_ins: Arc<AtomicUsize>,
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone)]
struct Shared {
    base: String,
    script: Script,
    sign_in: SignIn,
    sign_ins: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    /// Gives `token-1`, `token-2`, ... and answers the rest by the script.
    pub async fn start(script: impl Fn(Asked) -> Response + Send + Sync + 'static) -> Self {
        Self::start_with(granted, move |asked| ready(script(asked)).boxed()).await
    }

    pub async fn start_with(
        sign_in: impl Fn(usize) -> Response + Send + Sync + 'static,
        script: impl Fn(Asked) -> BoxFuture<'static, Response> + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let fake = Self { base: base.clone(), sign_ins: Arc::default(), asked: Arc::default() };
        let shared = Shared {
            base,
            script: Arc::new(script),
            sign_in: Arc::new(sign_in),
            sign_ins: Arc::clone(&fake.sign_ins),
            asked: Arc::clone(&fake.asked),
        };
        let router = Router::new().fallback(answer).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    pub fn sign_ins(&self) -> usize {
        self.sign_ins.load(Ordering::SeqCst)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A client of this server.
    pub fn client(&self) -> Held {
        Held::new(&self.base, &self.base, true)
    }
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let (request, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    if request.method == Method::POST && request.uri.path() == "/directory/oauth2/v2.0/token" {
        return (shared.sign_in)(shared.sign_ins.fetch_add(1, Ordering::SeqCst) + 1);
    }
    let header = |name: header::HeaderName| {
        request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let asked = {
        let mut all = shared.asked.lock().unwrap();
        let asked = Asked {
            nth: all.len() + 1,
            uri: request.uri.to_string(),
            token: header(header::AUTHORIZATION).trim_start_matches("Bearer ").to_owned(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            base: shared.base.clone(),
        };
        all.push(asked.clone());
        asked
    };
    (shared.script)(asked).await
}

/// The sign-in service's answer to a good secret.
pub fn granted(nth: usize) -> Response {
    json_answer(200, json!({"token_type": "Bearer", "expires_in": 3599, "access_token": format!("token-{nth}")}))
}

pub fn json_answer(status: u16, body: Value) -> Response {
    let json = (header::CONTENT_TYPE, "application/json");
    (StatusCode::from_u16(status).unwrap(), [json], body.to_string()).into_response()
}

/// A last page with items of these ids.
pub fn page(ids: &[&str]) -> Response {
    json_answer(200, json!({"value": values(ids)}))
}

/// A page with another one after it.
pub fn page_before(ids: &[&str], next: &str) -> Response {
    json_answer(200, json!({"value": values(ids), "@odata.nextLink": next}))
}

fn values(ids: &[&str]) -> Vec<Value> {
    ids.iter().map(|id| json!({"id": id, "displayName": format!("Policy {id}")})).collect()
}

/// An error status with a header of one's choice.
pub fn refusal(status: u16, code: &str, name: &'static str, value: &str) -> Response {
    let body = json!({"error": {"code": code, "message": "Words of Graph for ada@contoso.example."}});
    Response::builder().status(status).header(name, value).body(Body::from(body.to_string())).unwrap()
}

/// A client, and what it does with time.
pub struct Held {
    pub client: GraphClient,
    pub clock: Clock,
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Held {
    pub fn new(graph_url: &str, authority: &str, allow_private: bool) -> Self {
        Self::with(http_client(OutboundPolicy { allow_private }).unwrap(), graph_url, authority, allow_private)
    }

    pub fn with(http: reqwest::Client, graph_url: &str, authority: &str, allow_private: bool) -> Self {
        let clock = Clock::manual(noon());
        let waits = Arc::default();
        let settings = GraphSettings {
            graph_url: Url::parse(graph_url).unwrap(),
            authority: Url::parse(authority).unwrap(),
            directory_id: "directory".to_owned(),
            client_id: "app".to_owned(),
            client_secret: Secret::new("word"),
        };
        let retry = RetryPolicy {
            delay: Arc::new(Noted { waits: Arc::clone(&waits) }),
            jitter: Arc::new(AlwaysMost),
            ..RetryPolicy::system()
        };
        let policy = OutboundPolicy { allow_private };
        let client = GraphClient::new(http, policy, clock.clone(), settings, GraphLimits::default(), retry);
        Self { client, clock, waits }
    }

    /// Reads a family to its end: how many pages, and the items that came whole.
    pub async fn read(&self, family: Family) -> Result<(usize, Vec<Item>), GraphError> {
        read_all(self.client.items(family)).await
    }

    /// The waits so far, in seconds.
    pub fn waits(&self) -> Vec<u64> {
        self.waits.lock().unwrap().iter().map(Duration::as_secs).collect()
    }

    pub fn advance(&self, minutes: i64) {
        self.clock.advance(TimeDelta::minutes(minutes));
    }
}

pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap()
}

pub async fn read_all(mut pages: Pages) -> Result<(usize, Vec<Item>), GraphError> {
    let (mut count, mut items) = (0, Vec::new());
    while let Some(page) = pages.next().await {
        count += 1;
        items.extend(page?.items.into_iter().flatten());
    }
    Ok((count, items))
}

pub fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.identity.id.as_str()).collect()
}

/// Notes a wait and does not wait; the clock stands still.
struct Noted {
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Delay for Noted {
    fn wait(&self, time: Duration) -> BoxFuture<'static, ()> {
        self.waits.lock().unwrap().push(time);
        ready(()).boxed()
    }
}

struct AlwaysMost;

impl Jitter for AlwaysMost {
    fn fraction(&self) -> f64 {
        1.0
    }
}
