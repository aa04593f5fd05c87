//! Which group here is meant by a group of a backup: the same id, else the one of the same name, else one chosen by hand.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use crate::{
    model::{reason::ReasonCode, restore::GroupMatch},
    server::{
        db::backup_items::GroupNames,
        graph::{GraphClient, GraphError},
    },
};

/// The groups of one restore, each looked up once.
#[derive(Default)]
pub struct Groups {
    by_hand: BTreeMap<String, String>,
    found: Mutex<HashMap<String, GroupMatch>>,
}

impl Groups {
    pub fn new(by_hand: BTreeMap<String, String>) -> Self {
        Self { by_hand, found: Mutex::default() }
    }

    /// What each group is here.
    pub async fn matches(
        &self,
        client: &GraphClient,
        ids: Vec<String>,
        names: &GroupNames,
    ) -> Result<Vec<GroupMatch>, GraphError> {
        let mut matches = Vec::with_capacity(ids.len());
        for id in ids {
            let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
            let found = match known {
                Some(found) => found,
                None => {
                    let name = names.get(&id).cloned().flatten();
                    let found = self.look_up(client, &id, name).await?;
                    self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(id, found.clone());
                    found
                }
            };
            matches.push(found);
        }
        Ok(matches)
    }

    async fn look_up(&self, client: &GraphClient, id: &str, name: Option<String>) -> Result<GroupMatch, GraphError> {
        let is = |here: Option<String>, by: &str| GroupMatch {
            id: id.to_owned(),
            name: name.clone(),
            here,
            by: by.to_owned(),
        };
        if let Some(chosen) = self.by_hand.get(id) {
            return Ok(match client.group_name(chosen).await {
                Ok(_) => is(Some(chosen.clone()), "hand"),
                Err(error) if error.reason == ReasonCode::NotFound => is(None, "missing"),
                Err(error) => return Err(error),
            });
        }
        match client.group_name(id).await {
            Ok(_) => return Ok(is(Some(id.to_owned()), "id")),
            Err(error) if error.reason == ReasonCode::NotFound => {}
            Err(error) => return Err(error),
        }
        let Some(wanted) = &name else { return Ok(is(None, "missing")) };
        let mut named = client.groups_named(wanted).await?;
        Ok(match (named.len(), named.pop()) {
            (1, here) => is(here, "name"),
            (0, _) => is(None, "missing"),
            _ => is(None, "ambiguous"),
        })
    }
}

/// The body with every group replaced by what it is here.
pub fn mapped(body: &Value, groups: &[GroupMatch]) -> Value {
    let here = |id: &str| groups.iter().find(|group| group.id == id).and_then(|group| group.here.clone());
    let mut body = body.clone();
    for assignment in body.get_mut("assignments").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(group) = assignment.pointer_mut("/target/groupId")
            && let Some(new) = group.as_str().and_then(here)
        {
            *group = new.into();
        }
    }
    for list in ["/conditions/users/includeGroups", "/conditions/users/excludeGroups"] {
        for group in body.pointer_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(new) = group.as_str().and_then(here) {
                *group = new.into();
            }
        }
    }
    body
}
