//! Completes the lists that Graph expands inside an item and cuts short with a next link of their own.

use reqwest::Url;
use serde_json::Value;

use super::{ApiVersion, FailedItem, GraphClient, GraphError, Item, page::next_link};

/// What an expanded list's own link to its next page is called: `settings@odata.nextLink`.
const NEXT_LINK: &str = "@odata.nextLink";

/// A list inside an item that goes on elsewhere.
struct CutShort {
    item: usize,
    property: String,
    rest: Url,
}

/// Follows every such link of a page's items and puts what it finds where it belongs. An item fails with what reading
/// failed with, or as `incomplete_data` when there are not as many settings as it says it has.
pub(super) async fn complete(
    client: &GraphClient,
    version: ApiVersion,
    items: &mut [Result<Item, FailedItem>],
    with_settings: bool,
) {
    let cut_short: Vec<CutShort> = items.iter_mut().enumerate().flat_map(|(place, item)| links(place, item)).collect();
    let rests = client.lists(version, cut_short.iter().map(|list| list.rest.clone()).collect()).await;
    for (list, rest) in cut_short.iter().zip(rests) {
        change(&mut items[list.item], |body| put(body, &list.property, rest?));
    }
    for item in items {
        change(item, |body| {
            if is_cut_short(body) {
                return Err(GraphError::incomplete("A list deep inside the item was cut short."));
            }
            if with_settings { check_setting_count(body) } else { Ok(()) }
        });
    }
}

/// Changes the body of an item that is whole so far; where that fails, so does the item.
pub(super) fn change(item: &mut Result<Item, FailedItem>, change: impl FnOnce(&mut Value) -> Result<(), GraphError>) {
    let Ok(whole) = item else { return };
    if let Err(error) = change(&mut whole.body) {
        *item = Err(FailedItem { identity: Some(whole.identity.clone()), error });
    }
}

/// Where the item's lists go on. A link that cannot be read fails the item.
fn links(place: usize, item: &mut Result<Item, FailedItem>) -> Vec<CutShort> {
    let mut found = Vec::new();
    change(item, |body| {
        for (name, link) in body.as_object().into_iter().flatten() {
            if let Some(property) = name.strip_suffix(NEXT_LINK).filter(|property| !property.is_empty())
                && let Some(rest) = next_link(Some(link))?
            {
                found.push(CutShort { item: place, property: property.to_owned(), rest });
            }
        }
        Ok(())
    });
    found
}

fn put(item: &mut Value, property: &str, rest: Vec<Value>) -> Result<(), GraphError> {
    let Some(fields) = item.as_object_mut() else { return Ok(()) };
    fields.remove(&format!("{property}{NEXT_LINK}"));
    match fields.entry(property).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(list) => list.extend(rest),
        _ => return Err(GraphError::incomplete("A list inside the item is no list.")),
    }
    Ok(())
}

/// Whether any list is still incomplete. Graph has not been seen to page deeper than one level; if it does, it shows.
fn is_cut_short(value: &Value) -> bool {
    let goes_on = |name: &str, link: &Value| name.ends_with(NEXT_LINK) && !link.is_null();
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| goes_on(name, value) || is_cut_short(value)),
        Value::Array(values) => values.iter().any(is_cut_short),
        _ => false,
    }
}

/// A policy whose settings were asked for must have as many as it says.
fn check_setting_count(item: &Value) -> Result<(), GraphError> {
    let Some(said) = item.get("settingCount").and_then(Value::as_u64) else { return Ok(()) };
    let read = item.get("settings").and_then(Value::as_array).map_or(0, Vec::len);
    if u64::try_from(read).is_ok_and(|read| read == said) {
        return Ok(());
    }
    Err(GraphError::incomplete(format!("The policy has {said} settings, of which {read} came.")))
}
