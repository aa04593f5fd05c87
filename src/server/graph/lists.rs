//! Reads many short lists to their ends side by side, in batches.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;

use super::{ApiVersion, GraphClient, GraphError, page::parts};

/// A list on its way.
struct Reading {
    next: Option<Url>,
    followed: HashSet<Url>,
    values: Result<Vec<Value>, GraphError>,
}

impl GraphClient {
    /// The lists that begin at these addresses, in the same order; each is whole or an error.
    pub(super) async fn lists(&self, version: ApiVersion, firsts: Vec<Url>) -> Vec<Result<Vec<Value>, GraphError>> {
        let begin = |first| Reading { next: Some(first), followed: HashSet::new(), values: Ok(Vec::new()) };
        let mut lists: Vec<Reading> = firsts.into_iter().map(begin).collect();
        loop {
            // Each round asks for the next page of all that have one.
            let mut asked = Vec::new();
            let mut urls = Vec::new();
            for list in &mut lists {
                if let Some(url) = list.following() {
                    urls.push(url);
                    asked.push(list);
                }
            }
            if urls.is_empty() {
                break;
            }
            for (list, page) in asked.into_iter().zip(self.get_all(version, urls).await) {
                list.take(page.and_then(parts));
            }
        }
        lists.into_iter().map(|list| list.values).collect()
    }
}

impl Reading {
    fn following(&mut self) -> Option<Url> {
        let url = self.next.take()?;
        if self.followed.insert(url.clone()) {
            return Some(url);
        }
        self.values = Err(GraphError::incomplete("A list inside the item does not come to an end."));
        None
    }

    fn take(&mut self, page: Result<(Vec<Value>, Option<Url>), GraphError>) {
        match (page, &mut self.values) {
            (Ok((values, next)), Ok(read)) => {
                read.extend(values);
                self.next = next;
            }
            (Err(error), values) => *values = Err(error),
            (Ok(_), Err(_)) => {}
        }
    }
}
