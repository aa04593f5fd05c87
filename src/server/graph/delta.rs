//! Change lists: everything at first, later only what has changed since. The link to go on from is kept by the caller.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{GraphClient, GraphError, ListRequest, Secret, page::next_link, page::parts};

/// One page of a change list; it may be empty and others still follow.
#[derive(Debug)]
pub struct DeltaPage {
    pub values: Vec<Value>,
    /// On the last page: where the next read goes on. Holds a token, so it is neither shown nor logged.
    pub link: Option<Secret>,
}

/// The pages of a change list, in Graph's order. After the last page and after an error there are no more.
pub struct DeltaPages {
    client: GraphClient,
    next: Option<Url>,
    /// Hashes of the links followed so far.
    seen: HashSet<[u8; 32]>,
}

impl GraphClient {
    /// Reads a change list from its beginning.
    pub fn delta(&self, request: &ListRequest) -> Result<DeltaPages, GraphError> {
        Ok(self.delta_at(self.list_url(request)?))
    }

    /// Goes on where an earlier read has ended. A link that cannot be an address of this Graph is none.
    pub fn delta_from(&self, link: &Secret) -> Option<DeltaPages> {
        let url = Url::parse(link.expose()).ok().filter(|url| self.is_graph(url))?;
        Some(self.delta_at(url))
    }

    fn delta_at(&self, first: Url) -> DeltaPages {
        DeltaPages { client: self.clone(), next: Some(first), seen: HashSet::new() }
    }
}

impl DeltaPages {
    /// The next page, or `None` after the last one.
    ///
    /// # Errors
    /// [`GraphError::wants_resync`] tells that only a read from the beginning helps.
    pub async fn next(&mut self) -> Option<Result<DeltaPage, GraphError>> {
        let url = self.next.take()?;
        Some(self.read(url).await)
    }

    async fn read(&mut self, url: Url) -> Result<DeltaPage, GraphError> {
        if !self.seen.insert(Sha256::digest(url.as_str()).into()) {
            return Err(GraphError::incomplete("A page named itself or an earlier one as the next."));
        }
        let page = self.client.get(&url).await?;
        let end = next_link(page.get("@odata.deltaLink"))?;
        let (values, next) = parts(page)?;
        let link = match (&next, end) {
            (Some(_), _) => None,
            (None, Some(end)) => Some(Secret::new(end)),
            (None, None) => return Err(GraphError::incomplete("The last page had no link to go on from.")),
        };
        self.next = next;
        Ok(DeltaPage { values, link })
    }
}

impl GraphError {
    /// A change list that was read from its beginning and had expired before its end.
    pub fn expired_at_once() -> Self {
        Self::incomplete("The list of changes expired while it was being read from its beginning.")
    }

    /// Whether Graph no longer knows where a change list was left: 410, or one of its codes for it.
    /// The address that a 410 names is not followed; reading from our own first address is the same.
    pub fn wants_resync(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default().to_ascii_lowercase();
        self.http_status == Some(410) || matches!(code.as_str(), "syncstatenotfound" | "resyncrequired")
    }
}
