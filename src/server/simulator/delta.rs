//! `/groups/delta`: everything at first, then what has changed since the reader's last token.
//! Source: learn.microsoft.com/graph/api/group-delta and /graph/delta-query-groups.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::State as Shared;
use super::answer::GraphError;
use super::collection::Collection;
use super::content::{Content, Object, objects, text};
use super::delta_token::Position;
use super::graph::{Call, spoil};
use super::group_changes::{Entry, Journal, What};

/// How many members one object tells of; a group with more comes again with the rest.
const MEMBERS_AT_ONCE: usize = 100;

/// One page of the change list that the request's token points to.
pub fn page(shared: &Shared, tenant: &str, call: &Call<'_>) -> Result<Value, GraphError> {
    if call.query.top.is_some() || call.query.expand.names().next().is_some() {
        return Err(GraphError::bad_request("$top and $expand are not supported for change lists."));
    }
    let token =
        call.query.skip_token.as_deref().or(call.query.delta_token.as_deref()).filter(|token| !token.is_empty());
    let expired = |status| resync(call, status);
    if let Some(status) = token.and_then(|_| shared.faults.resync()) {
        return Err(expired(status));
    }
    let id = &shared.journals.id;
    let told = if call.paging.stale { stale_changes } else { changes };
    shared.journals.with(tenant, |journal| {
        let content = shared.store.tenant(tenant);
        let position = match token {
            None => Position::Whole { version: journal.version(), offset: 0 },
            Some(token) => Position::of(token, id).ok_or_else(|| expired(410))?,
        };
        Ok(match position {
            Position::Whole { version, offset } => {
                if offset == 0 {
                    journal.keep(content);
                }
                let state = journal.state(version).ok_or_else(|| expired(410))?;
                body(call, id, whole(&state), Position::Whole { version, offset })
            }
            Position::Changes { since, version, .. } => {
                body(call, id, told(journal, &content, since, version), position)
            }
            Position::UpTo(since) => {
                let version = journal.version();
                let position = Position::Changes { since, version, offset: 0 };
                body(call, id, told(journal, &content, since, version), position)
            }
        })
    })
}

/// What a page tells of a group.
enum Told<'a> {
    /// The group with a part of its members; from the second part on only those.
    Part(&'a Object, usize),
    Change(Object),
}

fn body(call: &Call<'_>, id: &str, found: Vec<Told<'_>>, position: Position) -> Value {
    let (version, offset) = match position {
        Position::Whole { version, offset } | Position::Changes { version, offset, .. } => (version, offset),
        Position::UpTo(version) => (version, 0),
    };
    let at = |offset| match position {
        Position::Changes { since, version, .. } => Position::Changes { since, version, offset },
        Position::Whole { version, .. } | Position::UpTo(version) => Position::Whole { version, offset },
    };
    let address = |name: &str, position: Position| -> Value {
        format!("{}{}?{}", call.origin.0, call.uri.path(), call.query.with_token(name, &position.token(id))).into()
    };
    let (total, end) = (found.len(), offset.saturating_add(call.page_size).min(found.len()));
    let start = if call.paging.twice { offset.saturating_sub(1) } else { offset };
    let mut value: Vec<Value> = found
        .into_iter()
        .skip(start)
        .take(end.saturating_sub(start))
        .map(|told| match told {
            Told::Part(group, part) => in_part(group, part),
            Told::Change(change) => change,
        })
        .map(|group| Value::Object(selected(group, &call.query.select)))
        .collect();
    spoil(call, &mut value);
    let context = format!("{}/{}/$metadata#groups", call.origin.0, call.version.as_str());
    let mut body = json!({"@odata.context": context, "value": value});
    if call.paging.repeat {
        body["@odata.nextLink"] = address("$skiptoken", at(offset));
    } else if end < total {
        body["@odata.nextLink"] = address("$skiptoken", at(end));
    } else {
        body["@odata.deltaLink"] = address("$deltatoken", Position::UpTo(version));
    }
    body
}

fn resync(call: &Call<'_>, status: u16) -> GraphError {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::GONE);
    let message = "The sync state is not there any more. Begin with a full synchronization.";
    if status == StatusCode::GONE {
        let location = format!("{}{}?{}", call.origin.0, call.uri.path(), call.query.with_token("$deltatoken", ""));
        GraphError { location: Some(location), ..GraphError::new(status, "resyncRequired", message) }
    } else {
        GraphError::new(status, "syncStateNotFound", message)
    }
}

/// Every group; one with many members several times.
fn whole(state: &Content) -> Vec<Told<'_>> {
    state.list(Collection::Groups).iter().flat_map(in_full).collect()
}

fn in_full(group: &Object) -> impl Iterator<Item = Told<'_>> {
    let parts = objects(group, "members").count().div_ceil(MEMBERS_AT_ONCE).max(1);
    (0..parts).map(move |part| Told::Part(group, part))
}

fn in_part(group: &Object, part: usize) -> Object {
    let mut told = if part == 0 { group.clone() } else { only_id(text(group, "id").unwrap_or_default()) };
    told.remove("members");
    told.remove("owners");
    let members: Vec<Value> = objects(group, "members")
        .skip(part * MEMBERS_AT_ONCE)
        .take(MEMBERS_AT_ONCE)
        .map(|member| json!({"@odata.type": member.get("@odata.type"), "id": member.get("id")}))
        .collect();
    if !members.is_empty() {
        told.insert("members@delta".to_owned(), members.into());
    }
    told
}

fn only_id(id: &str) -> Object {
    Object::from_iter([("id".to_owned(), id.into())])
}

/// What has happened to each group after `since`, up to `version`, in the order of the first change.
fn changes<'a>(journal: &Journal, content: &'a Content, since: usize, version: usize) -> Vec<Told<'a>> {
    let entries = journal.entries.get(since..version).unwrap_or_default();
    let mut known = BTreeSet::new();
    let groups = entries.iter().map(|entry| entry.group.as_str()).filter(|group| known.insert(*group));
    let groups: Vec<&str> = groups.collect();
    groups.into_iter().flat_map(|id| change(id, entries, content)).collect()
}

/// The same after word of how those that went or came back were before.
fn stale_changes<'a>(journal: &Journal, content: &'a Content, since: usize, version: usize) -> Vec<Told<'a>> {
    let entries = journal.entries.get(since..version).unwrap_or_default();
    let before = entries.iter().filter_map(|entry| match &entry.what {
        What::Removed { reason, .. } if content.find(Collection::Groups, &entry.group).is_some() => {
            Some(gone(&entry.group, Some(reason)))
        }
        What::Removed { was, .. } => was.clone(),
        _ => None,
    });
    let before = before.map(|group| Told::Change(in_part(&group, 0)));
    before.chain(changes(journal, content, since, version)).collect()
}

fn gone(id: &str, reason: Option<&str>) -> Object {
    let mut gone = only_id(id);
    gone.insert("@removed".to_owned(), json!({"reason": reason.unwrap_or("deleted")}));
    gone
}

fn change<'a>(id: &str, entries: &[Entry], content: &'a Content) -> Vec<Told<'a>> {
    let own = || entries.iter().filter(|entry| entry.group == id).map(|entry| &entry.what);
    let Some(group) = content.find(Collection::Groups, id) else {
        let mut reasons = own().filter_map(|what| match what {
            What::Removed { reason, .. } => Some(reason.as_str()),
            _ => None,
        });
        return vec![Told::Change(gone(id, reasons.next_back()))];
    };
    if own().any(|what| matches!(what, What::Created | What::Removed { .. })) {
        return in_full(group).collect();
    }
    let mut told = only_id(id);
    let mut members = BTreeMap::new();
    for what in own() {
        match what {
            // Only what has changed is told.
            What::Set(names) => {
                told.extend(names.iter().filter_map(|name| Some((name.clone(), group.get(name)?.clone()))));
            }
            What::Members(some) => members.extend(some.iter().cloned()),
            What::Created | What::Removed { .. } => {}
        }
    }
    if !members.is_empty() {
        let members = members.into_iter().map(|(id, is_member)| match is_member {
            true => json!({"@odata.type": "#microsoft.graph.user", "id": id}),
            false => json!({"@odata.type": "#microsoft.graph.user", "id": id, "@removed": {"reason": "deleted"}}),
        });
        told.insert("members@delta".to_owned(), members.collect());
    }
    vec![Told::Change(told)]
}

/// What was asked for; the id and what tells of removals always.
fn selected(mut group: Object, select: &[String]) -> Object {
    if !select.is_empty() {
        let asked = |name: &str| select.iter().any(|own| own.as_str() == name.trim_end_matches("@delta"));
        group.retain(|name, _| name == "id" || name.starts_with('@') || asked(name));
    }
    group
}
