//! Which findings a list shows, as the address has it: parsed once, written back the same.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::{
    drift::{Baseline, FindingState, Severity},
    ids::FindingId,
};
use crate::text_enum;

/// The longest search, in characters.
const LONGEST_SEARCH: usize = 200;

/// Which findings. Each part narrows the list; without any it is the new ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingFilter {
    pub state: StateFilter,
    pub severity: Option<Severity>,
    pub family: Option<String>,
    pub baseline: Option<String>,
    /// Part of the policy's name or of the path, in any case.
    pub search: Option<String>,
    /// Show those after this one.
    pub after: Option<FindingId>,
}

text_enum! {
    /// Findings of one state, or of all.
    #[derive(Default)]
    StateFilter, "state of findings" {
        #[default]
        New = "new",
        Accepted = "accepted",
        Ignored = "ignored",
        Resolved = "resolved",
        All = "all",
    }
}

impl StateFilter {
    /// The one state; none for all of them.
    pub const fn state(self) -> Option<FindingState> {
        Some(match self {
            Self::New => FindingState::New,
            Self::Accepted => FindingState::Accepted,
            Self::Ignored => FindingState::Ignored,
            Self::Resolved => FindingState::Resolved,
            Self::All => return None,
        })
    }

    pub const fn label(self) -> &'static str {
        match self.state() {
            Some(state) => state.label(),
            None => "All states",
        }
    }
}

impl FindingFilter {
    /// Reads a query. What makes no sense is left out, and said in the note.
    pub fn parse(get: impl Fn(&str) -> Option<String>) -> (Self, Option<String>) {
        let mut ignored = Vec::new();
        let get = |name: &str| get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut read = |name: &'static str, what: &'static str, fits: &dyn Fn(&str) -> bool| {
            let text = get(name)?;
            if fits(&text) && !text.contains(char::is_control) {
                return Some(text);
            }
            ignored.push(what);
            None
        };
        let state = read("state", "state", &|text| text.parse::<StateFilter>().is_ok());
        let severity = read("severity", "severity", &|text| text.parse::<Severity>().is_ok());
        let family = read("family", "family", &|text| text.len() <= 60);
        let baseline = read("baseline", "baseline", &|text| text.parse::<Baseline>().is_ok());
        let after = read("after", "place in the list", &|text| text.parse::<FindingId>().is_ok());
        let search = read("search", "search", &|text| text.chars().count() <= LONGEST_SEARCH);
        let filter = Self {
            state: state.and_then(|text| text.parse().ok()).unwrap_or_default(),
            severity: severity.and_then(|text| text.parse().ok()),
            family,
            baseline,
            search,
            after: after.and_then(|text| text.parse().ok()),
        };
        let note = (!ignored.is_empty())
            .then(|| format!("What the address says of the {} makes no sense and was left out.", ignored.join(", ")));
        (filter, note)
    }

    /// Whether it narrows the list more than the plain page does.
    pub fn is_narrow(&self) -> bool {
        *self != Self { after: self.after, ..Self::default() }
    }

    /// The address of the page of the list that begins after a finding; empty for the plain page.
    pub fn query(&self, after: Option<&str>) -> String {
        let mut query = String::new();
        let state = (self.state != StateFilter::default()).then(|| self.state.as_str());
        let parts = [
            ("state", state),
            ("severity", self.severity.map(Severity::as_str)),
            ("family", self.family.as_deref()),
            ("baseline", self.baseline.as_deref()),
            ("search", self.search.as_deref()),
            ("after", after),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                let sign = if query.is_empty() { '?' } else { '&' };
                _ = write!(query, "{sign}{name}={}", encoded(value));
            }
        }
        query
    }
}

/// Percent-encoded, but for what RFC 3986 calls unreserved.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> (FindingFilter, Option<String>) {
        FindingFilter::parse(|name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_plain_address_shows_what_is_new() {
        let (filter, note) = parse(&[]);
        assert_eq!((filter.state, filter.is_narrow(), note), (StateFilter::New, false, None));
        assert_eq!(filter.query(None), "");
    }

    #[test]
    fn an_address_is_read_and_written_back() {
        let (filter, note) =
            parse(&[("state", "all"), ("severity", "high"), ("search", " a&b "), ("baseline", "tenant:fabrikam")]);
        assert_eq!(note, None);
        assert_eq!(filter.query(Some("x")), "?state=all&severity=high&baseline=tenant%3Afabrikam&search=a%26b&after=x");
        assert!(filter.is_narrow());
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_said() {
        let (filter, note) = parse(&[("state", "odd"), ("severity", "low"), ("after", "1")]);
        assert_eq!((filter.severity, filter.after), (Some(Severity::Low), None));
        assert!(note.unwrap().contains("state, place in the list"));
    }
}
