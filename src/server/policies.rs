//! One policy with its versions, and two of them compared, as an address asks for it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::{
    db::{
        Db, item_list,
        policy_versions::{self, VersionContent},
        scope::TenantScope,
    },
    drift::compare,
    error::ServiceError,
    graph::{Family, normalize},
};
use crate::{
    error::AppError,
    model::{
        item::ItemLine,
        policy::{AssignmentLine, PolicyDetail, PolicyVersion, VersionComparison},
    },
};

/// Of a policy that changes all the time, the newest.
const MOST_VERSIONS: i64 = 200;
/// Longer JSON is of no use on a page.
const LONGEST_BODY: usize = 512 * 1024;
const NO_FILTER: &str = "00000000-0000-0000-0000-000000000000";

/// Where the policy is.
#[derive(Clone, Copy)]
struct At<'a> {
    db: &'a Db,
    scope: TenantScope,
    family: Family,
    id: &'a str,
}

/// The policy, with the two versions compared that the address names; without them the newest two.
pub async fn detail(
    db: &Db,
    scope: TenantScope,
    family: &str,
    id: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<PolicyDetail, ServiceError> {
    let missing = || AppError::not_found("This policy");
    let family: Family = family.parse().map_err(|_| missing())?;
    if id.contains('\0') {
        return Err(missing().into());
    }
    let at = At { db, scope, family, id };
    let policy = item_list::one(db, scope, &item_list::POLICIES, family.as_str(), id).await?.ok_or_else(missing)?;
    let versions = policy_versions::list(db, scope, family.as_str(), id, MOST_VERSIONS).await?;
    let (chosen, note) = choose(&versions, from, to);
    let comparison = match chosen {
        Some((from, to)) => Some(at.comparison(from, to).await?),
        None => None,
    };
    let newest = match versions.iter().find(|version| !version.gone) {
        Some(version) => at.content(version.version).await?,
        None => VersionContent { body: None, assignments: Value::Null },
    };
    let text = newest.body.as_ref().and_then(|body| serde_json::to_string_pretty(body).ok());
    Ok(PolicyDetail {
        assignments: at.assignments(&newest.assignments).await?,
        body: text.filter(|text| text.len() <= LONGEST_BODY),
        policy: ItemLine { version: versions.first().map(|version| version.version), ..policy },
        family_label: family.label().to_owned(),
        versions,
        comparison,
        note: note.map(str::to_owned),
    })
}

/// The versions to compare, the older one first.
fn choose(
    versions: &[PolicyVersion],
    from: Option<&str>,
    to: Option<&str>,
) -> (Option<(i32, i32)>, Option<&'static str>) {
    let known = |text: &str| text.parse().ok().filter(|number| versions.iter().any(|one| one.version == *number));
    let default = match versions {
        [newest, before, ..] => Some((before.version, newest.version)),
        _ => None,
    };
    match (from.filter(|text| !text.is_empty()), to.filter(|text| !text.is_empty())) {
        (None, None) => (default, None),
        (from, to) => {
            let from = from.map_or(default.map(|(from, _)| from), known);
            let to = to.map_or(default.map(|(_, to)| to), known);
            match (from, to) {
                (Some(from), Some(to)) if from != to => (Some((from.min(to), from.max(to))), None),
                _ => (default, Some("The address names versions that cannot be compared. These are the newest two.")),
            }
        }
    }
}

impl At<'_> {
    async fn content(&self, version: i32) -> Result<VersionContent, ServiceError> {
        let content = policy_versions::content(self.db, self.scope, self.family.as_str(), self.id, version).await?;
        content.ok_or_else(|| AppError::not_found("This version of the policy").into())
    }

    async fn comparison(&self, from: i32, to: i32) -> Result<VersionComparison, ServiceError> {
        let (before, after) = (self.content(from).await?, self.content(to).await?);
        let there = |content: &VersionContent| content.body.clone().unwrap_or_default();
        let lists = [&before.assignments, &after.assignments];
        let names = self.names(&lists).await?;
        let [assigned_before, assigned_after] = lists.map(|list| by_target(list, &names));
        Ok(VersionComparison {
            from,
            to,
            changes: compare(&there(&before), &there(&after)),
            assignment_changes: compare(&assigned_before, &assigned_after),
        })
    }

    async fn assignments(&self, list: &Value) -> Result<Vec<AssignmentLine>, ServiceError> {
        let names = self.names(&[list]).await?;
        Ok(elements(list).map(|assignment| line(assignment, &names)).collect())
    }

    async fn names(&self, lists: &[&Value]) -> Result<HashMap<String, String>, ServiceError> {
        let targets = lists.iter().flat_map(|list| elements(list)).map(|assignment| &assignment["target"]);
        let ids: Vec<&str> = targets.flat_map(|target| [group(target), filter(target)]).flatten().collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(policy_versions::names(self.db, self.scope, &ids).await?)
    }
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn group(target: &Value) -> Option<&str> {
    target["groupId"].as_str().filter(|id| !id.is_empty())
}

fn filter(target: &Value) -> Option<&str> {
    let id = target["deviceAndAppManagementAssignmentFilterId"].as_str();
    id.filter(|id| !id.is_empty() && *id != NO_FILTER)
}

/// The assignments by what they are called, so that a comparison tells which came and which went.
fn by_target(list: &Value, names: &HashMap<String, String>) -> Value {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for assignment in elements(list) {
        let AssignmentLine { excluded, target, .. } = line(assignment, names);
        let title = if excluded { format!("{target} (excluded)") } else { target };
        found.entry(title).or_default().push(normalize(assignment));
    }
    let one_or_all = |mut all: Vec<Value>| if all.len() == 1 { all.remove(0) } else { Value::Array(all) };
    Value::Object(found.into_iter().map(|(title, all)| (title, one_or_all(all))).collect::<Map<_, _>>())
}

fn line(assignment: &Value, names: &HashMap<String, String>) -> AssignmentLine {
    let target = &assignment["target"];
    let named = |id: &str| names.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let kind = target["@odata.type"].as_str().unwrap_or_default().trim_start_matches("#microsoft.graph.");
    let title = match (kind, group(target)) {
        ("allDevicesAssignmentTarget", _) => "All devices".to_owned(),
        ("allLicensedUsersAssignmentTarget", _) => "All users".to_owned(),
        (_, Some(id)) => named(id),
        ("", None) => "Unknown".to_owned(),
        (other, None) => other.to_owned(),
    };
    let kind_of_filter = target["deviceAndAppManagementAssignmentFilterType"].as_str().unwrap_or("include");
    AssignmentLine {
        excluded: kind == "exclusionGroupAssignmentTarget",
        target: title,
        filter: filter(target).map(|id| format!("{kind_of_filter} {}", named(id))),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::ids::RunId;

    #[test]
    fn the_newest_two_versions_are_compared_unless_the_address_names_others() {
        let version = |version| PolicyVersion {
            version,
            recorded_at: DateTime::UNIX_EPOCH,
            run: RunId(uuid::Uuid::nil()),
            gone: false,
        };
        let three = [3, 2, 1].map(version);
        assert_eq!(choose(&three, None, None), (Some((2, 3)), None));
        assert_eq!(choose(&three, Some("1"), None), (Some((1, 3)), None));
        assert_eq!(choose(&three, Some("3"), Some("1")), (Some((1, 3)), None));
        for (from, to) in [("9", "1"), ("x", "2"), ("2", "2"), ("-1", "")] {
            let (chosen, note) = choose(&three, Some(from), Some(to));
            assert!(chosen == Some((2, 3)) && note.is_some(), "{from} {to}");
        }
        assert_eq!(choose(&three[2..], None, None), (None, None));
    }
}
