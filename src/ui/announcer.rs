//! What screen readers are told of changes: politely, together, and not too often.

use std::time::Duration;

use leptos::prelude::*;

use super::throttle::at_most_every;
use crate::model::{operation::OperationType, run::RunState};

const PAUSE: Duration = Duration::from_secs(5);
/// So many changes are told one by one; of the others only the number is.
const NAMED: usize = 3;

/// Gathers what happened until it is told.
#[derive(Clone, Copy)]
pub struct Announcer {
    gathered: StoredValue<Vec<(OperationType, RunState)>>,
    text: RwSignal<String>,
    tell: Callback<()>,
}

impl Announcer {
    /// For the body of a page.
    pub fn on_this_page() -> Self {
        let gathered = StoredValue::new(Vec::new());
        let text = RwSignal::new(String::new());
        let tell = at_most_every(PAUSE, move || {
            if let Some(changes) = gathered.try_update_value(std::mem::take) {
                text.set(sentence(&changes));
            }
        });
        Self { gathered, text, tell: Callback::new(move |()| tell()) }
    }

    /// A run has come to this state.
    pub fn changed(self, operation: OperationType, state: RunState) {
        self.gathered.update_value(|gathered| gathered.push((operation, state)));
        self.tell.run(());
    }

    /// The words to be read out.
    pub fn text(self) -> String {
        self.text.get()
    }
}

fn sentence(changes: &[(OperationType, RunState)]) -> String {
    let named = changes.iter().take(NAMED).map(|(operation, state)| format!("{}: {}", operation.label(), state.word()));
    let mut text = named.collect::<Vec<_>>().join(". ");
    match changes.len().saturating_sub(NAMED) {
        0 => {}
        1 => text.push_str(". 1 more change"),
        rest => text.push_str(&format!(". {rest} more changes")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::run::RunOutcome;

    #[test]
    fn changes_are_told_together() {
        let change = (OperationType::InventorySync, RunState::Running);
        let ended = (OperationType::PolicySync, RunState::Ended(RunOutcome::Failed));
        assert_eq!(sentence(&[change, ended]), "Inventory sync: Running. Policy sync: Failed");
        assert!(sentence(&[change; 4]).ends_with("Running. 1 more change"));
        assert!(sentence(&[change; 9]).ends_with("6 more changes"));
    }
}
