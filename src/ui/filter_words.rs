//! The filters of the list as its bar shows them: which there are, what each offers, and what is chosen.

use std::fmt::Display;

use super::words;
use crate::model::{
    choice::Choice,
    filter::{InitiatorChoice, Place, RunFilter},
    operation::OperationType,
    page::ListChoices,
    reason::ReasonCode,
    run::{RunOutcome, RunStatus},
};

/// A filter that takes several values, or all but these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Type,
    Status,
    Outcome,
    Initiator,
    Reason,
}

/// Something that a filter offers: its value in the address, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub value: String,
    /// Another value that means the same to this reader: `me` is somebody else to whomever the address is given.
    pub also: Option<String>,
    pub words: String,
}

impl Offer {
    fn new(value: impl Display, words: impl Into<String>) -> Self {
        Self { value: value.to_string(), also: None, words: words.into() }
    }

    /// Whether this is what the value means.
    pub fn is(&self, value: &str) -> bool {
        self.value == value || self.also.as_deref() == Some(value)
    }
}

impl Field {
    pub const ALL: [Self; 5] = [Self::Type, Self::Status, Self::Outcome, Self::Initiator, Self::Reason];

    /// Its name in the address.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Status => "status",
            Self::Outcome => "outcome",
            Self::Initiator => "initiator",
            Self::Reason => "reason",
        }
    }

    /// The name in the address of "is" or "is not".
    pub const fn is_name(self) -> &'static str {
        match self {
            Self::Type => "type_is",
            Self::Status => "status_is",
            Self::Outcome => "outcome_is",
            Self::Initiator => "initiator_is",
            Self::Reason => "reason_is",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Type => "Operation",
            Self::Status => "Status",
            Self::Outcome => "Outcome",
            Self::Initiator => "Initiator",
            Self::Reason => "Reason",
        }
    }

    /// What there is to choose from.
    pub fn offers(self, choices: &ListChoices) -> Vec<Offer> {
        match self {
            Self::Type => offers(OperationType::ALL, |operation| operation.label().to_owned()),
            Self::Status => offers(RunStatus::ALL, |status| status.label().to_owned()),
            Self::Outcome => offers(RunOutcome::ALL, |outcome| outcome.label().to_owned()),
            Self::Reason => offers(ReasonCode::ALL, |code| words::count_name(code.as_str())),
            Self::Initiator => {
                let me = Offer {
                    also: Some(InitiatorChoice::Me.to_string()),
                    ..Offer::new(InitiatorChoice::User(choices.me), "Me")
                };
                let others = choices.people.iter().filter(|person| person.id != choices.me);
                let others = others.map(|person| match person.member {
                    true => Offer::new(person.id, person.name.clone()),
                    false => Offer::new(person.id, format!("{} (left)", person.name)),
                });
                [me, Offer::new(InitiatorChoice::System, "System")].into_iter().chain(others).collect()
            }
        }
    }

    /// The values that are chosen, as the address says them, and whether they are the ones that do not pass.
    pub fn chosen(self, filter: &RunFilter) -> (Vec<String>, bool) {
        match self {
            Self::Type => chosen(&filter.types),
            Self::Status => chosen(&filter.statuses),
            Self::Outcome => chosen(&filter.outcomes),
            Self::Initiator => chosen(&filter.initiators),
            Self::Reason => chosen(&filter.reasons),
        }
    }

    /// The list without this filter.
    pub fn cleared(self, filter: &RunFilter) -> RunFilter {
        let mut rest = filter.at(Place::Newest);
        match self {
            Self::Type => rest.types = Choice::default(),
            Self::Status => rest.statuses = Choice::default(),
            Self::Outcome => rest.outcomes = Choice::default(),
            Self::Initiator => rest.initiators = Choice::default(),
            Self::Reason => rest.reasons = Choice::default(),
        }
        rest
    }

    /// What is chosen, in a few words: `Failed`, `not Failed`, `Failed +2`. Nothing when nothing is.
    pub fn summary(self, filter: &RunFilter, offers: &[Offer]) -> Option<String> {
        let (values, not) = self.chosen(filter);
        let first = values.first()?;
        // Somebody whom this viewer cannot choose is named by nobody.
        let name = offers.iter().find(|offer| offer.is(first)).map_or("1 person", |offer| offer.words.as_str());
        let more = match values.len() {
            1 => String::new(),
            count => format!(" +{}", count - 1),
        };
        Some(format!("{}{name}{more}", if not { "not " } else { "" }))
    }
}

/// The address that a form stands for: as short as it can be; as it was typed when it says more than a filter can.
pub fn query_of_form(form: &str) -> String {
    let (filter, note) = RunFilter::parse(form);
    if note.text().is_none() { filter.at(Place::Newest).to_query() } else { form.to_owned() }
}

/// `12 runs`, `1 run`, `10,000+ runs`.
pub fn runs(count: crate::model::page::RunCount) -> String {
    let noun = if count.runs == 1 && !count.more { "run" } else { "runs" };
    format!("{} {noun}", count.text())
}

fn offers<T: Copy + Display>(all: &[T], words: impl Fn(T) -> String) -> Vec<Offer> {
    all.iter().map(|value| Offer::new(value, words(*value))).collect()
}

fn chosen<T: Display>(choice: &Choice<T>) -> (Vec<String>, bool) {
    (choice.values.iter().map(ToString::to_string).collect(), choice.not)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        ids::UserId,
        page::{Person, RunCount},
    };

    fn filter(query: &str) -> RunFilter {
        RunFilter::parse(query).0
    }

    fn summary(field: Field, query: &str) -> Option<String> {
        field.summary(&filter(query), &field.offers(&choices()))
    }

    /// Ana looks, and Ben is a member too.
    fn choices() -> ListChoices {
        let [ana, ben] = [1, 2].map(|number| UserId(uuid::Uuid::from_u128(number)));
        let person = |id, name: &str| Person { id, name: name.to_owned(), member: true };
        ListChoices { people: vec![person(ana, "Ana"), person(ben, "Ben")], me: ana }
    }

    #[test]
    fn an_address_names_its_reader_by_their_id() {
        let ana = choices().me;
        let offers = Field::Initiator.offers(&choices());
        let told: Vec<_> = offers.iter().map(|offer| offer.words.as_str()).collect();
        assert_eq!(told, ["Me", "System", "Ben"]);
        assert_eq!(offers[0].value, ana.to_string(), "a shared link shows the same runs to everybody");
        for query in ["initiator=me".to_owned(), format!("initiator={ana}")] {
            assert_eq!(summary(Field::Initiator, &query).as_deref(), Some("Me"));
        }
    }

    #[test]
    fn what_is_chosen_is_told_in_a_few_words() {
        assert_eq!(summary(Field::Outcome, "outcome=failed").as_deref(), Some("Failed"));
        assert_eq!(
            summary(Field::Outcome, "outcome=failed&outcome=cancelled&outcome_is=not").as_deref(),
            Some("not Failed +1")
        );
        assert_eq!(summary(Field::Status, "outcome=failed"), None);
        let stranger = format!("initiator={}", uuid::Uuid::nil());
        assert_eq!(summary(Field::Initiator, &stranger).as_deref(), Some("1 person"));
    }

    #[test]
    fn a_filter_can_be_taken_away_by_itself() {
        let both = filter("type=policy.sync&outcome=failed&from=-7d&after=0199a0c0-0000-7000-8000-000000000001");
        assert_eq!(Field::Type.cleared(&both).to_query(), "outcome=failed&from=-7d");
    }

    #[test]
    fn a_form_becomes_the_shortest_address_and_keeps_what_is_odd() {
        assert_eq!(
            query_of_form("q=&type_is=is&type=policy.sync&status_is=is&from=&from=&zone=60"),
            "type=policy.sync"
        );
        assert_eq!(query_of_form("q=wifi&type_is=is"), "q=wifi&type_is=is");
    }

    #[test]
    fn a_count_has_its_noun() {
        let text = |runs_, more| runs(RunCount { runs: runs_, more });
        assert_eq!([text(1, false), text(0, false), text(10_000, true)], ["1 run", "0 runs", "10,000+ runs"]);
    }
}
