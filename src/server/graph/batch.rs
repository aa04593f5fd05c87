//! Many reads in one call: Graph's `$batch`, at most twenty requests each. Every answer in it stands for itself, with a
//! status, headers and throttling of its own (https://learn.microsoft.com/graph/json-batching).

use std::collections::HashMap;

use futures::{StreamExt, stream};
use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ApiVersion, GraphClient, GraphError,
    envelope::graph_error,
    retry::{Failed, Tries, Wait},
    wire::Answer,
};

/// As many requests does Graph take in one batch.
const MOST: usize = 20;

#[derive(Deserialize)]
struct Batch {
    responses: Vec<Part>,
}

/// One answer of a batch. They come in any order.
#[derive(Deserialize)]
struct Part {
    id: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, Value>,
    #[serde(default)]
    body: Value,
}

/// A request of a batch that has no answer yet.
struct Open<'a> {
    place: usize,
    tries: Tries<'a>,
}

type Read = Result<Value, GraphError>;

impl GraphClient {
    /// Reads addresses of one API version, as many in one call as Graph takes. The answers are in the order of the
    /// addresses; one that fails leaves the others.
    pub(super) async fn get_all(&self, version: ApiVersion, urls: Vec<Url>) -> Vec<Read> {
        let calls = urls.chunks(MOST).map(|chunk| self.get_some(version, chunk.to_vec())).collect::<Vec<_>>();
        // The gate lets through as many calls at once as the tenant's limit says.
        stream::iter(calls).buffered(self.concurrency()).collect::<Vec<_>>().await.into_iter().flatten().collect()
    }

    async fn get_some(&self, version: ApiVersion, urls: Vec<Url>) -> Vec<Read> {
        let relative = self.batch_url(version).map(|endpoint| {
            let base = endpoint.as_str().strip_suffix("/$batch").unwrap_or_default();
            let within =
                |url: &Url| url.as_str().strip_prefix(base).filter(|rest| rest.starts_with('/')).map(str::to_owned);
            (urls.iter().map(within).collect::<Option<Vec<_>>>(), endpoint.clone())
        });
        match relative {
            Ok((Some(relative), endpoint)) if urls.len() > 1 => self.batch(&endpoint, &relative, &urls).await,
            // What leads elsewhere is refused, or read, one by one.
            _ => {
                let mut read = Vec::with_capacity(urls.len());
                for url in &urls {
                    read.push(self.get(url).await);
                }
                read
            }
        }
    }

    /// Reads `relative`, which are `urls` as a batch names them, until each has been answered for good.
    async fn batch(&self, endpoint: &Url, relative: &[String], urls: &[Url]) -> Vec<Read> {
        let mut done: Vec<Option<Read>> = urls.iter().map(|_| None).collect();
        let mut open: Vec<_> = (0..urls.len()).map(|place| Open { place, tries: self.retry().begin() }).collect();
        while !open.is_empty() {
            let mut parts = match self.ask_batch(endpoint, &open, relative).await {
                Ok(parts) => parts,
                Err(error) => {
                    open.drain(..).for_each(|one| done[one.place] = Some(Err(error.clone())));
                    break;
                }
            };
            let mut again = Vec::new();
            let (mut alone, mut together) = (None, None);
            for mut one in open {
                let read = match parts.remove(&one.place.to_string()) {
                    // Its token was refused though the batch's was not: the plain way knows how to renew it.
                    Some(part) if part.status == 401 => self.get(&urls[one.place]).await,
                    Some(part) => match part.read(self.now()).map_err(|failed| one.tries.after(failed)) {
                        Ok(value) => Ok(value),
                        Err(Err(error)) => Err(error),
                        Err(Ok(wait)) => {
                            match wait {
                                Wait::Alone(time) => alone = alone.max(Some(time)),
                                Wait::Together(time) => together = together.max(Some(time)),
                            }
                            again.push(one);
                            continue;
                        }
                    },
                    None => Err(GraphError::incomplete("A batch came without one of its answers.")),
                };
                done[one.place] = Some(read);
            }
            if let Some(time) = together {
                self.hold(time);
            }
            if let Some(time) = alone.filter(|_| !again.is_empty()) {
                self.retry().delay.wait(time).await;
            }
            open = again;
        }
        let unasked = || Err(GraphError::incomplete("A batch came without one of its answers."));
        done.into_iter().map(|read| read.unwrap_or_else(unasked)).collect()
    }

    async fn ask_batch(
        &self,
        endpoint: &Url,
        open: &[Open<'_>],
        relative: &[String],
    ) -> Result<HashMap<String, Part>, GraphError> {
        let request =
            |one: &Open<'_>| json!({ "id": one.place.to_string(), "method": "GET", "url": relative[one.place] });
        let body = json!({ "requests": open.iter().map(request).collect::<Vec<_>>() });
        let answer = self.post(endpoint, &body).await?;
        let batch = Batch::deserialize(answer)
            .map_err(|error| GraphError::incomplete("The answer was no batch.").caused(error))?;
        Ok(batch.responses.into_iter().map(|part| (part.id.clone(), part)).collect())
    }
}

impl Part {
    fn read(self, now: chrono::DateTime<chrono::Utc>) -> Result<Value, Failed> {
        match (self.status, self.body) {
            (200, body @ (Value::Object(_) | Value::Array(_))) => Ok(body),
            // What is no JSON comes as text in base64.
            (200, _) => {
                Err(Failed::for_good(GraphError::incomplete("The answer was not whole JSON.").answered(200, None)))
            }
            (status, body) => {
                let answer = Answer { status, headers: headers(&self.headers), body: body.to_string().into_bytes() };
                Err(Failed { error: graph_error(&answer), again: answer.again(now) })
            }
        }
    }
}

/// As they would stand in an answer of their own; what cannot stand there is left out.
fn headers(named: &HashMap<String, Value>) -> HeaderMap {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let read = |(name, value): (&String, &Value)| {
        Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(text(value)).ok()?))
    };
    named.iter().filter_map(read).collect()
}
