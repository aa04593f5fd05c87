//! The sentences of the drift pages.

use super::words::number;
use crate::model::drift::{BaselineKind, Decided, Decision};

/// The policy in headings; Graph allows one without a name.
pub fn policy_name(name: &str) -> &str {
    if name.is_empty() { "Policy without a name" } else { name }
}

/// Where in a policy.
pub fn place(path: &str) -> &str {
    if path.is_empty() { "The whole policy" } else { path }
}

/// What was compared with, in the middle of a sentence: `the previous sync`, `backup set Golden`, `tenant Fabrikam`.
pub fn baseline(kind: BaselineKind, name: &str) -> String {
    match kind {
        BaselineKind::Previous => "the previous sync".to_owned(),
        BaselineKind::BackupSet => format!("backup set {name}"),
        BaselineKind::Tenant => format!("tenant {name}"),
    }
}

/// `1 policy`, `1,420 policies`.
pub fn policies(count: u64) -> String {
    match count {
        0 => "No policies".to_owned(),
        1 => "1 policy".to_owned(),
        _ => format!("{} policies", number(count)),
    }
}

/// What a comparison came to: `2 new findings, 14 known, 1 resolved`.
pub fn comparison(new: u64, known: u64, resolved: u64, failed: u64) -> String {
    let mut text = match new {
        0 => "No new findings".to_owned(),
        1 => "1 new finding".to_owned(),
        _ => format!("{} new findings", number(new)),
    };
    for (count, word) in [(known, "known"), (resolved, "resolved"), (failed, "not comparable")] {
        if count > 0 {
            text.push_str(&format!(", {} {word}", number(count)));
        }
    }
    text
}

/// The answer to a decision: `3 findings accepted`.
pub fn decided(decided: &Decided) -> String {
    let done = match decided.decision {
        Decision::Accept => "accepted",
        Decision::Ignore => "ignored",
        Decision::Reopen => "reopened",
    };
    match decided.findings {
        1 => format!("Finding {done}"),
        count => format!("{} findings {done}", number(count as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_told_in_findings() {
        assert_eq!(comparison(0, 0, 0, 0), "No new findings");
        assert_eq!(comparison(1, 1_400, 2, 1), "1 new finding, 1,400 known, 2 resolved, 1 not comparable");
    }

    #[test]
    fn a_decision_is_told_by_what_was_done_to_how_many() {
        let told = |decision, findings| decided(&Decided { decision, findings });
        assert_eq!(told(Decision::Accept, 1), "Finding accepted");
        assert_eq!(told(Decision::Ignore, 3), "3 findings ignored");
    }
}
