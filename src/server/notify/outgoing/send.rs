//! One try of one delivery, over HTTP or by mail.

use std::{error::Error, time::Duration};

use chrono::TimeDelta;
use reqwest::{StatusCode, header};
use serde_json::json;
use tracing::warn;
use url::Url;

use super::{Outgoing, event::OutgoingEvent, sign};
use crate::{
    model::outgoing::DestinationKind,
    server::{db::outgoing_deliveries::Due, net::Refused, redact::detail},
};

/// How long one try may take, unless it is set otherwise.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// A receiver may ask for so much patience, and no more.
const LONGEST_WISH: i64 = 60 * 60;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    Delivered(Option<u16>),
    Failed {
        status: Option<u16>,
        why: String,
        /// The receiver wants to be asked no sooner.
        wait: Option<TimeDelta>,
        /// The receiver wants nothing of this kind any more.
        gone: bool,
    },
}

impl Tried {
    pub fn failed(status: Option<u16>, why: impl Into<String>) -> Self {
        Self::Failed { status, why: why.into(), wait: None, gone: false }
    }
}

impl Outgoing {
    /// Sends it, and never fails otherwise than by saying so.
    pub(super) async fn send(&self, due: &Due) -> Tried {
        let inner = &self.inner;
        let owner = super::owner(due.destination);
        let Ok(address) = inner.secrets.decrypt(&due.address, &owner) else {
            return Tried::failed(
                None,
                "The address cannot be decrypted with this server's key. Add the destination again.",
            );
        };
        let Ok(event) = serde_json::from_str::<OutgoingEvent>(&due.payload) else {
            return Tried::failed(None, "What was to be told cannot be read.");
        };
        let event = event.at(inner.settings.public_url.as_ref());
        let id = format!("msg_{}", due.id.0.simple());
        match due.kind {
            DestinationKind::Email => match &inner.settings.mail {
                Some(mail) => mail.send(&address, &id, inner.clock.now(), &event).await,
                None => Tried::failed(None, "E-mail is not set up on this server. Ask its operator."),
            },
            DestinationKind::Slack => {
                self.post(&address, json!({ "text": event.slack_text() }).to_string(), None).await
            }
            DestinationKind::Webhook => {
                let secret = due.secret.as_ref().and_then(|sealed| inner.secrets.decrypt(sealed, &owner).ok());
                let Ok(body) = serde_json::to_string(&event) else {
                    return Tried::failed(None, "What was to be told cannot be written.");
                };
                let timestamp = inner.clock.now().timestamp();
                let signature = secret.and_then(|secret| sign::signature(&secret, &id, timestamp, &body));
                let Some(signature) = signature else {
                    return Tried::failed(
                        None,
                        "The secret cannot be decrypted with this server's key. Add the webhook again.",
                    );
                };
                self.post(&address, body, Some([id, timestamp.to_string(), signature])).await
            }
        }
    }

    async fn post(&self, address: &str, body: String, signed: Option<[String; 3]>) -> Tried {
        let Ok(url) = Url::parse(address) else { return Tried::failed(None, "The address cannot be read.") };
        if let Err(refused) = self.inner.settings.policy.check(&url) {
            return Tried::failed(None, format!("Nothing was sent: {refused}."));
        }
        let Ok(http) = self.http() else { return Tried::failed(None, "This server cannot send over HTTP.") };
        let mut request =
            http.post(url).timeout(self.inner.patience).header(header::CONTENT_TYPE, "application/json").body(body);
        if let Some(values) = signed {
            let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
            request = names.into_iter().zip(values).fold(request, |request, (name, value)| request.header(name, value));
        }
        match request.send().await {
            // Its body is not read: nobody here wants it, and it may have no end.
            Ok(answer) => judge(answer.status(), answer.headers()),
            Err(error) => {
                // The address may be all that one needs to know.
                let error = error.without_url();
                warn!(error = detail(&error), "a notification could not be sent");
                Tried::failed(None, reason(&error, self.inner.patience))
            }
        }
    }
}

fn judge(status: StatusCode, headers: &header::HeaderMap) -> Tried {
    if status.is_success() {
        return Tried::Delivered(Some(status.as_u16()));
    }
    let why = match status {
        status if status.is_redirection() => {
            "The address leads elsewhere, and redirects are not followed. Add the destination with its final address."
                .to_owned()
        }
        StatusCode::GONE => "The receiver wants no more notifications.".to_owned(),
        status => format!("The receiver answered with status {}.", status.as_u16()),
    };
    let wish = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    Tried::Failed {
        status: Some(status.as_u16()),
        why,
        wait: wish.map(|seconds| TimeDelta::seconds(seconds.clamp(0, LONGEST_WISH))),
        gone: status == StatusCode::GONE,
    }
}

fn reason(error: &reqwest::Error, patience: Duration) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        if let Some(refused) = one.downcast_ref::<Refused>() {
            return format!("Nothing was sent: {refused}.");
        }
        cause = one.source();
    }
    if error.is_timeout() {
        format!("The receiver did not answer within {} seconds.", patience.as_secs())
    } else if error.is_connect() {
        "The receiver could not be reached: its name, its port or its certificate is not right, or it is down."
            .to_owned()
    } else {
        "The connection to the receiver broke.".to_owned()
    }
}
