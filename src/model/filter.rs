//! The filter of the operations page: read from the query of its address, and written back. Reading never fails; what
//! makes no sense is left out and told in a note.
//!
//! `type`, `status`, `outcome`, `initiator` and `reason` take several values (repeated or with commas); with `type_is=not`
//! and so on they mean all but these. `from` and `to` are a [`Moment`] each, both included; days and minutes are those
//! `zone` minutes east of UTC, those of `to` with a `to_zone` where the clock is set otherwise by then. `q` is a run id or its start. `after` and `before` are the last and first run of a page.

use std::{fmt, fmt::Display, str::FromStr};

use chrono::{DateTime, Utc};

use super::{
    choice::Choice,
    filter_note::FilterNote,
    ids::{RunId, UserId},
    moment::{Moment, WIDEST_ZONE},
    operation::OperationType,
    query,
    reason::ReasonCode,
    run::{Run, RunOutcome, RunStatus, Started},
    run_search::RunSearch,
};

/// More values of one kind are more than a page has to choose from.
const MOST_VALUES: usize = 50;

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitiatorChoice {
    /// Whoever is looking at the list.
    Me,
    /// No user: a schedule, or the server's command line.
    System,
    User(UserId),
}

/// Where in the list one is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Newest,
    /// The page of runs older than this one.
    After(RunId),
    /// The page of runs newer than this one.
    Before(RunId),
}

/// Which runs to show, and where in their list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    pub types: Choice<OperationType>,
    pub statuses: Choice<RunStatus>,
    pub outcomes: Choice<RunOutcome>,
    pub initiators: Choice<InitiatorChoice>,
    /// Of the failures that a run keeps.
    pub reasons: Choice<ReasonCode>,
    /// When the run was created.
    pub from: Option<Moment>,
    pub to: Option<Moment>,
    /// Minutes east of UTC, for the days and minutes of `from` and `to`.
    pub zone: i32,
    /// The same for `to` alone, where it is another.
    pub to_zone: Option<i32>,
    pub search: Option<RunSearch>,
    pub place: Place,
}

impl RunFilter {
    /// Reads the query of an address; with it, what of the query was ignored.
    pub fn parse(query: &str) -> (Self, FilterNote) {
        let (mut filter, mut note) = (Self::default(), FilterNote::default());
        for (name, value) in query::pairs(query) {
            let value = value.trim();
            match name.as_str() {
                "type" => choose(&mut filter.types, value, "operation type", &mut note),
                "status" => choose(&mut filter.statuses, value, "status", &mut note),
                "outcome" => choose(&mut filter.outcomes, value, "outcome", &mut note),
                "initiator" => choose(&mut filter.initiators, value, "initiator", &mut note),
                "reason" => choose(&mut filter.reasons, value, "reason code", &mut note),
                "type_is" => negate(&mut filter.types.not, &name, value, &mut note),
                "status_is" => negate(&mut filter.statuses.not, &name, value, &mut note),
                "outcome_is" => negate(&mut filter.outcomes.not, &name, value, &mut note),
                "initiator_is" => negate(&mut filter.initiators.not, &name, value, &mut note),
                "reason_is" => negate(&mut filter.reasons.not, &name, value, &mut note),
                // A browser sends the empty fields of a form as well.
                _ if value.is_empty() => {}
                "from" => set(&mut filter.from, value, "time", &mut note),
                "to" => set(&mut filter.to, value, "time", &mut note),
                "zone" => filter.zone = zone(value, &mut note).unwrap_or(filter.zone),
                "to_zone" => filter.to_zone = zone(value, &mut note).or(filter.to_zone),
                "q" => set(&mut filter.search, value, "run id, nor the first 6 or more characters of one", &mut note),
                "after" => filter.go(value, Place::After, &mut note),
                "before" => filter.go(value, Place::Before, &mut note),
                // What a form that was sent without scripts left in the address.
                "__path" | "__err" | Started::CREATED_QUERY | Started::JOINED_QUERY => {}
                _ => note.no(&name, "filter"),
            }
        }
        filter.normalize();
        (filter, note)
    }

    fn go(&mut self, value: &str, place: fn(RunId) -> Place, note: &mut FilterNote) {
        match (value.parse(), self.place) {
            (Ok(id), Place::Newest) => self.place = place(id),
            (Ok(_), _) => note.ignored("a second place in the list"),
            (Err(_), _) => note.no_place(),
        }
    }

    /// What changes nothing is not there, so that equal views have equal addresses.
    fn normalize(&mut self) {
        self.types.not &= !self.types.is_any();
        self.statuses.not &= !self.statuses.is_any();
        self.outcomes.not &= !self.outcomes.is_any();
        self.initiators.not &= !self.initiators.is_any();
        self.reasons.not &= !self.reasons.is_any();
        let wall = |moment: Option<Moment>| moment.is_some_and(Moment::is_on_a_wall);
        let to_zone = self.zone_of_end();
        if !wall(self.from) {
            self.zone = if wall(self.to) { to_zone } else { 0 };
        }
        self.to_zone = Some(to_zone).filter(|zone| wall(self.to) && *zone != self.zone);
    }

    /// Minutes east of UTC for `to`.
    pub fn zone_of_end(&self) -> i32 {
        self.to_zone.unwrap_or(self.zone)
    }

    /// The first millisecond of the range of time; none when it has no beginning.
    pub fn begin(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(self.from?.start(self.zone, now))
    }

    /// The first millisecond after the range of time; none when it has no end.
    pub fn end(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        Some(self.to?.end(self.zone_of_end(), now))
    }

    /// The query that [`RunFilter::parse`] reads as this filter, without `?`; empty when nothing is filtered.
    pub fn to_query(&self) -> String {
        let mut query = String::new();
        write(&mut query, "type", "type_is", &self.types);
        write(&mut query, "status", "status_is", &self.statuses);
        write(&mut query, "outcome", "outcome_is", &self.outcomes);
        write(&mut query, "initiator", "initiator_is", &self.initiators);
        write(&mut query, "reason", "reason_is", &self.reasons);
        let zone = (self.zone != 0).then_some(self.zone);
        let (after, before) = match self.place {
            Place::Newest => (None, None),
            Place::After(id) => (Some(id), None),
            Place::Before(id) => (None, Some(id)),
        };
        let text = |value: &dyn Display| value.to_string();
        for (name, value) in [
            ("from", self.from.as_ref().map(|value| text(value))),
            ("to", self.to.as_ref().map(|value| text(value))),
            ("zone", zone.as_ref().map(|value| text(value))),
            ("to_zone", self.to_zone.as_ref().map(|value| text(value))),
            ("q", self.search.as_ref().map(|value| text(value))),
            ("after", after.as_ref().map(|value| text(value))),
            ("before", before.as_ref().map(|value| text(value))),
        ] {
            if let Some(value) = value {
                query::push(&mut query, name, &value);
            }
        }
        query
    }

    /// The same runs, elsewhere in their list: for the links of the pager.
    #[must_use]
    pub fn at(&self, place: Place) -> Self {
        Self { place, ..self.clone() }
    }

    /// Whether every run of the tenant passes.
    pub fn is_open(&self) -> bool {
        self.at(Place::Newest) == Self::default()
    }

    /// Whether a run belongs to the list, as far as its line tells: reason codes are known to the detail and to the
    /// server only, and so count as passed here. `me` is who looks.
    pub fn admits(&self, run: &Run, me: Option<UserId>, now: DateTime<Utc>) -> bool {
        let created = millis(run.created_at);
        self.types.admits(Some(&run.operation_type))
            && self.statuses.admits(Some(&run.status))
            && self.outcomes.admits(run.outcome.as_ref())
            && self.initiators.admits_any(&initiator_words(run.initiator.user_id, me))
            && self.begin(now).is_none_or(|begin| created >= millis(begin))
            && self.end(now).is_none_or(|end| created < millis(end))
            && self.search.as_ref().is_none_or(|search| search.ids().contains(&run.id))
    }
}

fn zone(text: &str, note: &mut FilterNote) -> Option<i32> {
    let east = text.parse().ok().filter(|east| (-WIDEST_ZONE..=WIDEST_ZONE).contains(east));
    if east.is_none() {
        note.no(text, "zone in minutes");
    }
    east
}

fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// What may stand for the initiator of a run in a filter.
fn initiator_words(user: Option<UserId>, me: Option<UserId>) -> Vec<InitiatorChoice> {
    let Some(user) = user else { return vec![InitiatorChoice::System] };
    let mut words = vec![InitiatorChoice::User(user)];
    words.extend((me == Some(user)).then_some(InitiatorChoice::Me));
    words
}

fn choose<T: Ord + FromStr>(choice: &mut Choice<T>, text: &str, kind: &str, note: &mut FilterNote) {
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.parse() {
            Ok(value) if choice.values.len() < MOST_VALUES || choice.values.contains(&value) => {
                choice.values.insert(value);
            }
            Ok(_) => note.ignored(&format!("all but {MOST_VALUES} values of {kind}")),
            Err(_) => note.no(word, kind),
        }
    }
}

fn negate(not: &mut bool, name: &str, text: &str, note: &mut FilterNote) {
    match text {
        "not" => *not = true,
        "" | "is" => *not = false,
        _ => note.no(text, &format!("value of {name}, which is or not")),
    }
}

fn set<T: FromStr>(place: &mut Option<T>, text: &str, kind: &str, note: &mut FilterNote) {
    match text.parse() {
        Ok(value) if place.is_none() => *place = Some(value),
        Ok(_) => note.second(text),
        Err(_) => note.no(text, kind),
    }
}

fn write<T: Display>(query: &mut String, name: &str, is: &str, choice: &Choice<T>) {
    for value in &choice.values {
        query::push(query, name, &value.to_string());
    }
    if choice.not && !choice.values.is_empty() {
        query::push(query, is, "not");
    }
}

/// The text is neither `me`, `system` nor a user's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoInitiator;

impl FromStr for InitiatorChoice {
    type Err = NoInitiator;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "me" => Ok(Self::Me),
            "system" => Ok(Self::System),
            id => id.parse().map(Self::User).map_err(|_| NoInitiator),
        }
    }
}

impl Display for InitiatorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::System => f.write_str("system"),
            Self::User(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
