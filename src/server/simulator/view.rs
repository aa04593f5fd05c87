//! How an object is shown: without what only `$expand` brings, and without what only a single read brings.

use serde_json::{Value, json};

use super::answer::GraphError;
use super::collection::Collection;
use super::content::{Object, text};
use super::expand::Expand;
use super::page::token_at;

/// Graph expands this many settings and then leaves a link to the rest; `/settings` pages at it too.
pub const SETTINGS_PAGE: usize = 25;

/// Refuses an `$expand` that Graph would refuse.
pub fn check_expand(collection: Collection, expand: &Expand, is_list: bool) -> Result<(), GraphError> {
    for name in expand.names() {
        let in_list = name != "assignments" || !is_list || collection.list_expands_assignments();
        if !in_list || !collection.navigation().contains(&name) {
            let kind = collection.entity_type();
            let message = format!("Could not find a property named '{name}' on type 'microsoft.graph.{kind}'.");
            return Err(GraphError::bad_request(format!("Parsing OData Select and Expand failed: {message}")));
        }
    }
    Ok(())
}

/// An object as it stands in a list.
pub fn in_list(collection: Collection, object: &Object, expand: &Expand, collection_url: &str) -> Object {
    let mut shown = single(collection, object, expand, collection_url);
    if collection == Collection::DeviceManagementScripts {
        shown.remove("scriptContent");
    }
    shown
}

/// An object as its own address shows it.
pub fn single(collection: Collection, object: &Object, expand: &Expand, collection_url: &str) -> Object {
    let mut shown = object.clone();
    for property in collection.navigation() {
        match expand.get(property) {
            None => remove_annotated(&mut shown, property),
            Some(inner) => {
                let value = shown.entry(*property).or_insert_with(|| json!([]));
                for member in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                    show_member(property, member, inner);
                }
            }
        }
    }
    if collection == Collection::ConfigurationPolicies {
        cut_settings(&mut shown, collection_url);
    }
    shown
}

/// Members of a navigation property have navigation properties of their own.
pub fn show_member(property: &str, member: &mut Object, expand: &Expand) {
    let own: &[&str] = match property {
        "definitionValues" => &["definition", "presentationValues"],
        "presentationValues" => &["presentation"],
        "scheduledActionsForRule" => &["scheduledActionConfigurations"],
        "settings" => &["settingDefinitions"],
        _ => &[],
    };
    for property in own.iter().filter(|property| expand.get(property).is_none()) {
        remove_annotated(member, property);
    }
}

fn cut_settings(policy: &mut Object, collection_url: &str) {
    let id = text(policy, "id").unwrap_or_default().to_owned();
    let Some(settings) = policy.get_mut("settings").and_then(Value::as_array_mut) else { return };
    if settings.len() <= SETTINGS_PAGE {
        return;
    }
    settings.truncate(SETTINGS_PAGE);
    let token = token_at(&settings_scope(&id), SETTINGS_PAGE);
    let link = format!("{collection_url}('{id}')/settings?$skiptoken={token}");
    policy.insert("settings@odata.nextLink".to_owned(), link.into());
}

/// What the page tokens of a policy's settings are made for.
fn settings_scope(id: &str) -> String {
    property_scope(Collection::ConfigurationPolicies, id, "settings")
}

pub fn property_scope(collection: Collection, id: &str, property: &str) -> String {
    format!("{}/{}/{property}", collection.path(), id.to_ascii_lowercase())
}

/// Removes a property and its annotations, such as `assignments@odata.context`.
fn remove_annotated(object: &mut Object, property: &str) {
    object.retain(|name, _| name.strip_prefix(property).is_none_or(|rest| !rest.is_empty() && !rest.starts_with('@')));
}
