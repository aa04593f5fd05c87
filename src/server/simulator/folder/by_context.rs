//! What `@odata.context` says: the part after `$metadata#` is the path of the collection.

use super::super::collection::{Collection, DERIVED_PROTECTIONS};
use super::super::content::{Object, text};

pub fn collection(object: &Object, list_context: Option<&str>) -> Option<Collection> {
    let context = text(object, "@odata.context").or(list_context)?;
    let (_, entity) = context.split_once("$metadata#")?;
    // `path(assignments())/$entity`, `path/microsoft.graph.someType`, `path/$entity`
    let path = entity.split('(').next().unwrap_or(entity);
    let below = |known: &str| path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if DERIVED_PROTECTIONS.iter().any(|(known, _)| below(known)) {
        return Some(Collection::ManagedAppPolicies);
    }
    Collection::ALL.iter().copied().find(|collection| below(collection.path()))
}
