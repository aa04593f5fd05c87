//! Reads what two sides have of the same policies, a few at a time and only where they may differ, and compares it.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    assignments::{By, Names, compare_assignments},
    compare,
    draft::Draft,
    matching::Matching,
    severity::{secures, severity},
};
use crate::{
    model::comparison::Change,
    server::{
        db::{
            Db, DbResult,
            drift::sides::{Head, Side, filter_names, group_names},
        },
        graph::Family,
        runs::JobError,
    },
};

/// So many policies are held whole at once.
const HELD: usize = 16;

/// A policy of the tenant, and what the baseline has of it.
#[derive(Debug, Clone)]
pub struct Pair {
    pub key: String,
    pub ours: Head,
    pub theirs: Option<Head>,
}

impl Pair {
    fn contents_differ(&self) -> bool {
        self.theirs.as_ref().is_some_and(|theirs| theirs.content_hash != self.ours.content_hash)
    }

    fn assignments_may_differ(&self) -> bool {
        self.theirs.as_ref().is_some_and(|theirs| {
            theirs.assignments_hash.is_none() || theirs.assignments_hash != self.ours.assignments_hash
        })
    }
}

/// What was found of some policies.
#[derive(Debug, Default)]
pub struct Differences {
    pub drafts: Vec<Draft>,
    pub unknown_targets: u64,
}

impl Draft {
    /// A policy that only the baseline has.
    pub fn missing(family: Family, key: String, name: String) -> Self {
        let change = Change { path: String::new(), before: Some(named(&name)), after: None };
        let severity = severity(&change, secures(family, None));
        Self { policy_key: key, graph_id: None, policy_name: name, change, severity }
    }
}

/// The value that stands for a policy as a whole.
fn named(name: &str) -> Value {
    Value::from(if name.is_empty() { "(no name)" } else { name })
}

/// Compares the pairs; `check` is asked in between whether to go on.
pub async fn differences(
    db: &Db,
    family: Family,
    sides: (Side, Side),
    matching: Matching,
    pairs: &[Pair],
    check: impl Fn() -> Result<(), JobError>,
) -> Result<Differences, JobError> {
    let mut found = Differences::default();
    let suspects: Vec<&Pair> = pairs
        .iter()
        .filter(|pair| pair.theirs.is_none() || pair.contents_differ() || pair.assignments_may_differ())
        .collect();
    for pairs in suspects.chunks(HELD) {
        check()?;
        let held = Held::read(db, family, sides, matching, pairs).await?;
        for pair in pairs {
            held.compare(family, pair, &mut found);
        }
    }
    Ok(found)
}

/// What is held of a few policies.
struct Held {
    bodies: (HashMap<String, Value>, HashMap<String, Value>),
    assignments: (HashMap<String, Value>, HashMap<String, Value>),
    /// Of both tenants, where they are two.
    names: Option<(Names, Names)>,
}

impl Held {
    async fn read(
        db: &Db,
        family: Family,
        (ours, theirs): (Side, Side),
        matching: Matching,
        pairs: &[&Pair],
    ) -> DbResult<Self> {
        let code = family.as_str();
        // A catalog policy's weight is in its body.
        let weighs = family == Family::ConfigurationPolicies;
        let our_bodies = ids(pairs, |pair| (weighs || pair.contents_differ()).then_some(&pair.ours));
        let their_bodies = ids(pairs, |pair| pair.theirs.as_ref().filter(|_| pair.contents_differ()));
        let our_targets = ids(pairs, |pair| pair.assignments_may_differ().then_some(&pair.ours));
        let their_targets = ids(pairs, |pair| pair.theirs.as_ref().filter(|_| pair.assignments_may_differ()));
        let bodies = (ours.bodies(db, code, &our_bodies).await?, theirs.bodies(db, code, &their_bodies).await?);
        let assignments =
            (ours.assignments(db, code, &our_targets).await?, theirs.assignments(db, code, &their_targets).await?);
        let names = match matching {
            Matching::ById => None,
            Matching::ByName => {
                Some((names(db, ours, &assignments.0).await?, names(db, theirs, &assignments.1).await?))
            }
        };
        Ok(Self { bodies, assignments, names })
    }

    fn compare(&self, family: Family, pair: &Pair, found: &mut Differences) {
        let ours = &pair.ours;
        let body = self.bodies.0.get(&ours.graph_id);
        let secures = secures(family, body);
        let mut changes = Vec::new();
        match &pair.theirs {
            None => changes.push(Change { path: String::new(), before: None, after: Some(named(&ours.name)) }),
            Some(theirs) => {
                if let (Some(after), Some(before)) = (body, self.bodies.1.get(&theirs.graph_id)) {
                    changes.extend(compare(before, after));
                }
                let targets = (self.assignments.1.get(&theirs.graph_id), self.assignments.0.get(&ours.graph_id));
                if let (Some(before), Some(after)) = targets {
                    let by = match &self.names {
                        None => By::Id,
                        Some((ours, theirs)) => By::Name { before: theirs, after: ours },
                    };
                    let targets = compare_assignments(before, after, by);
                    changes.extend(targets.changes);
                    found.unknown_targets += targets.unknown;
                }
            }
        }
        found.drafts.extend(changes.into_iter().map(|change| Draft {
            policy_key: pair.key.clone(),
            graph_id: Some(ours.graph_id.clone()),
            policy_name: ours.name.clone(),
            severity: severity(&change, secures),
            change,
        }));
    }
}

fn ids<'a>(pairs: &[&'a Pair], pick: impl Fn(&'a Pair) -> Option<&'a Head>) -> Vec<&'a str> {
    pairs.iter().filter_map(|pair| pick(pair)).map(|head| head.graph_id.as_str()).collect()
}

async fn names(db: &Db, side: Side, assignments: &HashMap<String, Value>) -> DbResult<Names> {
    let (groups, filters) = Names::wanted(assignments.values());
    Ok(Names {
        groups: group_names(db, side.scope, &groups).await?,
        filters: filter_names(db, side.scope, &filters).await?,
    })
}
