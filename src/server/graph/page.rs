//! Reads a list page by page: one page in memory, however long the list is.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    ApiVersion, FailedItem, Family, GraphClient, GraphError, Item, ItemIdentity, ListRequest, details, expanded,
};

/// One page; it may be empty and others still follow.
#[derive(Debug, Default)]
pub struct Page {
    pub items: Vec<Result<Item, FailedItem>>,
}

/// The pages of a list, in Graph's order. After an error there are no more.
pub struct Pages {
    client: GraphClient,
    next: Option<Result<Url, GraphError>>,
    /// Hashes of the links followed so far.
    seen: HashSet<[u8; 32]>,
    version: ApiVersion,
    with_settings: bool,
    /// The family of policies whose details the list leaves out.
    details_of: Option<Family>,
}

impl Pages {
    pub(super) fn new(client: GraphClient, first: Result<Url, GraphError>, request: &ListRequest) -> Self {
        let (version, with_settings) = (request.version, request.with_settings);
        Self { client, next: Some(first), seen: HashSet::new(), version, with_settings, details_of: None }
    }

    /// The same list, with what makes each of the family's policies whole.
    pub(super) fn with_details(self, family: Family) -> Self {
        Self { details_of: Some(family), ..self }
    }

    /// The next page, or `None` after the last one. An error ends the list: what came before it is not all of it.
    pub async fn next(&mut self) -> Option<Result<Page, GraphError>> {
        let url = self.next.take()?;
        Some(self.read(url).await)
    }

    async fn read(&mut self, url: Result<Url, GraphError>) -> Result<Page, GraphError> {
        let url = url?;
        if !self.seen.insert(Sha256::digest(url.as_str()).into()) {
            return Err(GraphError::incomplete("A page named itself or an earlier one as the next."));
        }
        let (values, next) = parts(self.client.get(&url).await?)?;
        let mut items = opened(values);
        expanded::complete(&self.client, self.version, &mut items, self.with_settings).await;
        if let Some(family) = self.details_of {
            details::complete(&self.client, family, &mut items).await;
        }
        self.next = next.map(Ok);
        Ok(Page { items })
    }
}

/// The values of a page; one without an id has failed already.
fn opened(values: Vec<Value>) -> Vec<Result<Item, FailedItem>> {
    let mut items = Vec::with_capacity(values.len());
    for body in values {
        items.push(match ItemIdentity::read(&body) {
            Ok(identity) => Ok(Item { identity, body }),
            Err(error) => Err(FailedItem { identity: None, error }),
        });
    }
    items
}

/// A page's values and the address of the next page, which is followed as it is.
pub(super) fn parts(mut page: Value) -> Result<(Vec<Value>, Option<Url>), GraphError> {
    let next = next_link(page.get("@odata.nextLink"))?;
    match page.get_mut("value").map(Value::take) {
        Some(Value::Array(values)) => Ok((values, next)),
        _ => Err(GraphError::incomplete("A page had no list of values.")),
    }
}

/// Reads a link to a next page; absent or null means that there is none.
pub(super) fn next_link(link: Option<&Value>) -> Result<Option<Url>, GraphError> {
    let unreadable = || GraphError::incomplete("The link to the next page cannot be read.");
    match link {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(link)) => Url::parse(link).map(Some).map_err(|error| unreadable().caused(error)),
        Some(_) => Err(unreadable()),
    }
}
