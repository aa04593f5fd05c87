//! Compares two policies all levels deep, over their normal forms.
//!
//! Objects compare by property, known sets without order, settings of the catalog by their definition, other lists of
//! things with a name of their own by that name, and the rest by place. Where things have equal content hashes there
//! are no changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::path::Path;
use crate::{
    model::comparison::Change,
    server::graph::{definition, is_set, normalize},
};

/// Every place where two bodies differ. They may be bodies as Graph gives them or normal forms already.
pub fn compare(before: &Value, after: &Value) -> Vec<Change> {
    let mut walk = Walk::default();
    walk.places(None, Some(&normalize(before)), Some(&normalize(after)));
    walk.changes
}

#[derive(Default)]
struct Walk {
    path: Path,
    changes: Vec<Change>,
}

impl Walk {
    /// One place on both sides; `name` is the property that it is the value of.
    fn places(&mut self, name: Option<&str>, before: Option<&Value>, after: Option<&Value>) {
        let (before, after) = (present(before), present(after));
        match (before, after) {
            (None, None) => {}
            (Some(Value::Object(before)), Some(Value::Object(after))) => self.objects(before, after),
            (Some(Value::Array(_)), None | Some(Value::Array(_))) | (None, Some(Value::Array(_))) => {
                self.lists(name, before, after);
            }
            (Some(before), Some(after)) if same(before, after) => {}
            _ => self.note(before, after),
        }
    }

    fn objects(&mut self, before: &Map<String, Value>, after: &Map<String, Value>) {
        let is_setting = [before, after].iter().any(|fields| fields.contains_key("settingDefinitionId"));
        let is_wrapper = [before, after].iter().any(|fields| fields.contains_key("settingInstance"));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names {
            let back = self.path.len();
            match short_name(name) {
                // What wraps a setting says nothing of its own.
                _ if is_wrapper && name == "settingInstance" => {}
                Some(short) if is_setting => self.path.property(short),
                _ => self.path.property(name),
            }
            self.places(Some(name), before.get(name), after.get(name));
            self.path.back_to(back);
        }
    }

    /// Two lists, of which one may be missing: that is the same as empty.
    fn lists(&mut self, name: Option<&str>, before: Option<&Value>, after: Option<&Value>) {
        let (old, new) = (elements(before), elements(after));
        if name.is_some_and(is_set) {
            return self.by_key(&as_set(old), &as_set(new));
        }
        match (with_keys(old), with_keys(new)) {
            (Some(old), Some(new)) => self.by_key(&old, &new),
            _ if before.is_some() && after.is_some() => self.by_place(old, new),
            _ => self.note(before, after),
        }
    }

    fn by_key(&mut self, before: &Keyed<'_>, after: &Keyed<'_>) {
        let keys: BTreeSet<&(String, usize)> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let back = self.path.len();
            self.path.key(&key.0, key.1);
            self.places(None, before.get(key).copied(), after.get(key).copied());
            self.path.back_to(back);
        }
    }

    /// What is equal at both ends stays out of it, so that one element put in between is one change.
    fn by_place(&mut self, before: &[Value], after: &[Value]) {
        let shorter = before.len().min(after.len());
        let head = before.iter().zip(after).take_while(|(old, new)| old == new).count();
        let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(old, new)| old == new).count();
        let tail = tail.min(shorter - head);
        let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
        for index in head..before.len().max(after.len()) {
            let back = self.path.len();
            self.path.index(index);
            self.places(None, before.get(index), after.get(index));
            self.path.back_to(back);
        }
    }

    fn note(&mut self, before: Option<&Value>, after: Option<&Value>) {
        let path = self.path.text().to_owned();
        self.changes.push(Change { path, before: before.cloned(), after: after.cloned() });
    }
}

/// Elements by what tells them apart, and by how many before them share it.
type Keyed<'a> = BTreeMap<(String, usize), &'a Value>;

/// The elements by their keys, when each of them has one.
fn with_keys(values: &[Value]) -> Option<Keyed<'_>> {
    let mut keyed = Keyed::new();
    let mut counts = HashMap::new();
    for value in values {
        let key = key(value)?;
        let count = counts.entry(key.clone()).or_insert(0);
        keyed.insert((key, *count), value);
        *count += 1;
    }
    Some(keyed)
}

/// The elements of a set: each once, by itself.
fn as_set(values: &[Value]) -> Keyed<'_> {
    let key = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    values.iter().filter(|value| !value.is_null()).map(|value| ((key(value), 0), value)).collect()
}

/// What an element of a list is called, where lists of its kind name their elements.
fn key(value: &Value) -> Option<String> {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let Some(definition) = definition(value) {
        return Some(definition.to_owned());
    }
    // Custom settings, compliance rules and their actions, values of administrative templates.
    text("/omaUri")
        .or_else(|| text("/ruleName"))
        .or_else(|| text("/actionType"))
        .or_else(|| {
            let of = |name: &str| text(&format!("/definition/{name}"));
            let words = [of("classType"), of("categoryPath"), Some(of("displayName")?)];
            Some(words.into_iter().flatten().collect::<Vec<_>>().join(" "))
        })
        .or_else(|| text("/presentation/label"))
}

/// The longer names of a setting's values, as people call them.
fn short_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "choiceSettingValue" => "choice",
        "choiceSettingCollectionValue" => "choices",
        "simpleSettingValue" => "simple",
        "simpleSettingCollectionValue" => "values",
        "groupSettingValue" => "group",
        "groupSettingCollectionValue" => "groups",
        _ => return None,
    })
}

fn elements(list: Option<&Value>) -> &[Value] {
    list.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// In a list null holds the place of something empty: nothing is there.
fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

/// Equal as JSON has it: 1 and 1.0 are one number.
fn same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Number(old), Value::Number(new)) if old.is_f64() || new.is_f64() => old.as_f64() == new.as_f64(),
        _ => before == after,
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
