//! Gives an object what Graph adds to a body when it stores it: an id, dates, defaults.
//! What the object has is left as it is.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::super::content::{Object, text};
use super::super::seeded::Seeded;

#[derive(Default)]
pub struct Completer {
    ids: HashSet<(Collection, String)>,
}

impl Completer {
    /// `label` says where the object stands, the same in every run: what is made up is made from it.
    pub fn complete(&mut self, collection: Collection, mut object: Object, label: &str) -> Object {
        let seeded = Seeded::new("folder");
        // The context is of the answer, not of the object.
        object.remove("@odata.context");
        let id = text(&object, "id").filter(|id| !id.is_empty()).map(str::to_owned);
        let own = id.filter(|id| self.ids.insert((collection, id.to_ascii_lowercase())));
        let id = own.unwrap_or_else(|| {
            // The same policy in two files keeps its id in the first of them only.
            let made = seeded.guid(label);
            self.ids.insert((collection, made.clone()));
            made
        });
        object.insert("id".to_owned(), id.into());
        add_dates(collection, &mut object, &seeded, label);
        add_defaults(collection, &mut object);
        object
    }
}

fn add_dates(collection: Collection, object: &mut Object, seeded: &Seeded, label: &str) {
    let (created, modified) = seeded.created_and_modified(label);
    let modified_name = match collection {
        Collection::Groups => "renewedDateTime",
        Collection::ConditionalAccessPolicies => "modifiedDateTime",
        _ => "lastModifiedDateTime",
    };
    add(object, "createdDateTime", created);
    add(object, modified_name, modified);
}

fn add_defaults(collection: Collection, object: &mut Object) {
    match collection {
        Collection::ConfigurationPolicies => complete_settings(object),
        // A policy that is imported without a state is off until someone switches it on.
        Collection::ConditionalAccessPolicies => add(object, "state", "disabled"),
        Collection::Groups => {
            let is_dynamic = object.contains_key("membershipRule");
            add(object, "groupTypes", if is_dynamic { json!(["DynamicMembership"]) } else { json!([]) });
            add(object, "mailEnabled", false);
            add(object, "securityEnabled", true);
        }
        Collection::ManagedAppPolicies => {
            if let Some(kind) = protection_type(object) {
                add(object, "@odata.type", kind);
            }
        }
        _ => {}
    }
}

fn complete_settings(policy: &mut Object) {
    let Some(settings) = policy.get_mut("settings").and_then(Value::as_array_mut) else { return };
    let count = settings.len();
    for (index, setting) in settings.iter_mut().filter_map(Value::as_object_mut).enumerate() {
        add(setting, "id", index.to_string());
    }
    add(policy, "settingCount", count);
}

/// The platform of an app protection policy that does not name its type.
fn protection_type(object: &Object) -> Option<&'static str> {
    let any = |part: &str| object.keys().any(|name| name.to_ascii_lowercase().contains(part));
    if any("android") || any("encryptappdata") || any("screencapture") {
        Some("#microsoft.graph.androidManagedAppProtection")
    } else if any("ios") || any("faceid") || any("appdataencryptiontype") {
        Some("#microsoft.graph.iosManagedAppProtection")
    } else {
        None
    }
}

fn add(object: &mut Object, property: &str, value: impl Into<Value>) {
    object.entry(property).or_insert_with(|| value.into());
}
