//! What is pasted into the search: a run id, the start of one, or the address of a run.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use uuid::Uuid;

use super::ids::RunId;

const FEWEST: usize = 6;
const DIGITS: usize = 32;

/// The first 6 to 32 hexadecimal digits of a run id, in lower case and without hyphens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSearch(String);

/// The text is no start of a run id, or too short for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRunId;

impl RunSearch {
    /// The ids that begin like this.
    pub fn ids(&self) -> RangeInclusive<RunId> {
        let digits = u128::from_str_radix(&self.0, 16).unwrap_or_default();
        let open = 4 * (DIGITS - self.0.len());
        let (first, rest) = (digits << open, (1_u128 << open) - 1);
        RunId(Uuid::from_u128(first))..=RunId(Uuid::from_u128(first | rest))
    }
}

impl FromStr for RunSearch {
    type Err = NoRunId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let last = text.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let id = last.split(['?', '#']).next().unwrap_or_default();
        let digits: String =
            id.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).take(DIGITS + 1).collect();
        let is_id = (FEWEST..=DIGITS).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if is_id { Ok(Self(digits)) } else { Err(NoRunId) }
    }
}

impl fmt::Display for RunSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() == DIGITS { self.ids().start().fmt(f) } else { f.write_str(&self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019ab1c2-d3e4-7f56-8123-456789abcdef";

    #[test]
    fn an_id_is_found_by_itself_by_its_start_and_in_an_address() {
        let id: RunId = ID.parse().unwrap();
        let address = format!("https://run.example/t/contoso/operations/{ID}?type=x");
        for text in [ID, &ID.to_uppercase(), &ID.replace('-', ""), &format!("  {ID}\n"), &address] {
            let search: RunSearch = text.parse().unwrap();
            assert_eq!((search.ids(), search.to_string()), (id..=id, ID.to_owned()), "{text}");
        }
        for text in ["019ab1", "019ab1c2-", "019AB1C2-d3e4-7"] {
            assert!(text.parse::<RunSearch>().unwrap().ids().contains(&id), "{text}");
        }
        assert!(!"019ab2".parse::<RunSearch>().unwrap().ids().contains(&id));
    }

    #[test]
    fn anything_else_is_no_run_id() {
        for text in ["", "019ab", "wifi", "zzzzzz", &format!("{ID}0"), &"a".repeat(10_000), "ﬀﬀﬀﬀﬀﬀ"] {
            assert_eq!(text.parse::<RunSearch>(), Err(NoRunId), "{text}");
        }
    }
}
