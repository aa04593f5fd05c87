//! What one tenant holds: complete objects, navigation properties included, by collection.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::collection::Collection;

pub type Object = Map<String, Value>;

#[derive(Debug, Clone, Default)]
pub struct Content {
    collections: BTreeMap<Collection, Vec<Object>>,
}

impl Content {
    pub fn add(&mut self, collection: Collection, object: Object) {
        self.collections.entry(collection).or_default().push(object);
    }

    pub fn list(&self, collection: Collection) -> &[Object] {
        self.collections.get(&collection).map_or(&[], Vec::as_slice)
    }

    pub fn list_mut(&mut self, collection: Collection) -> &mut Vec<Object> {
        self.collections.entry(collection).or_default()
    }

    pub fn find(&self, collection: Collection, id: &str) -> Option<&Object> {
        self.list(collection).iter().find(|object| has_id(object, id))
    }

    pub fn summary(&self) -> BTreeMap<Collection, usize> {
        Collection::ALL.iter().map(|collection| (*collection, self.list(*collection).len())).collect()
    }
}

/// Whether the object has this id; Graph does not mind the case of a GUID.
pub fn has_id(object: &Object, id: &str) -> bool {
    text(object, "id").is_some_and(|own| own.eq_ignore_ascii_case(id))
}

pub fn text<'a>(object: &'a Object, property: &str) -> Option<&'a str> {
    object.get(property).and_then(Value::as_str)
}

/// The objects of a list property; none where it is absent or no list.
pub fn objects<'a>(object: &'a Object, property: &str) -> impl Iterator<Item = &'a Object> {
    object.get(property).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
