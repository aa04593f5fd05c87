//! What a sync needs to tell new, changed and known items apart, whichever table they are in.

use chrono::{DateTime, Utc};

use super::scope::TenantScope;
use crate::model::ids::RunId;

/// Who sees the items: an attempt of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenBy {
    pub run: RunId,
    pub attempt: i32,
}

/// A page of one family that a sync has read.
#[derive(Debug, Clone, Copy)]
pub struct Sighting<'a> {
    pub scope: TenantScope,
    pub family: &'a str,
    pub seen: SeenBy,
    pub at: DateTime<Utc>,
}

/// What was stored of an item before it was seen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Whether its content is what it was.
    pub same: bool,
    /// The run that found it first.
    pub created_run: RunId,
    /// The run that found its content changed last, or found it first.
    pub changed_run: RunId,
}

/// What a run found of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Created,
    Updated,
    Unchanged,
}

impl SeenBy {
    /// An earlier attempt of the same run does not count as having been there before.
    pub fn found(self, before: Option<Before>) -> Found {
        match before {
            None => Found::Created,
            Some(before) if before.created_run == self.run => Found::Created,
            Some(before) if before.changed_run == self.run || !before.same => Found::Updated,
            Some(_) => Found::Unchanged,
        }
    }
}

/// How many items were found in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl Tally {
    pub fn add(&mut self, found: Found) {
        match found {
            Found::Created => self.created += 1,
            Found::Updated => self.updated += 1,
            Found::Unchanged => self.unchanged += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_earlier_attempt_of_the_same_run_is_not_before() {
        let [now, earlier] = [2, 1].map(|number| RunId(Uuid::from_u128(number)));
        let seen = SeenBy { run: now, attempt: 2 };
        let found = |same, created_run, changed_run| seen.found(Some(Before { same, created_run, changed_run }));
        assert_eq!(seen.found(None), Found::Created);
        assert_eq!(found(true, now, now), Found::Created);
        assert_eq!(found(true, earlier, now), Found::Updated);
        assert_eq!(found(false, earlier, earlier), Found::Updated);
        assert_eq!(found(true, earlier, earlier), Found::Unchanged);
    }
}
