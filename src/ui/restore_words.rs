//! The sentences of restores that depend on numbers and states.

use super::words::number;
use crate::{
    error::AppError,
    model::{
        restore::{GroupMatch, RestoreDetail, RestorePlan},
        run::SummaryCounts,
    },
};

/// `1 policy`, `1,420 policies`.
pub fn policies(count: u64) -> String {
    match count {
        1 => "1 policy".to_owned(),
        _ => format!("{} policies", number(count)),
    }
}

/// What a preview found: `3 to create, 1 to update, 6 without a change, 2 blocked`.
pub fn preview(detail: &RestoreDetail) -> String {
    let counts = [
        (RestorePlan::Create, "to create"),
        (RestorePlan::Update, "to update"),
        (RestorePlan::Unchanged, "without a change"),
        (RestorePlan::Blocked, "blocked"),
    ];
    list(counts.map(|(plan, word)| (detail.planned(plan), word)))
}

/// What a restore came to: `3 created, 1 updated, 1 failed`.
pub fn result(counts: &SummaryCounts) -> String {
    let own = |word: &str| counts.own.get(word).copied().unwrap_or_default();
    list([
        (own("created"), "created"),
        (own("updated"), "updated"),
        (own("unchanged"), "needed no change"),
        (counts.failed, "failed"),
        (counts.skipped, "not restored"),
    ])
}

fn list<const N: usize>(counts: [(u64, &str); N]) -> String {
    let named = counts.iter().filter(|(count, _)| *count > 0);
    let named: Vec<_> = named.map(|(count, word)| format!("{} {word}", number(*count))).collect();
    named.join(", ")
}

/// What a confirmation lets happen.
pub fn consequence(detail: &RestoreDetail) -> String {
    let (create, update) = (detail.planned(RestorePlan::Create), detail.planned(RestorePlan::Update));
    let tenant = &detail.tenant_name;
    match (create, update) {
        (0, update) => format!("{} of {tenant} will be overwritten.", policies(update)),
        (create, 0) => format!("{} will be created in {tenant}.", policies(create)),
        (create, update) => {
            format!("{} will be created in {tenant}, and {} overwritten.", policies(create), policies(update))
        }
    }
}

/// What is left out of it.
pub fn left_out(blocked: u64) -> Option<String> {
    match blocked {
        0 => None,
        1 => Some("1 policy is blocked: it is not written, and counts as failed.".to_owned()),
        _ => Some(format!("{} policies are blocked: they are not written, and count as failed.", number(blocked))),
    }
}

/// What a comparison is folded under: `1 change`.
pub fn changes(count: usize) -> String {
    match count {
        1 => "1 change".to_owned(),
        _ => format!("{} changes", number(count as u64)),
    }
}

/// How a group of the backup was found here, or why it was not.
pub fn group(group: &GroupMatch) -> &'static str {
    match (group.here.is_some(), group.by.as_str()) {
        (true, "hand") => "Chosen by hand",
        (true, "name") => "Found by its name",
        (true, _) => "The same group",
        (false, "ambiguous") => "Several groups have this name",
        (false, _) => "Not in this tenant",
    }
}

/// Everything of a set that its list shows.
pub fn all_of(count: Option<u64>) -> String {
    match count {
        Some(1) => "The 1 policy of this list".to_owned(),
        Some(count) => format!("All {} policies of this list", number(count)),
        None => "All policies that the search finds".to_owned(),
    }
}

/// What went wrong with a form. One that came without scripts tells only the kind of its error: then `invalid` says what
/// makes no sense in this form.
pub fn refusal(error: &AppError, scripted: bool, invalid: &str) -> String {
    match error {
        AppError::Invalid { .. } if !scripted => invalid.to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_restore_came_to_names_only_what_there_is() {
        let mut counts = SummaryCounts { failed: 2, ..SummaryCounts::default() };
        assert_eq!(result(&counts), "2 failed");
        counts.own.insert("created".to_owned(), 1_200);
        counts.own.insert("updated".to_owned(), 0);
        assert_eq!(result(&counts), "1,200 created, 2 failed");
        assert_eq!(result(&SummaryCounts::default()), "");
    }

    #[test]
    fn a_group_tells_how_it_was_found() {
        let told = |here: Option<&str>, by: &str| {
            group(&GroupMatch { id: "a".into(), name: None, here: here.map(str::to_owned), by: by.into() })
        };
        assert_eq!(
            [told(Some("b"), "name"), told(None, "ambiguous")],
            ["Found by its name", "Several groups have this name"]
        );
        // One chosen by hand that is not there is as missing as any.
        assert_eq!(told(None, "missing"), "Not in this tenant");
    }

    #[test]
    fn numbers_of_policies_read_like_words() {
        assert_eq!([policies(1), policies(1_000)], ["1 policy", "1,000 policies"]);
        assert_eq!([changes(1), changes(3)], ["1 change", "3 changes"]);
        assert_eq!(left_out(0), None);
        assert!(left_out(1).unwrap().contains("is blocked") && left_out(2).unwrap().contains("are blocked"));
    }
}
