//! Directory groups as the change list tells of them.
//! Source: learn.microsoft.com/graph/api/group-delta.

use reqwest::header;
use serde_json::{Map, Value};

use super::{ApiVersion, FailedItem, GraphClient, GraphError, ItemIdentity, ListRequest, client::Repeat};
use crate::model::directory_group::RemovedReason;

/// What is asked of each group. A link to go on from goes on with what its first request asked for.
pub const GROUPS_QUERY: &str =
    "$select=id,displayName,description,groupTypes,mailEnabled,securityEnabled,membershipRule,members";

/// What a change list says of one group. What it leaves out is as it was before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupChange {
    pub id: String,
    /// The group is gone.
    pub removed: Option<RemovedReason>,
    pub name: Option<String>,
    pub description: Option<Option<String>>,
    pub group_types: Option<Vec<String>>,
    pub mail_enabled: Option<bool>,
    pub security_enabled: Option<bool>,
    pub membership_rule: Option<Option<String>>,
    /// Ids of members, and whether each is one now.
    pub members: Vec<(String, bool)>,
}

/// The list of all groups and their changes.
pub fn groups_delta() -> ListRequest {
    ListRequest {
        version: ApiVersion::V1,
        path: "groups/delta".to_owned(),
        query: Some(GROUPS_QUERY.to_owned()),
        with_settings: false,
    }
}

impl GraphClient {
    /// How many groups the directory has, roughly: new ones are counted after a while.
    /// Source: learn.microsoft.com/graph/aad-advanced-queries.
    pub async fn count_groups(&self) -> Result<Option<u64>, GraphError> {
        let path = "groups/$count".to_owned();
        let request = ListRequest { version: ApiVersion::V1, path, query: None, with_settings: false };
        let url = self.list_url(&request)?;
        let get = |http: &reqwest::Client| {
            http.get(url.clone()).header("ConsistencyLevel", "eventual").header(header::ACCEPT, "text/plain")
        };
        Ok(self.exchange(&url, Repeat::Freely, get).await?.as_u64())
    }
}

impl GroupChange {
    /// Reads one value of a page.
    ///
    /// # Errors
    /// `incomplete_data` for what has no id.
    pub fn read(value: &Value) -> Result<Self, Box<FailedItem>> {
        let identity = ItemIdentity::read(value).map_err(|error| Box::new(FailedItem { identity: None, error }))?;
        let Value::Object(group) = value else {
            let error = GraphError::incomplete("A group is no object.");
            return Err(Box::new(FailedItem { identity: None, error }));
        };
        Ok(Self {
            id: identity.id,
            removed: group.get("@removed").map(reason),
            name: told(group, "displayName").map(Option::unwrap_or_default),
            description: told(group, "description"),
            group_types: group.get("groupTypes").and_then(Value::as_array).map(|types| words(types)),
            mail_enabled: group.get("mailEnabled").and_then(Value::as_bool),
            security_enabled: group.get("securityEnabled").and_then(Value::as_bool),
            membership_rule: told(group, "membershipRule"),
            members: group.get("members@delta").and_then(Value::as_array).map(|all| members(all)).unwrap_or_default(),
        })
    }
}

fn reason(removed: &Value) -> RemovedReason {
    match removed.get("reason").and_then(Value::as_str) {
        Some("changed") => RemovedReason::Changed,
        _ => RemovedReason::Deleted,
    }
}

/// A text property: absent, null or empty, or a text.
fn told(group: &Map<String, Value>, name: &str) -> Option<Option<String>> {
    group.get(name).map(|value| value.as_str().map(plain).filter(|text| !text.is_empty()))
}

/// PostgreSQL keeps no NUL in a text.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}

fn words(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn members(values: &[Value]) -> Vec<(String, bool)> {
    let told = |member: &Value| Some((plain(member.get("id")?.as_str()?), member.get("@removed").is_none()));
    values.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_left_out_is_told_from_what_is_null() {
        let group = GroupChange::read(&json!({"id": "1", "description": null, "mailEnabled": true})).unwrap();
        let expected = GroupChange {
            id: "1".to_owned(),
            description: Some(None),
            mail_enabled: Some(true),
            ..GroupChange::default()
        };
        assert_eq!(group, expected);
    }

    #[test]
    fn members_come_and_go() {
        let value =
            json!({"id": "1", "members@delta": [{"id": "a"}, {"id": "b", "@removed": {"reason": "deleted"}}, {}]});
        let members = GroupChange::read(&value).unwrap().members;
        assert_eq!(members, [("a".to_owned(), true), ("b".to_owned(), false)]);
    }

    #[test]
    fn a_removed_group_says_whether_it_can_come_back() {
        for (reason, expected) in [("changed", RemovedReason::Changed), ("deleted", RemovedReason::Deleted)] {
            let group = GroupChange::read(&json!({"id": "1", "@removed": {"reason": reason}})).unwrap();
            assert_eq!(group.removed, Some(expected));
        }
        assert!(GroupChange::read(&json!({"displayName": "nameless"})).is_err());
    }
}
