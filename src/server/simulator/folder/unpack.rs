//! The Graph objects in a file: one object, a list of objects, or a wrapper around a list.

use serde_json::Value;

use super::super::content::{Object, text};
use super::{Found, by_context, by_shape, by_type};

/// Properties that a policy has and a mere wrapper does not.
const OWN_NAMES: &[&str] = &["id", "displayName", "name", "@odata.type"];

pub fn objects(json: Value, names: &[String]) -> Result<Vec<Found>, String> {
    match json {
        Value::Array(list) => found_in(list, None, names.to_vec()),
        Value::Object(mut object) => {
            let Some(key) = wrapper_key(&object) else {
                return Ok(vec![Found { object, list_context: None, names: names.to_vec() }]);
            };
            let context = text(&object, "@odata.context").map(str::to_owned);
            let Some(Value::Array(list)) = object.remove(&key) else {
                return Err("has no list of objects".to_owned());
            };
            let names = std::iter::once(key).chain(names.iter().cloned()).collect();
            found_in(list, context, names)
        }
        _ => Err("is neither a JSON object nor a list of objects".to_owned()),
    }
}

fn found_in(list: Vec<Value>, context: Option<String>, names: Vec<String>) -> Result<Vec<Found>, String> {
    let found = |member| match member {
        Value::Object(object) => Ok(Found { object, list_context: context.clone(), names: names.clone() }),
        _ => Err("has a list in which not every member is an object".to_owned()),
    };
    list.into_iter().map(found).collect()
}

/// The key of the list that the object only wraps: `value` as Graph sends it, or the only list of objects of
/// something that is no Graph object by itself.
fn wrapper_key(object: &Object) -> Option<String> {
    if object.get("value").is_some_and(is_object_list) && !object.contains_key("@odata.type") {
        return Some("value".to_owned());
    }
    let is_itself = OWN_NAMES.iter().any(|name| object.contains_key(*name))
        || by_type::collection(object)
            .or(by_context::collection(object, None))
            .or(by_shape::collection(object))
            .is_some();
    if is_itself {
        return None;
    }
    let lists: Vec<(&String, usize)> =
        object.iter().filter(|(_, value)| is_object_list(value)).map(|(key, list)| (key, length(list))).collect();
    // An empty list beside the one that is meant is a note of the tool that wrote the file.
    let filled: Vec<&String> = lists.iter().filter(|(_, length)| *length > 0).map(|(key, _)| *key).collect();
    match (filled.as_slice(), lists.as_slice()) {
        ([key], _) | ([], [(key, _)]) => Some((*key).clone()),
        _ => None,
    }
}

fn length(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

fn is_object_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_object))
}
