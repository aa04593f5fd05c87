//! Completes the lists that Graph expands inside an item and cuts short with a next link of their own.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    GraphClient, GraphError,
    page::{next_link, parts},
};

/// What an expanded list's own link to its next page is called: `settings@odata.nextLink`.
const NEXT_LINK: &str = "@odata.nextLink";

/// Follows every such link of the item and puts what it finds where it belongs.
///
/// # Errors
/// What reading failed with; `incomplete_data` when there are not as many settings as the policy says it has.
pub(super) async fn complete(client: &GraphClient, item: &mut Value, with_settings: bool) -> Result<(), GraphError> {
    for property in cut_short(item) {
        let mut next = next_link(item.get(format!("{property}{NEXT_LINK}")))?;
        let mut seen = HashSet::new();
        let mut rest = Vec::new();
        while let Some(url) = next {
            if !seen.insert(url.clone()) {
                return Err(GraphError::incomplete("A list inside the item does not come to an end."));
            }
            let (values, following) = parts(client.get(&url).await?)?;
            rest.extend(values);
            next = following;
        }
        put(item, &property, rest)?;
    }
    if is_cut_short(item) {
        return Err(GraphError::incomplete("A list deep inside the item was cut short."));
    }
    if with_settings { check_setting_count(item) } else { Ok(()) }
}

fn cut_short(item: &Value) -> Vec<String> {
    let names = item.as_object().into_iter().flat_map(|fields| fields.keys());
    names.filter_map(|name| name.strip_suffix(NEXT_LINK)).filter(|name| !name.is_empty()).map(str::to_owned).collect()
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
    match value {
        Value::Object(fields) => fields.iter().any(|(name, value)| name.ends_with(NEXT_LINK) || is_cut_short(value)),
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
