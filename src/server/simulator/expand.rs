//! `$expand`: names with options of their own, as in `a,b($expand=c;$select=d)`.

use super::answer::GraphError;

/// Deeper than Graph itself goes; guards the recursion.
const DEEPEST: usize = 4;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expand {
    names: Vec<(String, Expand)>,
}

impl Expand {
    pub fn parse(text: &str) -> Result<Self, GraphError> {
        parse_level(text, DEEPEST).ok_or_else(|| GraphError::bad_request(format!("Invalid $expand value '{text}'.")))
    }

    /// What is asked of this property; `None` where it is not to be expanded.
    pub fn get(&self, name: &str) -> Option<&Expand> {
        self.names.iter().find(|(own, _)| own == name).map(|(_, inner)| inner)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|(name, _)| name.as_str())
    }
}

fn parse_level(text: &str, deeper: usize) -> Option<Expand> {
    let deeper = deeper.checked_sub(1)?;
    let mut names = Vec::new();
    for part in split_outside_parentheses(text, ',')? {
        let part = part.trim();
        let (name, inner) = match part.split_once('(') {
            None => (part, Expand::default()),
            Some((name, rest)) => (name, parse_options(rest.strip_suffix(')')?, deeper)?),
        };
        let word = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_./*".contains(c));
        names.push((word.then(|| name.to_owned())?, inner));
    }
    Some(Expand { names })
}

/// Only a nested `$expand` changes the answer; the other options are accepted and left.
fn parse_options(text: &str, deeper: usize) -> Option<Expand> {
    let options = split_outside_parentheses(text, ';')?;
    match options.iter().find_map(|option| option.trim().strip_prefix("$expand=")) {
        Some(nested) => parse_level(nested, deeper),
        None => Some(Expand::default()),
    }
}

/// `None` where the parentheses do not match.
fn split_outside_parentheses(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (place, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ if c == separator && depth == 0 => {
                parts.push(&text[start..place]);
                start = place + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::Expand;

    #[test]
    fn names_options_and_nested_names_are_read() {
        let text = "assignments,scheduledActionsForRule($select=id;$expand=scheduledActionConfigurations)";
        let expand = Expand::parse(text).expect("a good $expand");
        assert_eq!(expand.names().collect::<Vec<_>>(), ["assignments", "scheduledActionsForRule"]);
        let nested = expand.get("scheduledActionsForRule").and_then(|rule| rule.get("scheduledActionConfigurations"));
        assert!(nested.is_some());
    }

    #[test]
    fn what_is_no_expand_is_refused() {
        for text in ["", "a,", "a(", "a)", "a b", &"a($expand=".repeat(2000)] {
            assert!(Expand::parse(text).is_err(), "{text}");
        }
    }
}
