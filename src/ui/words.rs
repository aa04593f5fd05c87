//! The sentences of the page that depend on numbers and states.

use crate::model::{
    ids::RunId,
    operation::OperationType,
    page::RunCount,
    run::{Initiator, RunProgress, Started, SummaryCounts},
};

/// A number with its thousands set apart: `1,420`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What waits over the list: `1 new run`, `50+ new runs`; nothing when none does.
pub fn new_runs(count: RunCount) -> Option<String> {
    match (count.runs, count.more) {
        (0, _) => None,
        (1, false) => Some("1 new run".to_owned()),
        _ => Some(format!("{} new runs", count.text())),
    }
}

/// `1 item`, `1,420 items`.
pub fn items(count: u64) -> String {
    match count {
        0 => "No items".to_owned(),
        1 => "1 item".to_owned(),
        _ => format!("{} items", number(count)),
    }
}

/// What is folded away below a comparison: `1 more change`.
pub fn more_changes(count: u64) -> String {
    match count {
        1 => "1 more change".to_owned(),
        _ => format!("{} more changes", number(count)),
    }
}

/// What an ended run came to: `142 items, 3 failed`.
pub fn counts(counts: &SummaryCounts) -> String {
    let mut text = items(counts.total.max(counts.processed));
    for (count, word) in [(counts.failed, "failed"), (counts.skipped, "skipped")] {
        if count > 0 {
            text.push_str(&format!(", {} {word}", number(count)));
        }
    }
    text
}

/// How far a run is: `3 of 14 families`, or `1,200 policies` while the end is not known.
pub fn progress(progress: &RunProgress) -> String {
    match progress.total {
        Some(total) => format!("{} of {} {}", number(progress.done), number(total), progress.unit),
        None => format!("{} {}", number(progress.done), progress.unit),
    }
}

/// The part of a whole in percent; a whole of nothing is done.
pub fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 100.0 } else { (part.min(whole) as f64) * 100.0 / (whole as f64) }
}

/// The start of a run id, long enough to tell runs of the same millisecond's neighbourhood apart.
pub fn short_id(id: RunId) -> String {
    id.to_string().chars().take(13).collect()
}

/// The name of a type's own count: `baseline_only` reads `Baseline only`.
pub fn count_name(key: &str) -> String {
    let text = key.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Who asked for a run, as a name on the screen.
pub fn initiator(initiator: &Initiator) -> String {
    match initiator.user_id {
        None if initiator.name == "system" => "System".to_owned(),
        _ => initiator.name.clone(),
    }
}

/// `1 person joined`, `3 people joined`; nothing for nobody.
pub fn joined(count: i32) -> Option<String> {
    match count {
        ..=0 => None,
        1 => Some("1 person joined".to_owned()),
        _ => Some(format!("{count} people joined")),
    }
}

/// Up to two letters for a person without a picture: `AW` for Ana Weber.
pub fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let ends = match words.as_slice() {
        [] => return String::new(),
        [only] => vec![only],
        [first, .., last] => vec![first, last],
    };
    ends.into_iter().filter_map(|word| word.chars().next()).flat_map(char::to_uppercase).collect()
}

/// The operation in the middle of a sentence: `inventory sync`.
fn in_sentence(operation: OperationType) -> String {
    let mut letters = operation.label().chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// The answer to "start this"; `at` is when the run was created, as the viewer's clock shows it.
pub fn started(started: &Started, at: &str) -> String {
    let run = &started.run;
    match started.created {
        true => format!("{} started", run.operation_type.label()),
        false => {
            format!("Joined the {} that {} started at {at}", in_sentence(run.operation_type), initiator(&run.initiator))
        }
    }
}

/// The same where only the run's id is known.
pub fn told(operation: OperationType, created: bool) -> String {
    match created {
        true => format!("{} started.", operation.label()),
        false => format!("Joined the {} that is under way.", in_sentence(operation)),
    }
}

/// What an incomplete backup set lacks.
pub fn missing_policies(count: u64) -> String {
    match count {
        1 => "1 policy was asked for and is not in this set.".to_owned(),
        _ => format!("{} policies were asked for and are not in this set.", number(count)),
    }
}

/// Everything that a filter lets through, on whatever page.
pub fn all_policies(count: u64) -> String {
    match count {
        1 => "The 1 policy of this list".to_owned(),
        _ => format!("All {} policies of this list", number(count)),
    }
}

/// The name of a type of Microsoft Graph, as words: `iosManagedAppProtection` reads `Ios managed app protection`.
pub fn type_name(odata_type: &str) -> String {
    let mut text = String::with_capacity(odata_type.len() + 8);
    let mut before = None;
    for letter in odata_type.chars() {
        let begins = letter.is_uppercase() && before.is_some_and(|before: char| !before.is_uppercase());
        if begins {
            text.push(' ');
        }
        match before {
            None => text.extend(letter.to_uppercase()),
            Some(_) => text.extend(letter.to_lowercase()),
        }
        before = Some(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_set_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn an_ended_run_is_told_in_items_and_what_went_wrong() {
        let mut told = SummaryCounts { total: 142, processed: 142, succeeded: 142, ..Default::default() };
        assert_eq!(counts(&told), "142 items");
        (told.succeeded, told.failed, told.skipped) = (137, 3, 2);
        assert_eq!(counts(&told), "142 items, 3 failed, 2 skipped");
        assert_eq!(counts(&SummaryCounts::default()), "No items");
    }

    #[test]
    fn progress_says_how_much_of_how_much() {
        let mut told = RunProgress { done: 3, total: Some(14), unit: "families".to_owned(), step: None };
        assert_eq!(progress(&told), "3 of 14 families");
        told.total = None;
        assert_eq!(progress(&told), "3 families");
    }

    #[test]
    fn a_part_is_never_more_than_its_whole() {
        assert_eq!([percent(1, 4), percent(9, 3), percent(0, 0)], [25.0, 100.0, 100.0]);
    }

    #[test]
    fn names_of_counts_and_joiners_read_like_words() {
        assert_eq!(count_name("baseline_only"), "Baseline only");
        assert_eq!([joined(0), joined(1)], [None, Some("1 person joined".to_owned())]);
        assert_eq!(joined(3).as_deref(), Some("3 people joined"));
        assert_eq!(["Ana Maria Weber", "Ben", ""].map(initials), ["AW", "B", ""]);
        assert_eq!(in_sentence(OperationType::InventorySync), "inventory sync");
    }

    #[test]
    fn a_type_reads_as_words() {
        assert_eq!(type_name("iosManagedAppProtection"), "Ios managed app protection");
        assert_eq!(type_name("windows10CustomConfiguration"), "Windows10 custom configuration");
        assert_eq!(type_name(""), "");
    }
}
