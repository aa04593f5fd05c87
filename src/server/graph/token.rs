//! Access tokens by client credentials: one request however many calls wait for it, renewed before it expires.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::{
    GraphError, GraphLimits, GraphSettings, RetryPolicy, Secret,
    envelope::sign_in_error,
    retry::{Failed, Wait},
    wire::exchange,
};
use crate::{
    model::reason::ReasonCode,
    server::{clock::Clock, net::OutboundPolicy},
};

/// A token is renewed this long before it expires, so that none expires on its way; a short-lived one at half its life.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Gets and keeps one client's token.
pub(super) struct Tokens {
    http: reqwest::Client,
    policy: OutboundPolicy,
    clock: Clock,
    retry: RetryPolicy,
    body_bytes: usize,
    kept: Mutex<Kept>,
    /// Counts the answers of the sign-in service.
    asked: AtomicU64,
}

#[derive(Default)]
struct Kept {
    token: Option<(Secret, DateTime<Utc>)>,
    last_error: Option<GraphError>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds.
    expires_in: u32,
}

impl Tokens {
    pub fn new(
        http: reqwest::Client,
        policy: OutboundPolicy,
        clock: Clock,
        retry: RetryPolicy,
        limits: GraphLimits,
    ) -> Self {
        let body_bytes = limits.body_bytes;
        Self { http, policy, clock, retry, body_bytes, kept: Mutex::default(), asked: AtomicU64::new(0) }
    }

    /// The token to use now. `refused` is one that Graph did not take: it is not given again.
    pub async fn get(&self, settings: &GraphSettings, refused: Option<&Secret>) -> Result<Secret, GraphError> {
        let asked_before = self.asked.load(Ordering::Acquire);
        let mut kept = self.kept.lock().await;
        if let Some((token, renew_at)) = &kept.token
            && refused != Some(token)
            && self.clock.now() < *renew_at
        {
            return Ok(token.clone());
        }
        // Whoever waited while the sign-in failed shares that failure: a wrong secret is not sent a hundred times.
        if self.asked.load(Ordering::Acquire) != asked_before
            && let Some(error) = &kept.last_error
        {
            return Err(error.clone());
        }
        let answer = self.ask(settings).await;
        self.asked.fetch_add(1, Ordering::AcqRel);
        match answer {
            Ok(granted) => {
                let lifetime = TimeDelta::seconds(i64::from(granted.expires_in));
                let token = Secret::new(granted.access_token);
                *kept = Kept {
                    token: Some((token.clone(), self.clock.now() + lifetime - MARGIN.min(lifetime / 2))),
                    last_error: None,
                };
                Ok(token)
            }
            Err(error) => {
                *kept = Kept { token: None, last_error: Some(error.clone()) };
                Err(error)
            }
        }
    }

    /// A token request creates nothing, so that it may be repeated.
    async fn ask(&self, settings: &GraphSettings) -> Result<Granted, GraphError> {
        let url = settings.token_url()?;
        self.policy.check(&url)?;
        let mut tries = self.retry.begin();
        loop {
            match self.try_once(url.clone(), settings).await {
                Ok(granted) => return Ok(granted),
                Err(failed) => match tries.after(failed)? {
                    Wait::Alone(time) | Wait::Together(time) => self.retry.delay.wait(time).await,
                },
            }
        }
    }

    async fn try_once(&self, url: Url, settings: &GraphSettings) -> Result<Granted, Failed> {
        let request = self.http.post(url).form(&[
            ("client_id", settings.client_id.as_str()),
            ("client_secret", settings.client_secret.expose()),
            ("scope", "https://graph.microsoft.com/.default"),
            ("grant_type", "client_credentials"),
        ]);
        let answer = exchange(request, self.body_bytes).await?;
        if answer.status != 200 {
            return Err(Failed { error: sign_in_error(&answer), again: answer.again(self.clock.now()) });
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            let unread = GraphError::new(ReasonCode::AuthFailed).noted("The sign-in service's answer was not a token.");
            Failed::for_good(unread.answered(answer.status, answer.request_id()).caused(error))
        })
    }
}
