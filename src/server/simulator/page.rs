//! Paging: a part of a list, and the opaque token of the next part.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::answer::GraphError;

/// How much of the token is a check on the rest.
const CHECK_BYTES: usize = 8;

#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub range: Range<usize>,
    pub next_token: Option<String>,
}

impl Page {
    /// The part of `total` things that a token of the same `path` points to, at most `size` of them.
    pub fn cut(path: &str, total: usize, size: usize, token: Option<&str>) -> Result<Self, GraphError> {
        let start = match token {
            None => 0,
            Some(token) => offset(path, token)
                .filter(|offset| *offset <= total)
                .ok_or_else(|| GraphError::bad_request("Skip token is not valid or has expired."))?,
        };
        let end = total.min(start.saturating_add(size));
        Ok(Self { range: start..end, next_token: (end < total).then(|| token_at(path, end)) })
    }
}

pub fn token_at(path: &str, offset: usize) -> String {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes();
    let check = Sha256::new().chain_update(path).chain_update(offset).finalize();
    hex::encode([offset.as_slice(), &check[..CHECK_BYTES]].concat())
}

/// The offset in a token; `None` where it was not made for this path.
fn offset(path: &str, token: &str) -> Option<usize> {
    let bytes = hex::decode(token).ok()?;
    let offset = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    (token_at(path, offset) == token).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn pages_cover_the_list_once() {
        let mut covered = Vec::new();
        let mut token = None;
        loop {
            let page = Page::cut("groups", 7, 3, token.as_deref()).expect("a good token");
            covered.extend(page.range);
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(covered, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let page = Page::cut("groups", 7, 3, None).expect("the first page");
        assert!(Page::cut("users", 7, 3, page.next_token.as_deref()).is_err());
        assert!(Page::cut("groups", 7, 3, Some("00")).is_err());
    }
}
