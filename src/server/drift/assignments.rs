//! Compares whom two policies are assigned to, by target: included or excluded, the group, the filter.
//!
//! Within a tenant groups and filters are told apart by id, across tenants by name. What could not be looked up is
//! unknown, never drift; and neither is what stands on the other side and might be just that.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::compare;
use crate::model::comparison::Change;

/// The names of a tenant's groups and assignment filters by their ids, as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Names {
    pub groups: HashMap<String, String>,
    pub filters: HashMap<String, String>,
}

impl Names {
    /// The groups and the filters that assignments name, by id.
    pub fn wanted<'a>(assignments: impl Iterator<Item = &'a Value>) -> (Vec<&'a str>, Vec<&'a str>) {
        let (mut groups, mut filters) = (Vec::new(), Vec::new());
        for assignment in assignments.filter_map(Value::as_array).flatten() {
            let id = |name: &str| assignment.get("target")?.get(name)?.as_str();
            groups.extend(id("groupId"));
            filters.extend(id("deviceAndAppManagementAssignmentFilterId"));
        }
        (groups, filters)
    }
}

/// How targets are told apart.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    Id,
    Name { before: &'a Names, after: &'a Names },
}

/// What differs in the assignments of a policy.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssignmentChanges {
    pub changes: Vec<Change>,
    /// How many targets could not be compared.
    pub unknown: u64,
}

/// Compares assignments as Graph gives them. What is no list was not read, and says nothing.
pub fn compare_assignments(before: &Value, after: &Value, by: By<'_>) -> AssignmentChanges {
    let names = match by {
        By::Id => [None, None],
        By::Name { before, after } => [Some(before), Some(after)],
    };
    let (Some(mut before), Some(mut after)) = (Targets::read(before, names[0]), Targets::read(after, names[1])) else {
        return AssignmentChanges { changes: Vec::new(), unknown: 1 };
    };
    let mut unknown = before.unknown.values().sum::<u64>() + after.unknown.values().sum::<u64>();
    unknown += before.drop_what_may_be_unknown_in(&after) + after.drop_what_may_be_unknown_in(&before);
    let changes = compare(&json!({ LIST: before.known }), &json!({ LIST: after.known }))
        .into_iter()
        .map(|change| Change { path: change.path.replacen(LIST, "assignments", 1), ..change })
        .collect();
    AssignmentChanges { changes, unknown }
}

/// `assignments` itself is left out of every normal form.
const LIST: &str = "assignedTo";

/// The kinds of target, as the last part of Graph's type names.
const EXCLUDED_GROUP: &str = "exclusionGroupAssignmentTarget";
const INCLUDED_GROUP: &str = "groupAssignmentTarget";

/// Whom one side is assigned to.
#[derive(Default)]
struct Targets {
    /// By the words that name the target.
    known: Map<String, Value>,
    /// How many there are of each kind of target that nobody could look up.
    unknown: BTreeMap<String, u64>,
    kinds: HashMap<String, String>,
}

impl Targets {
    fn read(assignments: &Value, names: Option<&Names>) -> Option<Self> {
        let mut targets = Self::default();
        for assignment in assignments.as_array()? {
            let kind = kind(assignment);
            match target(assignment, kind, names) {
                // Two targets of one name: nobody can say which is which.
                Some((words, _)) if targets.known.contains_key(&words) => {
                    targets.known.remove(&words);
                    *targets.unknown.entry(kind.to_owned()).or_default() += 2;
                }
                Some((words, details)) => {
                    targets.kinds.insert(words.clone(), kind.to_owned());
                    targets.known.insert(words, details);
                }
                None => *targets.unknown.entry(kind.to_owned()).or_default() += 1,
            }
        }
        Some(targets)
    }

    /// Leaves out the targets that the other side has not by name, but may have among its unknown ones of the kind.
    /// Gives how many.
    fn drop_what_may_be_unknown_in(&mut self, other: &Self) -> u64 {
        let count = self.known.len();
        let kinds = &self.kinds;
        self.known.retain(|words, _| {
            other.known.contains_key(words) || !kinds.get(words).is_some_and(|kind| other.unknown.contains_key(kind))
        });
        (count - self.known.len()) as u64
    }
}

fn kind(assignment: &Value) -> &str {
    let name = assignment.pointer("/target/@odata.type").and_then(Value::as_str).unwrap_or_default();
    name.rsplit('.').next().unwrap_or_default().trim_start_matches('#')
}

/// The words that name the target, and how it is assigned. None when it could not be looked up.
fn target(assignment: &Value, kind: &str, names: Option<&Names>) -> Option<(String, Value)> {
    let fields = assignment.get("target")?.as_object()?;
    let id = |name: &str| fields.get(name).and_then(Value::as_str).filter(|id| !id.is_empty());
    let words = match kind {
        INCLUDED_GROUP => format!("include group {}", named(id("groupId")?, names.map(|names| &names.groups))?),
        EXCLUDED_GROUP => format!("exclude group {}", named(id("groupId")?, names.map(|names| &names.groups))?),
        "allLicensedUsersAssignmentTarget" => "all users".to_owned(),
        "allDevicesAssignmentTarget" => "all devices".to_owned(),
        // Its id means nothing in another tenant, and nothing knows its name.
        "configurationManagerCollectionAssignmentTarget" if names.is_none() => {
            format!("collection {}", id("collectionId")?)
        }
        _ => return None,
    };
    let mut details: Map<String, Value> = assignment
        .as_object()?
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "target" | "source" | "sourceId"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    details.insert("target".to_owned(), Value::from(words.clone()));
    let filter_type = id("deviceAndAppManagementAssignmentFilterType").filter(|kind| *kind != "none");
    let filter = id("deviceAndAppManagementAssignmentFilterId").filter(|id| id.bytes().any(|b| !b"0-".contains(&b)));
    if let (Some(filter), Some(filter_type)) = (filter, filter_type) {
        details.insert("filter".to_owned(), named(filter, names.map(|names| &names.filters))?.into());
        details.insert("filterType".to_owned(), filter_type.into());
    }
    Some((words, Value::Object(details)))
}

/// The id within a tenant, the name across tenants; none where it is not known.
fn named<'a>(id: &'a str, names: Option<&'a HashMap<String, String>>) -> Option<&'a str> {
    match names {
        None => Some(id),
        Some(names) => names.get(id).map(String::as_str).filter(|name| !name.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(kind: &str, id: &str) -> Value {
        json!({"id": format!("policy_{id}"), "source": "direct", "sourceId": "x", "target": {
            "@odata.type": format!("#microsoft.graph.{kind}"), "groupId": id,
            "deviceAndAppManagementAssignmentFilterId": null, "deviceAndAppManagementAssignmentFilterType": "none",
        }})
    }

    fn filtered(id: &str, filter: &str) -> Value {
        let mut assignment = group(INCLUDED_GROUP, id);
        assignment["target"]["deviceAndAppManagementAssignmentFilterId"] = filter.into();
        assignment["target"]["deviceAndAppManagementAssignmentFilterType"] = "include".into();
        assignment
    }

    fn everybody() -> Value {
        json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}})
    }

    fn names(pairs: &[(&str, &str)]) -> Names {
        let groups: HashMap<_, _> = pairs.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect();
        Names { filters: groups.clone(), groups }
    }

    fn told(found: &AssignmentChanges) -> Vec<(&str, &str)> {
        found.changes.iter().map(|change| (change.path.as_str(), change.kind().as_str())).collect()
    }

    #[test]
    fn the_order_and_the_ids_of_assignments_mean_nothing() {
        let (a, b) = (group(INCLUDED_GROUP, "a"), everybody());
        let mut again = a.clone();
        again["id"] = "another".into();
        assert_eq!(compare_assignments(&json!([a, b]), &json!([b, again]), By::Id), AssignmentChanges::default());
    }

    #[test]
    fn a_target_that_came_went_or_turned_round_is_named() {
        let before = json!([group(INCLUDED_GROUP, "a"), group(INCLUDED_GROUP, "b")]);
        let after = json!([group(EXCLUDED_GROUP, "a"), group(INCLUDED_GROUP, "b"), everybody()]);
        assert_eq!(
            told(&compare_assignments(&before, &after, By::Id)),
            [
                ("assignments[\"all users\"]", "added"),
                ("assignments[\"exclude group a\"]", "added"),
                ("assignments[\"include group a\"]", "removed"),
            ]
        );
    }

    #[test]
    fn another_filter_is_a_change_of_the_target() {
        let found = compare_assignments(&json!([filtered("a", "f1")]), &json!([filtered("a", "f2")]), By::Id);
        assert_eq!(told(&found), [("assignments[\"include group a\"].filter", "changed")]);
        let none = "00000000-0000-0000-0000-000000000000";
        let found = compare_assignments(&json!([filtered("a", none)]), &json!([group(INCLUDED_GROUP, "a")]), By::Id);
        assert_eq!(found, AssignmentChanges::default());
    }

    #[test]
    fn across_tenants_groups_are_told_apart_by_name() {
        let (ours, theirs) = (names(&[("a", "Pilot"), ("b", "Kiosk")]), names(&[("x", "Pilot"), ("y", "Finance")]));
        let by = By::Name { before: &ours, after: &theirs };
        let before = json!([group(INCLUDED_GROUP, "a"), group(INCLUDED_GROUP, "b")]);
        let after = json!([group(INCLUDED_GROUP, "x"), group(INCLUDED_GROUP, "y")]);
        let found = compare_assignments(&before, &after, by);
        assert_eq!(
            (told(&found), found.unknown),
            (
                vec![
                    ("assignments[\"include group Finance\"]", "added"),
                    ("assignments[\"include group Kiosk\"]", "removed")
                ],
                0
            )
        );
    }

    #[test]
    fn what_could_not_be_looked_up_is_unknown_and_so_is_what_it_might_be() {
        let (ours, theirs) = (names(&[("a", "Pilot")]), names(&[]));
        let by = By::Name { before: &ours, after: &theirs };
        let found = compare_assignments(&json!([group(INCLUDED_GROUP, "a")]), &json!([group(INCLUDED_GROUP, "x")]), by);
        assert_eq!(found, AssignmentChanges { changes: vec![], unknown: 2 });
        // An unknown group says nothing about everybody.
        let found = compare_assignments(&json!([everybody()]), &json!([group(INCLUDED_GROUP, "x")]), by);
        assert_eq!((told(&found), found.unknown), (vec![("assignments[\"all users\"]", "removed")], 1));
    }

    #[test]
    fn assignments_that_were_not_read_say_nothing() {
        let found = compare_assignments(&Value::Null, &json!([everybody()]), By::Id);
        assert_eq!(found, AssignmentChanges { changes: vec![], unknown: 1 });
    }
}
