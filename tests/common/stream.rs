//! The event stream of a tenant, as a browser reads it.

use std::{pin::Pin, time::Duration};

use futures::{Stream, StreamExt};
use runledger::model::run::LiveEvent;

use super::web::Visitor;

type Bytes = Pin<Box<dyn Stream<Item = reqwest::Result<axum::body::Bytes>> + Send>>;

pub struct EventStream {
    bytes: Bytes,
    /// What has come and is not read yet.
    text: String,
}

impl EventStream {
    /// None where the server does not answer.
    pub async fn open(visitor: &Visitor, tenant: &str) -> Option<Self> {
        let answer = visitor.try_get(&format!("/t/{tenant}/events")).await.ok()?;
        answer.status().is_success().then(|| Self { bytes: Box::pin(answer.bytes_stream()), text: String::new() })
    }

    /// The next message as it stands in the stream; none once the stream has ended, with an error where it was torn.
    pub async fn message(&mut self) -> reqwest::Result<Option<String>> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let message = message.to_owned();
                self.text = rest.to_owned();
                return Ok(Some(message));
            }
            match self.bytes.next().await.transpose()? {
                Some(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                None => return Ok(None),
            }
        }
    }

    /// The next event; none once the stream has ended, however it did.
    pub async fn event(&mut self) -> Option<LiveEvent> {
        loop {
            let message = self.message().await.ok()??;
            if let Some(data) = message.strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }

    /// Waits for the event that this wants.
    pub async fn until<T>(&mut self, expected: &str, mut wanted: impl FnMut(LiveEvent) -> Option<T>) -> T {
        let found = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let event = self.event().await.expect("the stream goes on");
                if let Some(found) = wanted(event) {
                    return found;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("waited in vain: {expected}"))
    }
}
