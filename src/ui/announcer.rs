//! What screen readers are told of changes: politely, together, and not too often.

use std::time::Duration;

use leptos::prelude::*;

use super::throttle::at_most_every;
use crate::model::{operation::OperationType, run::RunState};

const PAUSE: Duration = Duration::from_secs(5);
/// So many changes are told one by one; of the others only the number is.
const NAMED: usize = 3;

/// What happened since the last words.
#[derive(Debug, Default)]
struct News {
    changes: Vec<(OperationType, RunState)>,
    /// How many new runs wait, as it is now.
    waiting: Option<String>,
    /// How many runs the list has now.
    found: Option<String>,
}

/// Gathers what happened until it is told.
#[derive(Clone, Copy)]
pub struct Announcer {
    news: StoredValue<News>,
    text: RwSignal<String>,
    tell: Callback<()>,
}

impl Announcer {
    /// For the body of a page.
    pub fn on_this_page() -> Self {
        let news = StoredValue::new(News::default());
        let text = RwSignal::new(String::new());
        let tell = at_most_every(PAUSE, move || {
            let sentence = news.try_update_value(std::mem::take).map(|news| sentence(&news)).unwrap_or_default();
            if !sentence.is_empty() {
                text.update(|text| *text = told_anew(text, sentence));
            }
        });
        Self { news, text, tell: Callback::new(move |()| tell()) }
    }

    /// A run has come to this state.
    pub fn changed(self, operation: OperationType, state: RunState) {
        self.note(|news| news.changes.push((operation, state)));
    }

    /// So many new runs wait now, in words; or none any more.
    pub fn waiting(self, words: Option<String>) {
        match words {
            Some(words) => self.note(|news| news.waiting = Some(words)),
            None => _ = self.news.try_update_value(|news| news.waiting = None),
        }
    }

    /// The list is another one, with so many runs.
    pub fn found(self, words: String) {
        self.note(|news| news.found = Some(words));
    }

    fn note(self, note: impl FnOnce(&mut News)) {
        if self.news.try_update_value(note).is_some() {
            self.tell.run(());
        }
    }

    /// The words to be read out.
    pub fn text(self) -> String {
        self.text.get()
    }
}

fn sentence(news: &News) -> String {
    let named = news.changes.iter().take(NAMED);
    let named = named.map(|(operation, state)| format!("{}: {}", operation.label(), state.word()));
    let rest = match news.changes.len().saturating_sub(NAMED) {
        0 => None,
        1 => Some("1 more change".to_owned()),
        rest => Some(format!("{rest} more changes")),
    };
    let all: Vec<String> = news.found.iter().cloned().chain(named).chain(rest).chain(news.waiting.clone()).collect();
    all.join(". ")
}

/// The same words twice are no change, which would not be read: a space that nobody hears tells them apart.
fn told_anew(before: &str, sentence: String) -> String {
    if before == sentence { sentence + "\u{a0}" } else { sentence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::RunOutcome;

    fn of(changes: &[(OperationType, RunState)]) -> String {
        sentence(&News { changes: changes.to_vec(), ..News::default() })
    }

    #[test]
    fn changes_are_told_together() {
        let change = (OperationType::InventorySync, RunState::Running);
        let ended = (OperationType::PolicySync, RunState::Ended(RunOutcome::Failed));
        assert_eq!(of(&[change, ended]), "Inventory sync: Running. Policy sync: Failed");
        assert!(of(&[change; 4]).ends_with("Running. 1 more change"));
        assert!(of(&[change; 9]).ends_with("6 more changes"));
        let (waiting, found) = (Some("3 new runs".to_owned()), Some("12 runs".to_owned()));
        let news = News { changes: vec![change], waiting, found };
        assert_eq!(sentence(&news), "12 runs. Inventory sync: Running. 3 new runs");
        assert_eq!(sentence(&News::default()), "");
    }

    #[test]
    fn the_same_words_are_told_again() {
        let mut text = String::new();
        let mut told = Vec::new();
        for sentence in ["1 new run", "1 new run", "1 new run", "2 new runs"] {
            text = told_anew(&text, sentence.to_owned());
            told.push(text.clone());
        }
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "{told:?}");
        assert_eq!(text, "2 new runs");
    }
}
