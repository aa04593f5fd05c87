//! The normal form of a Graph object: equal for two objects that an administrator would call the same.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::implied_type::Place;

/// Set by the service, or told apart elsewhere (assignments are compared by their targets).
const IGNORED: [&str; 13] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "supportsScopeTags",
    "settingCount",
    "creationSource",
    "priorityMetaData",
    "isAssigned",
    "deployedAppCount",
    "lastSyncDateTime",
    "assignments",
];

/// Lists of words whose order means nothing, beside those that begin with `include` or `exclude`.
const SETS: [&str; 10] = [
    "roleScopeTagIds",
    "roleScopeTags",
    "clientAppTypes",
    "userRiskLevels",
    "signInRiskLevels",
    "servicePrincipalRiskLevels",
    "builtInControls",
    "customAuthenticationFactors",
    "termsOfUse",
    "allowedCombinations",
];

/// Lists of things that have names of their own, in no order: the values of administrative templates.
const UNORDERED: [&str; 2] = ["definitionValues", "presentationValues"];

const OWN_TYPE: &str = "@odata.type";

/// The object without what the service adds: ids, dates, counters, links, annotations, actions. Null, empty text and
/// empty lists are left out; lists without an order are sorted. Normalising twice changes nothing.
pub fn normalize(value: &Value) -> Value {
    at(value, Place::default())
}

/// SHA-256, in hex, of the normal form as RFC 8785 canonical JSON.
pub fn content_hash(value: &Value) -> String {
    hash_of_normal(&normalize(value))
}

/// The same of what is in its normal form already.
pub fn hash_of_normal(normal: &Value) -> String {
    hex::encode(Sha256::digest(canonical(normal)))
}

fn at(value: &Value, place: Place<'_>) -> Value {
    match value {
        Value::Object(fields) => Value::Object(object(fields, place)),
        // Inside a list an empty value holds a place.
        Value::Array(values) => by_definition(
            values.iter().map(|value| at(value, place)).map(|value| if is_empty(&value) { Value::Null } else { value }),
        ),
        plain => plain.clone(),
    }
}

fn object(fields: &Map<String, Value>, place: Place<'_>) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(name, value)| !is_ignored(name, value, place))
        .map(|(name, value)| (name, at(value, Place::of(name, fields))))
        .map(|(name, value)| {
            (name.clone(), if is_set(name) || UNORDERED.contains(&name.as_str()) { sorted(value) } else { value })
        })
        .filter(|(_, value)| !is_empty(value))
        .collect()
}

fn is_ignored(name: &str, value: &Value, place: Place<'_>) -> bool {
    match name.split_once('@') {
        Some(_) if name == OWN_TYPE => value.as_str().is_some_and(|name| place.implies(name)),
        // An annotation of the object or of one of its properties.
        Some((_, annotation)) => annotation.starts_with("odata.") || annotation.starts_with("microsoft.graph."),
        // An action that the object offers, or an ignored property.
        None => name.starts_with('#') || IGNORED.contains(&name),
    }
}

/// Whether a property of this name holds a list whose order means nothing.
pub fn is_set(name: &str) -> bool {
    SETS.contains(&name) || name.starts_with("include") || name.starts_with("exclude")
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut values) => {
            values.sort_by_cached_key(canonical);
            Value::Array(values)
        }
        other => other,
    }
}

/// Settings of the catalog are told apart by their definition, not by their place.
fn by_definition(values: impl Iterator<Item = Value>) -> Value {
    let mut values: Vec<_> = values.collect();
    if values.iter().all(|value| definition(value).is_some()) {
        values.sort_by_cached_key(|value| (definition(value).unwrap_or_default().to_owned(), canonical(value)));
    }
    Value::Array(values)
}

/// What a setting of the catalog is told apart by, be it bare or in its wrapper.
pub fn definition(setting: &Value) -> Option<&str> {
    setting.get("settingInstance").unwrap_or(setting).get("settingDefinitionId")?.as_str()
}

/// Canonical JSON. A value that came from JSON has always one.
pub(super) fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap_or_else(|_| value.to_string().into_bytes())
}

#[cfg(test)]
mod tests;
