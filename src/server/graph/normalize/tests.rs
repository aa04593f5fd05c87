//! The normal form on made-up values, and on real exports where they are at hand.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_the_service_adds_is_left_out_and_the_objects_own_type_is_kept() {
    let exported = json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x",
        "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
        "@odata.id": "x", "@odata.editLink": "x", "@odata.etag": "x", "@microsoft.graph.tips": "x",
        "#microsoft.graph.assign": {"title": "x"},
        "id": "1", "createdDateTime": "x", "lastModifiedDateTime": "x", "version": 3, "supportsScopeTags": true,
        "assignments@odata.navigationLink": "x", "assignments": [{"id": "x"}],
        "description": null, "tags": [], "note": "",
        "displayName": "Custom",
        "omaSettings@odata.type": "#Collection(microsoft.graph.omaSetting)",
        "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "id": "2", "value": "x", "secret": null}],
    });
    assert_eq!(
        normalize(&exported),
        json!({
            "@odata.type": "#microsoft.graph.windows10CustomConfiguration",
            "displayName": "Custom",
            "omaSettings": [{"@odata.type": "#microsoft.graph.omaSettingString", "value": "x"}],
        })
    );
}

#[test]
fn a_type_that_its_place_implies_is_left_out_in_whichever_way_the_place_says_so() {
    let full = json!({
        "template": {"@odata.type": "#microsoft.graph.template", "a": 1},
        "rules@odata.type": "#Collection(microsoft.graph.rule)",
        "rules": [{"@odata.type": "#microsoft.graph.rule", "a": 1}, {"@odata.type": "#microsoft.graph.strictRule"}],
        "settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance"},
        "choice": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingValue", "a": 1},
    });
    assert_eq!(
        normalize(&full),
        json!({
            "template": {"a": 1},
            "rules": [{"a": 1}, {"@odata.type": "#microsoft.graph.strictRule"}],
            "settingInstance": {"@odata.type": "#microsoft.graph.deviceManagementConfigurationChoiceSettingInstance"},
            "choice": {"a": 1},
        })
    );
}

#[test]
fn known_sets_have_no_order_and_other_lists_keep_theirs() {
    let hash = |scopes: Value, users: Value, steps: Value| {
        content_hash(&json!({
            "roleScopeTagIds": scopes, "conditions": {"users": {"includeUsers": users}}, "steps": steps,
        }))
    };
    let first = hash(json!(["0", "1"]), json!(["a", "b"]), json!([1, 2]));
    assert_eq!(first, hash(json!(["1", "0"]), json!(["b", "a"]), json!([1, 2])));
    assert_ne!(first, hash(json!(["0", "1"]), json!(["a", "b"]), json!([2, 1])));
    assert_ne!(first, hash(json!(["0", "1"]), json!(["a", "c"]), json!([1, 2])));
}

#[test]
fn catalog_settings_are_told_apart_by_definition_not_by_place() {
    let setting =
        |id: &str, definition: &str| json!({"id": id, "settingInstance": {"settingDefinitionId": definition}});
    let one = json!({"settings": [setting("0", "b"), setting("1", "a")]});
    let other = json!({"settings": [setting("0", "a"), setting("1", "b")]});
    assert_eq!(content_hash(&one), content_hash(&other));
}

#[test]
fn a_changed_value_deep_inside_changes_the_hash() {
    let value = |value: i32| json!({"id": "1", "a": [{"b": {"c": value}}]});
    assert_ne!(content_hash(&value(1)), content_hash(&value(2)));
}

#[test]
fn the_same_policy_in_two_export_formats_has_one_normal_form() {
    let Some(exports) = exports() else { return };
    let mut pairs = 0;
    for entry in std::fs::read_dir(exports.join("configurationPolicies-nativeimport")).unwrap() {
        let native = entry.unwrap().path();
        let export = exports.join("configurationPolicies").join(native.file_name().unwrap());
        if !export.exists() {
            continue;
        }
        let (native, export) = (read(&native), read(&export));
        assert_ne!(native, export);
        assert_eq!(normalize(&native), normalize(&export));
        assert_eq!(content_hash(&native), content_hash(&export));
        // The normal form still tells what the policy is.
        assert_eq!(normalize(&export)["name"], export["name"]);
        assert_eq!(
            normalize(&export)["settings"].as_array().map(Vec::len),
            export["settings"].as_array().map(Vec::len)
        );
        pairs += 1;
    }
    assert!(pairs > 0, "no pair of exports in {}", exports.display());
}

/// Real exports are not part of the repository; the test that wants them passes by where there are none.
fn exports() -> Option<PathBuf> {
    let data = std::env::var_os("RUNLEDGER_GRAPH_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/graph-data"), PathBuf::from);
    Some(data.join("exports")).filter(|exports| exports.is_dir())
}

/// Reads JSON in UTF-8 or UTF-16, little or big end first, by its byte-order mark.
fn read(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap();
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        String::from_utf16(&rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect::<Vec<_>>()).unwrap()
    };
    let text = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).unwrap(),
        plain => String::from_utf8(plain.to_vec()).unwrap(),
    };
    serde_json::from_str(&text).unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-z]{1,3}",
        prop::sample::select(vec![
            "@odata.type",
            "a@odata.type",
            "id",
            "version",
            "includeUsers",
            "roleScopeTagIds",
            "settings",
            "rule",
            "settingDefinitionId",
            "settingInstance",
            "assignments",
            "#microsoft.graph.assign",
            "x@odata.context",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ a-zäß\"]{0,4}".prop_map(Value::from),
        prop::sample::select(vec![
            "#microsoft.graph.rule",
            "#microsoft.graph.windows10CustomConfiguration",
            "#Collection(microsoft.graph.rule)",
            "#microsoft.graph.conditionalAccessPolicy",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The same value with the keys of every object in the opposite order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().rev().map(|(k, v)| (k.clone(), reversed(v))).collect()),
        Value::Array(values) => values.iter().map(reversed).collect(),
        plain => plain.clone(),
    }
}

proptest! {
    #[test]
    fn normalising_twice_is_normalising_once(value in any_json()) {
        let once = normalize(&value);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn the_order_of_keys_never_changes_the_hash(value in any_json()) {
        let text = serde_json::to_string(&reversed(&value)).unwrap();
        let again: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(content_hash(&again), content_hash(&value));
    }
}
