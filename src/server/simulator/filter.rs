//! `$filter`, as far as looking something up by name needs it: `property eq 'text'`. The rest is refused,
//! because a filter that is ignored gives wrong answers.

use super::answer::GraphError;
use super::content::{Object, text};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    property: String,
    value: String,
}

impl Filter {
    pub fn parse(clause: &str) -> Result<Self, GraphError> {
        let refused = || GraphError::bad_request(format!("Invalid filter clause: '{clause}' is not supported."));
        let (property, rest) = clause.trim().split_once(' ').ok_or_else(refused)?;
        let quoted = rest.trim().strip_prefix("eq ").ok_or_else(refused)?.trim();
        let inner = quoted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).ok_or_else(refused)?;
        // A quote inside is doubled; a single one means that more follows, such as `and`.
        let value = inner.replace("''", "\0");
        if value.contains('\'') || !property.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(refused());
        }
        Ok(Self { property: property.to_owned(), value: value.replace('\0', "'") })
    }

    /// Graph compares text without case.
    pub fn matches(&self, object: &Object) -> bool {
        text(object, &self.property).is_some_and(|own| own.to_lowercase() == self.value.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Filter;

    #[test]
    fn a_name_is_found_whatever_its_case_and_quotes() {
        let filter = Filter::parse("displayName eq 'Bob''s PCs'").expect("a good filter");
        let object = json!({"displayName": "bob's pcs"});
        assert!(object.as_object().is_some_and(|object| filter.matches(object)));
        assert!(!filter.matches(&serde_json::Map::new()));
    }

    #[test]
    fn what_cannot_be_done_right_is_refused() {
        for clause in ["", "displayName", "startswith(name,'a')", "a eq 'b' and c eq 'd'", "a ne 'b'", "a eq 1"] {
            assert!(Filter::parse(clause).is_err(), "{clause}");
        }
    }
}
