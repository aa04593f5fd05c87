//! What makes a policy whole that its family's list leaves out: the values of administrative templates, the text of
//! scripts, the assignments of app protection policies. Read in batches, for all policies of a page together.

use std::collections::HashSet;

use reqwest::Url;
use serde_json::Value;

use super::{FailedItem, Family, GraphClient, GraphError, Item, expanded::change};

/// App protection policies have their assignments on the lists of the concrete types. A default policy has none: it
/// concerns everybody.
pub(super) const PROTECTION_LISTS: [(&str, &str); 6] = [
    ("iosManagedAppProtection", "iosManagedAppProtections"),
    ("androidManagedAppProtection", "androidManagedAppProtections"),
    ("windowsManagedAppProtection", "windowsManagedAppProtections"),
    ("windowsInformationProtectionPolicy", "windowsInformationProtectionPolicies"),
    ("mdmWindowsInformationProtectionPolicy", "mdmWindowsInformationProtectionPolicies"),
    ("targetedManagedAppConfiguration", "targetedManagedAppConfigurations"),
];

type Items = [Result<Item, FailedItem>];

/// Completes the policies of a page. One that cannot be completed becomes a failed item.
pub(super) async fn complete(client: &GraphClient, family: Family, items: &mut Items) {
    match family {
        Family::GroupPolicyConfigurations => {
            add_lists(client, family, items, "definitionValues", |item| {
                client.item_url(
                    family,
                    family.path(),
                    &[&item.identity.id, "definitionValues"],
                    Some("$expand=definition"),
                )
            })
            .await;
            add_presentation_values(client, family, items).await;
        }
        Family::DeviceManagementScripts => add_scripts(client, family, items).await,
        Family::ManagedAppPolicies => {
            add_lists(client, family, items, "assignments", |item| {
                let kind = item.identity.odata_type.as_deref();
                let (_, list) = PROTECTION_LISTS.iter().find(|(known, _)| kind == Some(known))?;
                client.item_url(
                    family,
                    &format!("deviceAppManagement/{list}"),
                    &[&item.identity.id, "assignments"],
                    None,
                )
            })
            .await;
        }
        _ => {}
    }
}

/// Reads a list of each item that has one at an address of its own, and makes it a property of the item.
async fn add_lists(
    client: &GraphClient,
    family: Family,
    items: &mut Items,
    property: &str,
    address: impl Fn(&Item) -> Option<Url>,
) {
    let (places, urls): (Vec<usize>, Vec<Url>) =
        whole(items).filter_map(|(at, item)| Some((at, address(item)?))).unzip();
    for (place, list) in places.into_iter().zip(client.lists(family.version(), urls).await) {
        change(&mut items[place], |body| {
            body[property] = list?.into();
            Ok(())
        });
    }
}

/// Each definition value has presentation values of its own: what was entered for it.
async fn add_presentation_values(client: &GraphClient, family: Family, items: &mut Items) {
    let mut places = Vec::new();
    let mut urls = Vec::new();
    for (place, item) in whole(items) {
        for (nth, value) in item.body["definitionValues"].as_array().into_iter().flatten().enumerate() {
            let Some(id) = value["id"].as_str() else { continue };
            let path = [&item.identity.id, "definitionValues", id, "presentationValues"];
            if let Some(url) = client.item_url(family, family.path(), &path, Some("$expand=presentation")) {
                places.push((place, nth));
                urls.push(url);
            }
        }
    }
    for ((place, nth), list) in places.into_iter().zip(client.lists(family.version(), urls).await) {
        change(&mut items[place], |body| {
            body["definitionValues"][nth]["presentationValues"] = list?.into();
            Ok(())
        });
    }
}

/// A list tells of a script all but its text.
async fn add_scripts(client: &GraphClient, family: Family, items: &mut Items) {
    let address = |item: &Item| client.item_url(family, family.path(), &[&item.identity.id], None);
    let (places, urls): (Vec<usize>, Vec<Url>) =
        whole(items).filter_map(|(at, item)| Some((at, address(item)?))).unzip();
    for (place, script) in places.into_iter().zip(client.get_all(family.version(), urls).await) {
        change(&mut items[place], |body| {
            let content = script?.get_mut("scriptContent").map(Value::take);
            body["scriptContent"] =
                content.ok_or_else(|| GraphError::incomplete("The script came without its text."))?;
            Ok(())
        });
    }
}

/// The items that are whole so far, with their places. The first of an id that comes twice is enough.
fn whole(items: &Items) -> impl Iterator<Item = (usize, &Item)> {
    let mut seen = HashSet::new();
    items.iter().enumerate().filter_map(move |(place, item)| {
        let item = item.as_ref().ok()?;
        seen.insert(item.identity.id.as_str()).then_some((place, item))
    })
}
