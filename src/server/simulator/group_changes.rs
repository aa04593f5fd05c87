//! What happens to the groups of a tenant while the simulator runs: each change is kept, so that a change list tells it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::State as Shared;
use super::collection::Collection;
use super::content::{Content, Object, has_id};
use super::lock::lock;
use super::store::Store;

/// How many states of a tenant are kept for those who are reading them.
const KEPT_STATES: usize = 8;

/// A change that a test or a demonstration asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupChange {
    /// The group; one that there is not yet is made.
    pub id: String,
    /// Properties to set.
    #[serde(default)]
    pub set: Object,
    #[serde(default)]
    pub add_members: Vec<String>,
    #[serde(default)]
    pub remove_members: Vec<String>,
    /// Takes the group away: `changed` (it could be restored) or `deleted`.
    pub remove: Option<String>,
}

/// One line of a tenant's journal.
#[derive(Debug, Clone)]
pub struct Entry {
    pub group: String,
    pub what: What,
}

#[derive(Debug, Clone)]
pub enum What {
    Created,
    /// These properties have another value.
    Set(Vec<String>),
    /// True where it is a member now.
    Members(Vec<(String, bool)>),
    /// With the group as it was, if it was there.
    Removed {
        reason: String,
        was: Option<Object>,
    },
}

/// A tenant's journal; its version is its length.
#[derive(Debug, Default)]
pub struct Journal {
    pub entries: Vec<Entry>,
    states: BTreeMap<usize, Arc<Content>>,
}

impl Journal {
    pub fn version(&self) -> usize {
        self.entries.len()
    }

    /// Keeps the present state, for a reader of all of it.
    pub fn keep(&mut self, state: Arc<Content>) {
        self.states.entry(self.entries.len()).or_insert(state);
        while self.states.len() > KEPT_STATES {
            self.states.pop_first();
        }
    }

    pub fn state(&self, version: usize) -> Option<Arc<Content>> {
        self.states.get(&version).cloned()
    }
}

/// The journals of all tenants.
pub struct Journals {
    /// Tells the tokens of this simulator from those of another.
    pub id: String,
    tenants: Mutex<HashMap<String, Journal>>,
}

impl Journals {
    pub fn new(id: String) -> Self {
        Self { id, tenants: Mutex::default() }
    }

    /// Works on a tenant's journal; nothing changes in the tenant's groups meanwhile.
    pub fn with<T>(&self, tenant: &str, work: impl FnOnce(&mut Journal) -> T) -> T {
        work(lock(&self.tenants).entry(tenant.to_owned()).or_default())
    }

    fn change(&self, store: &Store, tenant: &str, changes: Vec<GroupChange>) {
        self.with(tenant, |journal| {
            store.change(tenant, |content| {
                for change in changes {
                    journal.entries.extend(apply(content.list_mut(Collection::Groups), change));
                }
            });
        });
    }
}

/// `POST /_simulator/tenants/{tenant}/groups`: a list of changes, applied in their order.
pub async fn change(
    State(shared): State<Arc<Shared>>,
    Path(tenant): Path<String>,
    body: Result<Json<Vec<GroupChange>>, JsonRejection>,
) -> Response {
    match body {
        Ok(Json(changes)) => {
            shared.journals.change(&shared.store, &tenant, changes);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(rejection) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": rejection.body_text()}))).into_response()
        }
    }
}

fn apply(groups: &mut Vec<Object>, change: GroupChange) -> Vec<Entry> {
    let id = change.id;
    let entry = |what| Entry { group: id.clone(), what };
    if let Some(reason) = change.remove {
        let was = groups.iter().position(|group| has_id(group, &id)).map(|place| groups.remove(place));
        return vec![entry(What::Removed { reason, was })];
    }
    let mut entries = Vec::new();
    let place = groups.iter().position(|group| has_id(group, &id)).unwrap_or_else(|| {
        groups.push(new_group(&id));
        entries.push(entry(What::Created));
        groups.len() - 1
    });
    let group = &mut groups[place];
    if !change.set.is_empty() {
        entries.push(entry(What::Set(change.set.keys().cloned().collect())));
        group.extend(change.set);
    }
    let added = change.add_members.into_iter().map(|member| (member, true));
    let told: Vec<_> = added.chain(change.remove_members.into_iter().map(|member| (member, false))).collect();
    if !told.is_empty() {
        set_members(group, &told);
        entries.push(entry(What::Members(told)));
    }
    entries
}

fn new_group(id: &str) -> Object {
    let group = json!({"id": id, "displayName": null, "description": null, "groupTypes": [], "mailEnabled": false,
        "securityEnabled": true, "membershipRule": null, "members": []});
    if let Value::Object(group) = group { group } else { Object::new() }
}

fn set_members(group: &mut Object, told: &[(String, bool)]) {
    let Some(members) = group.entry("members").or_insert_with(|| json!([])).as_array_mut() else { return };
    for (id, is_member) in told {
        members.retain(|member| member["id"] != id.as_str());
        if *is_member {
            members.push(json!({"@odata.type": "#microsoft.graph.user", "id": id}));
        }
    }
}
