//! The client of one tenant's Graph. It reads; every request passes the same gate.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, Url, header};
use serde_json::Value;

use super::{
    ApiVersion, Family, GraphError, GraphLimits, GraphSettings, ListRequest, Pages, RetryPolicy, Secret,
    envelope::graph_error,
    retry::{Failed, Wait},
    throttle::Throttle,
    token::Tokens,
    wire::exchange,
};
use crate::server::{clock::Clock, net::OutboundPolicy};

/// Talks to one tenant's Graph. Clones share the token, the limit and the waits that Graph asks for, so a process
/// makes one client for a tenant and clones it.
#[derive(Clone)]
pub struct GraphClient(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    policy: OutboundPolicy,
    clock: Clock,
    settings: GraphSettings,
    limits: GraphLimits,
    retry: RetryPolicy,
    tokens: Tokens,
    throttle: Throttle,
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It comes to the same however often it is done.
    Freely,
    /// It creates something: never after an answer that leaves open whether it was done.
    WhenRefused,
}

impl GraphClient {
    /// `http` comes from [`crate::server::net::http_client`], made with the same `policy`.
    pub fn new(
        http: reqwest::Client,
        policy: OutboundPolicy,
        clock: Clock,
        settings: GraphSettings,
        limits: GraphLimits,
        retry: RetryPolicy,
    ) -> Self {
        let tokens = Tokens::new(http.clone(), policy, clock.clone(), retry.clone(), limits);
        let throttle = Throttle::new(limits.concurrency, clock.clone(), Arc::clone(&retry.delay));
        Self(Arc::new(Inner { http, policy, clock, settings, limits, retry, tokens, throttle }))
    }

    /// A family's items, page by page.
    pub fn items(&self, family: Family) -> Pages {
        self.list(&family.request())
    }

    /// Any list, page by page.
    pub fn list(&self, request: &ListRequest) -> Pages {
        Pages::new(self.clone(), self.0.settings.list_url(request), request)
    }

    /// A family's policies, each whole: with all that makes it what it is.
    pub fn policies(&self, family: Family) -> Pages {
        self.items(family).with_details(family)
    }

    /// Gets a token, and so shows that the settings work.
    pub async fn sign_in(&self) -> Result<(), GraphError> {
        self.0.tokens.get(&self.0.settings, None).await.map(drop)
    }

    pub(super) fn list_url(&self, request: &ListRequest) -> Result<Url, GraphError> {
        self.0.settings.list_url(request)
    }

    /// Whether an address is one of this Graph's.
    pub(super) fn is_graph(&self, url: &Url) -> bool {
        self.0.settings.is_graph(url)
    }

    /// Reads something below a collection; each of `below` is one segment of the address.
    pub(super) async fn read(
        &self,
        version: ApiVersion,
        path: &str,
        below: &[&str],
        query: Option<&str>,
    ) -> Result<Value, GraphError> {
        let url = self.0.settings.item_url(version, path, below, query)?;
        self.get(&url).await
    }

    /// Reads one address. The token is never sent anywhere but to Graph.
    pub(super) async fn get(&self, url: &Url) -> Result<Value, GraphError> {
        self.exchange(url, Repeat::Freely, |http| http.get(url.clone())).await
    }

    /// Asks with a body. Only for what changes nothing: it is repeated as a read is.
    pub(super) async fn post(&self, url: &Url, body: &Value) -> Result<Value, GraphError> {
        self.exchange(url, Repeat::Freely, |http| http.post(url.clone()).json(body)).await
    }

    /// Sends a request until it is answered for good. The token is never sent anywhere but to Graph.
    pub(super) async fn exchange(
        &self,
        url: &Url,
        repeat: Repeat,
        request: impl Fn(&reqwest::Client) -> RequestBuilder,
    ) -> Result<Value, GraphError> {
        let inner = &*self.0;
        if !inner.settings.is_graph(url) {
            return Err(GraphError::incomplete("A link in the answer leads to another host."));
        }
        inner.policy.check(url)?;
        let mut token = inner.tokens.get(&inner.settings, None).await?;
        let mut renewed = false;
        let mut tries = inner.retry.begin();
        loop {
            match self.try_once(request(&inner.http), &token).await {
                Ok(value) => return Ok(value),
                Err(failed) if failed.error.http_status == Some(401) && !renewed => {
                    token = inner.tokens.get(&inner.settings, Some(&token)).await?;
                    renewed = true;
                }
                // Only a refusal says for sure that nothing was done.
                Err(failed) if repeat == Repeat::WhenRefused && failed.error.http_status != Some(429) => {
                    return Err(failed.error);
                }
                Err(failed) => match tries.after(failed)? {
                    Wait::Alone(time) => inner.retry.delay.wait(time).await,
                    Wait::Together(time) => inner.throttle.hold(time),
                },
            }
        }
    }

    async fn try_once(&self, request: RequestBuilder, token: &Secret) -> Result<Value, Failed> {
        let inner = &*self.0;
        // Held until the body is read.
        let _slot = inner.throttle.enter().await.map_err(Failed::for_good)?;
        let request = request
            .bearer_auth(token.expose())
            .header(header::ACCEPT, "application/json")
            .header("client-request-id", inner.clock.new_id().to_string());
        let answer = exchange(request, inner.limits.body_bytes).await?;
        if answer.status == 204 {
            return Ok(Value::Null);
        }
        if !matches!(answer.status, 200 | 201) {
            return Err(Failed { error: graph_error(&answer), again: answer.again(inner.clock.now()) });
        }
        // A bare number comes as text, with a mark of its encoding before it.
        let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body);
        serde_json::from_slice(body).map_err(|error| {
            let unread = GraphError::incomplete("The answer was not whole JSON.");
            Failed::for_good(unread.answered(answer.status, answer.request_id()).caused(error))
        })
    }

    /// The address of something below a list of the family's version; absent where the configured address makes none,
    /// which the list itself has told already.
    pub(super) fn item_url(&self, family: Family, list: &str, rest: &[&str], query: Option<&str>) -> Option<Url> {
        self.0.settings.item_url(family.version(), list, rest, query).ok()
    }

    pub(super) fn batch_url(&self, version: ApiVersion) -> Result<Url, GraphError> {
        self.0.settings.batch_url(version)
    }

    pub(super) fn retry(&self) -> &RetryPolicy {
        &self.0.retry
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Requests of this tenant under way at the same time, at most.
    pub(super) fn concurrency(&self) -> usize {
        self.0.limits.concurrency.max(1)
    }

    /// Lets no request of this tenant out for a while.
    pub(super) fn hold(&self, time: Duration) {
        self.0.throttle.hold(time);
    }
}
