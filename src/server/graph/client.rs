//! The client of one tenant's Graph. It reads; every request passes the same gate.

use std::sync::Arc;

use reqwest::{Url, header};
use serde_json::Value;

use super::{
    Family, GraphError, GraphLimits, GraphSettings, ListRequest, Pages, RetryPolicy, Secret,
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
        Pages::new(self.clone(), self.0.settings.list_url(request), request.with_settings)
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

    /// Reads one address. The token is never sent anywhere but to Graph.
    pub(super) async fn get(&self, url: &Url) -> Result<Value, GraphError> {
        let inner = &*self.0;
        if !inner.settings.is_graph(url) {
            return Err(GraphError::incomplete("A link in the answer leads to another host."));
        }
        inner.policy.check(url)?;
        let mut token = inner.tokens.get(&inner.settings, None).await?;
        let mut renewed = false;
        let mut tries = inner.retry.begin();
        loop {
            match self.try_once(url, &token).await {
                Ok(value) => return Ok(value),
                Err(failed) if failed.error.http_status == Some(401) && !renewed => {
                    token = inner.tokens.get(&inner.settings, Some(&token)).await?;
                    renewed = true;
                }
                Err(failed) => match tries.after(failed)? {
                    Wait::Alone(time) => inner.retry.delay.wait(time).await,
                    Wait::Together(time) => inner.throttle.hold(time),
                },
            }
        }
    }

    async fn try_once(&self, url: &Url, token: &Secret) -> Result<Value, Failed> {
        let inner = &*self.0;
        // Held until the body is read.
        let _slot = inner.throttle.enter().await.map_err(Failed::for_good)?;
        let request = inner
            .http
            .get(url.clone())
            .bearer_auth(token.expose())
            .header(header::ACCEPT, "application/json")
            .header("client-request-id", inner.clock.new_id().to_string());
        let answer = exchange(request, inner.limits.body_bytes).await?;
        if answer.status != 200 {
            return Err(Failed { error: graph_error(&answer), again: answer.again(inner.clock.now()) });
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let unread = GraphError::incomplete("The answer was not whole JSON.");
            Failed::for_good(unread.answered(answer.status, answer.request_id()).caused(error))
        })
    }
}
