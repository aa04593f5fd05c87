//! What is named, what is not, and that nothing else is ever named.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::server::graph::content_hash;

fn told(before: &Value, after: &Value) -> Vec<(String, Option<Value>, Option<Value>)> {
    compare(before, after).into_iter().map(|change| (change.path, change.before, change.after)).collect()
}

fn catalog(settings: &[Value]) -> Value {
    let wrapped = |(index, setting): (usize, &Value)| json!({"id": index.to_string(), "settingInstance": setting});
    json!({"name": "Baseline", "settings": settings.iter().enumerate().map(wrapped).collect::<Vec<_>>()})
}

fn choice(definition: &str, value: &str, children: &[Value]) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance",
        "settingDefinitionId": definition,
        "settingInstanceTemplateReference": null,
        "choiceSettingValue": {"value": value, "children": children, "settingValueTemplateReference": null},
    })
}

#[test]
fn a_changed_choice_is_named_by_its_definition_wherever_it_stands() {
    let before = catalog(&[choice("device_vendor_msft_policy_x", "x_0", &[]), choice("device_y", "y_1", &[])]);
    let after = catalog(&[choice("device_y", "y_1", &[]), choice("device_vendor_msft_policy_x", "x_1", &[])]);
    let path = "settings[device_vendor_msft_policy_x].choice.value".to_owned();
    assert_eq!(told(&before, &after), [(path, Some(json!("x_0")), Some(json!("x_1")))]);
}

#[test]
fn settings_are_followed_through_choices_and_groups() {
    let group = |value: &str| {
        json!({"settingDefinitionId": "rules", "groupSettingCollectionValue": [
            {"children": [choice("rules_action", "block", &[choice("rules_log", value, &[])])]},
        ]})
    };
    let path = "settings[rules].groups[0].children[rules_action].choice.children[rules_log].choice.value";
    assert_eq!(
        told(&catalog(&[group("off")]), &catalog(&[group("on")])),
        [(path.to_owned(), Some(json!("off")), Some(json!("on")))]
    );
}

#[test]
fn added_and_removed_settings_are_named_one_by_one() {
    let (x, y) = (choice("x", "x_1", &[]), choice("y", "y_1", &[]));
    let paths = |before: &[Value], after: &[Value]| -> Vec<_> {
        let changes = compare(&catalog(before), &catalog(after));
        changes.iter().map(|change| (change.path.clone(), change.kind().as_str())).collect()
    };
    assert_eq!(paths(std::slice::from_ref(&x), &[y.clone(), x.clone()]), [("settings[y]".to_owned(), "added")]);
    assert_eq!(paths(&[x, y], &[]), [("settings[x]".to_owned(), "removed"), ("settings[y]".to_owned(), "removed")]);
}

#[test]
fn added_and_removed_keys_are_named() {
    let (before, after) = (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": 1, "d": {"e": 3}}}));
    assert_eq!(
        told(&before, &after),
        [("a.c".to_owned(), Some(json!(2)), None), ("a.d".to_owned(), None, Some(json!({"e": 3})))]
    );
}

#[test]
fn null_empty_text_and_empty_lists_are_the_same_as_nothing() {
    let empties = [json!({"a": 1}), json!({"a": 1, "b": null}), json!({"a": 1, "b": ""}), json!({"a": 1, "b": []})];
    for before in &empties {
        for after in &empties {
            assert_eq!(compare(before, after), []);
        }
    }
    assert_eq!(told(&json!({"b": null}), &json!({"b": false})), [("b".to_owned(), None, Some(json!(false)))]);
    assert_eq!(compare(&json!({"n": 1}), &json!({"n": 1.0})), []);
}

#[test]
fn a_set_tells_what_joined_and_what_left() {
    let users = |users: Value| json!({"conditions": {"users": {"includeUsers": users}}});
    assert_eq!(compare(&users(json!(["a", "b"])), &users(json!(["b", "a"]))), []);
    assert_eq!(
        told(&users(json!(["a", "b"])), &users(json!(["c", "b"]))),
        [
            ("conditions.users.includeUsers[a]".to_owned(), Some(json!("a")), None),
            ("conditions.users.includeUsers[c]".to_owned(), None, Some(json!("c"))),
        ]
    );
    let scopes = |scopes: Value| json!({"roleScopeTagIds": scopes});
    assert_eq!(
        told(&scopes(json!(["0"])), &scopes(Value::Null)),
        [("roleScopeTagIds[\"0\"]".to_owned(), Some(json!("0")), None)]
    );
}

#[test]
fn something_put_into_the_middle_of_a_list_is_one_change() {
    let steps = |steps: Value| json!({"steps": steps});
    assert_eq!(
        told(&steps(json!(["a", "b", "c"])), &steps(json!(["a", "x", "b", "c"]))),
        [("steps[1]".to_owned(), None, Some(json!("x")))]
    );
    assert_eq!(told(&steps(json!([1, {"v": 2}])), &steps(json!([1, {"v": 3}])))[0].0, "steps[1].v");
    assert_eq!(told(&steps(json!([1])), &steps(json!("one")))[0].0, "steps");
}

#[test]
fn lists_of_things_with_a_name_compare_by_it() {
    let oma = |entries: &[(&str, i32)]| {
        let entry = |(uri, value): &(&str, i32)| json!({"omaUri": uri, "value": value});
        json!({"omaSettings": entries.iter().map(entry).collect::<Vec<_>>()})
    };
    assert_eq!(compare(&oma(&[("./a", 1), ("./b", 2)]), &oma(&[("./b", 2), ("./a", 1)])), []);
    assert_eq!(
        told(&oma(&[("./a", 1), ("./b", 2)]), &oma(&[("./b", 3), ("./a", 1)])),
        [("omaSettings[./b].value".to_owned(), Some(json!(2)), Some(json!(3)))]
    );
    let twice = compare(&oma(&[("./a", 1), ("./a", 2)]), &oma(&[("./a", 1), ("./a", 3)]));
    assert_eq!(twice[0].path, "omaSettings[./a #2].value");
}

/// Two bodies, and what must be named: path to before and after.
#[derive(Debug, Clone)]
struct Pair {
    before: Option<Value>,
    after: Option<Value>,
    expected: BTreeMap<String, (Option<Value>, Option<Value>)>,
}

impl Pair {
    fn leaf(before: Option<Value>, after: Option<Value>) -> Self {
        let expected = match before == after {
            true => BTreeMap::new(),
            false => [(String::new(), (before.clone(), after.clone()))].into(),
        };
        Self { before, after, expected }
    }

    /// What is expected one step further up; `step` begins with `.` for a property.
    fn expected_below(&self, step: &str) -> impl Iterator<Item = (String, (Option<Value>, Option<Value>))> {
        self.expected.clone().into_iter().map(move |(path, sides)| (format!("{step}{path}"), sides))
    }
}

/// Something changed, added, removed or left alone.
fn leaf() -> impl Strategy<Value = Pair> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z\u{e4}\" ]{1,6}".prop_map(Value::from),
        Just(json!({"inner": {"deep": 1}})),
    ];
    (scalar, "[A-Z]{1,4}", 0..6_u8).prop_map(|(old, new, fate)| match fate {
        0 => Pair::leaf(Some(old), Some(Value::from(new))),
        1 => Pair::leaf(None, Some(old)),
        2 => Pair::leaf(Some(old), None),
        _ => Pair::leaf(Some(old.clone()), Some(old)),
    })
}

fn object(fields: Vec<(String, Pair)>) -> Pair {
    let (mut before, mut after, mut expected) = (Map::new(), Map::new(), BTreeMap::new());
    for (name, pair) in fields {
        expected.extend(pair.expected_below(&format!(".{name}")));
        before.extend(pair.before.map(|value| (name.clone(), value)));
        after.extend(pair.after.map(|value| (name, value)));
    }
    Pair { before: Some(Value::Object(before)), after: Some(Value::Object(after)), expected }
}

/// Settings by definition: those of the one side stand in the opposite order on the other.
fn settings(children: Vec<Pair>) -> Pair {
    let (mut before, mut after, mut expected) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (index, pair) in children.into_iter().enumerate() {
        let id = format!("device_{index}");
        let group = |value: Value| json!({"settingDefinitionId": id, "groupSettingValue": value});
        let (old, new) = (pair.before.clone().map(group), pair.after.clone().map(group));
        match (&old, &new) {
            (Some(_), Some(_)) => expected.extend(pair.expected_below(&format!("[{id}].group"))),
            (None, None) => {}
            _ => drop(expected.insert(format!("[{id}]"), (old.clone(), new.clone()))),
        }
        before.extend(old);
        after.extend(new);
    }
    after.reverse();
    Pair { before: Some(before.into()), after: Some(after.into()), expected }
}

/// Lists of one length, element by element.
fn list(elements: Vec<Pair>) -> Pair {
    let (mut before, mut after, mut expected) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (index, pair) in elements.into_iter().enumerate() {
        expected.extend(pair.expected_below(&format!("[{index}]")));
        before.push(pair.before.unwrap_or(Value::Null));
        after.push(pair.after.unwrap_or(Value::Null));
    }
    // Two sides of nothing but holes would still be lists of one length; one hole more makes neither empty.
    before.push(json!("end"));
    after.push(json!("end"));
    Pair { before: Some(before.into()), after: Some(after.into()), expected }
}

fn pair() -> impl Strategy<Value = Pair> {
    leaf().prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::btree_map("[a-z]{1,4}", inner.clone(), 1..5)
                .prop_map(|fields| object(fields.into_iter().filter(|(name, _)| name != "id").collect())),
            prop::collection::vec(inner.clone(), 1..5).prop_map(settings),
            prop::collection::vec(inner, 1..4).prop_map(list),
        ]
    })
}

proptest! {
    #[test]
    fn every_change_that_was_made_is_named_and_nothing_else(fields in prop::collection::vec(pair(), 1..5)) {
        let named = fields.into_iter().enumerate().map(|(index, pair)| (format!("p{index}"), pair));
        let Pair { before, after, expected } = object(named.collect());
        let (before, after) = (before.unwrap(), after.unwrap());
        let found: BTreeMap<_, _> =
            compare(&before, &after).into_iter().map(|change| (format!(".{}", change.path), change)).collect();
        let told: BTreeMap<_, _> =
            found.into_iter().map(|(path, change)| (path, (change.before, change.after))).collect();
        prop_assert_eq!(told, expected);
        prop_assert_eq!(compare(&before, &before), []);
        prop_assert_eq!(compare(&after, &after), []);
    }

    #[test]
    fn the_other_way_round_it_is_the_same_with_its_sides_exchanged(fields in prop::collection::vec(pair(), 1..4)) {
        let Pair { before, after, .. } = list(fields);
        let (before, after) = (before.unwrap(), after.unwrap());
        let there = compare(&before, &after);
        let back: Vec<_> = compare(&after, &before)
            .into_iter()
            .map(|change| Change { path: change.path, before: change.after, after: change.before })
            .collect();
        prop_assert_eq!(&there, &back);
        prop_assert_eq!(content_hash(&before) == content_hash(&after), there.is_empty());
    }

    #[test]
    fn the_order_of_a_known_set_does_not_matter(
        (members, shuffled) in prop::collection::btree_set("[a-z]{1,4}", 0..8)
            .prop_flat_map(|set| (Just(set.iter().cloned().collect::<Vec<_>>()), Just(set.into_iter().collect::<Vec<_>>()).prop_shuffle()))
    ) {
        prop_assert_eq!(compare(&json!({"excludeGroups": members}), &json!({"excludeGroups": shuffled})), []);
    }
}
