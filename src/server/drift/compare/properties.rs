//! What holds for every comparison: sets, lists and assignments name what came and went, and noise says nothing.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::server::drift::{By, compare_assignments};

/// Path and kind of each change, in no order.
fn told(changes: &[Change]) -> BTreeSet<(String, &'static str)> {
    changes.iter().map(|change| (change.path.clone(), change.kind().as_str())).collect()
}

/// What came and what went, as places within `list`.
fn moved<'a>(list: &str, before: &BTreeSet<&'a str>, after: &BTreeSet<&'a str>) -> BTreeSet<(String, &'static str)> {
    let came = after.difference(before).map(|one| (format!("{list}[{one}]"), "added"));
    let went = before.difference(after).map(|one| (format!("{list}[{one}]"), "removed"));
    came.chain(went).collect()
}

/// Names, each of which is in one list, in the other, in both or in neither.
fn two_sides() -> impl Strategy<Value = BTreeMap<String, (bool, bool)>> {
    prop::collection::btree_map("[a-z]{1,4}", any::<(bool, bool)>(), 0..8)
}

fn sides(names: &BTreeMap<String, (bool, bool)>) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let of = |which: fn(&(bool, bool)) -> bool| {
        names.iter().filter(|(_, sides)| which(sides)).map(|(name, _)| name.as_str()).collect()
    };
    (of(|sides| sides.0), of(|sides| sides.1))
}

/// What something has on the one side and on the other.
type Sides = (Option<i8>, Option<i8>);

/// Anything that Graph may say of a policy.
fn body() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z ]{1,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("[a-h]{1,3}", inner, 1..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The same with what the service adds, in each object of it.
fn noisy(value: &Value, seed: i64) -> Value {
    match value {
        Value::Object(fields) => {
            let mut noisy: Map<String, Value> =
                fields.iter().map(|(name, value)| (name.clone(), noisy_field(value, seed))).collect();
            let more = json!({
                "id": seed.to_string(), "createdDateTime": format!("2026-01-01T00:00:{:02}Z", seed.rem_euclid(60)),
                "lastModifiedDateTime": "2026-02-02T00:00:00Z", "version": seed, "settingCount": seed, "isAssigned": true,
                "creationSource": null, "@odata.context": "https://graph.microsoft.com/beta/$metadata#x",
                "things@odata.navigationLink": "x", "things@odata.type": "#Collection(String)",
                "#microsoft.graph.assign": {"target": "x"}, "zero": null, "zempty": "", "znone": [],
            });
            noisy.extend(more.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
            Value::Object(noisy)
        }
        other => noisy_field(other, seed),
    }
}

fn noisy_field(value: &Value, seed: i64) -> Value {
    match value {
        Value::Object(_) => noisy(value, seed),
        Value::Array(values) => values.iter().map(|value| noisy_field(value, seed)).collect(),
        plain => plain.clone(),
    }
}

proptest! {
    #[test]
    fn a_set_names_each_member_that_came_or_went(names in two_sides()) {
        let (before, after) = sides(&names);
        let set = |members: &BTreeSet<&str>| json!({"conditions": {"users": {"includeUsers": members}}});
        // In the opposite order on the other side.
        let mut other = set(&after);
        other["conditions"]["users"]["includeUsers"].as_array_mut().unwrap().reverse();
        let found = compare(&set(&before), &other);
        prop_assert_eq!(told(&found), moved("conditions.users.includeUsers", &before, &after));
    }

    #[test]
    fn what_is_put_into_or_taken_out_of_a_plain_list_is_named_and_nothing_else(
        (stays, place) in prop::collection::btree_set("[a-z]{1,4}", 1..8)
            .prop_flat_map(|stays| { let most = stays.len(); (Just(stays), 0..=most) }),
        block in prop::collection::btree_set("[A-Z]{1,4}", 1..4),
    ) {
        let shorter: Vec<&String> = stays.iter().collect();
        let mut longer = shorter.clone();
        longer.splice(place..place, &block);
        let (shorter, longer) = (json!({"steps": shorter}), json!({"steps": longer}));
        let places = |kind| (place..place + block.len()).map(move |index| (format!("steps[{index}]"), kind)).collect();
        let added: BTreeSet<_> = places("added");
        prop_assert_eq!(told(&compare(&shorter, &longer)), added);
        let removed: BTreeSet<_> = places("removed");
        prop_assert_eq!(told(&compare(&longer, &shorter)), removed);
    }

    #[test]
    fn things_with_a_name_are_followed_by_it(
        things in prop::collection::btree_map("[a-z]{1,4}", any::<Sides>(), 0..8),
    ) {
        let list = |which: fn(&Sides) -> Option<i8>| -> Vec<Value> {
            let there = things.iter().filter_map(|(name, sides)| Some((name, which(sides)?)));
            there.map(|(name, value)| json!({"omaUri": name, "value": value})).collect()
        };
        let (before, mut after) = (list(|sides| sides.0), list(|sides| sides.1));
        after.reverse();
        let expected: BTreeSet<_> = things.iter().filter_map(|(name, sides)| match sides {
            (Some(old), Some(new)) if old != new => Some((format!("omaSettings[{name}].value"), "changed")),
            (None, Some(_)) => Some((format!("omaSettings[{name}]"), "added")),
            (Some(_), None) => Some((format!("omaSettings[{name}]"), "removed")),
            _ => None,
        }).collect();
        prop_assert_eq!(told(&compare(&json!({"omaSettings": before}), &json!({"omaSettings": after}))), expected);
    }

    #[test]
    fn assignments_name_each_target_that_came_or_went(included in two_sides(), excluded in two_sides()) {
        let assigned = |kind: &str, ids: &BTreeSet<&str>| -> Vec<Value> {
            let target = |id: &&str| json!({"id": format!("{kind} {id}"), "source": "direct",
                "target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": id}});
            ids.iter().map(target).collect()
        };
        let (of, without) = (sides(&included), sides(&excluded));
        let all = |of, without| {
            let mut all = assigned("groupAssignmentTarget", of);
            all.extend(assigned("exclusionGroupAssignmentTarget", without));
            all
        };
        let (before, mut after) = (all(&of.0, &without.0), all(&of.1, &without.1));
        after.reverse();
        let found = compare_assignments(&json!(before), &json!(after), By::Id);
        let words = |kind: &str, changes: BTreeSet<(String, &'static str)>| -> Vec<_> {
            let place = |path: String| path.replacen('[', &format!("[\"{kind} group "), 1).replacen(']', "\"]", 1);
            changes.into_iter().map(|(path, kind)| (place(path), kind)).collect()
        };
        let mut expected: BTreeSet<_> = words("include", moved("assignments", &of.0, &of.1)).into_iter().collect();
        expected.extend(words("exclude", moved("assignments", &without.0, &without.1)));
        prop_assert_eq!((told(&found.changes), found.unknown), (expected, 0));
    }

    #[test]
    fn what_the_service_adds_is_no_change(body in body(), seed in any::<i64>(), other in any::<i64>()) {
        let body = json!({"displayName": "Policy", "content": body});
        prop_assert_eq!(compare(&body, &noisy(&body, seed)), []);
        prop_assert_eq!(compare(&noisy(&body, seed), &body), []);
        prop_assert_eq!(compare(&noisy(&body, seed), &noisy(&body, other)), []);
    }
}
