//! What restoring a policy would do, found out by looking at the tenant as it is now. Nothing is written here.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::groups::{Groups, mapped};
use crate::{
    model::{
        comparison::Change,
        reason::ReasonCode,
        restore::{GroupMatch, RestorePlan},
    },
    server::{
        backup::policy_family,
        db::backup_items::BackupItem,
        drift::compare,
        graph::{
            Assignments, Family, GraphClient, GraphError, Item, NamedPolicy, content_hash, hash_of_normal,
            named_groups, normalize, unwritable,
        },
    },
};

/// What would be done to one policy, and with what.
#[derive(Debug, Clone)]
pub struct Planned {
    pub plan: RestorePlan,
    pub changes: Vec<Change>,
    pub groups: Vec<GroupMatch>,
    pub target_id: Option<String>,
    /// The state in which the target is now.
    pub target_hash: Option<String>,
    pub blocked: Option<(ReasonCode, String)>,
    /// The body to write, with the groups of this tenant.
    pub wanted: Value,
}

impl Planned {
    fn blocked(code: ReasonCode, message: impl Into<String>, groups: Vec<GroupMatch>) -> Self {
        Self {
            plan: RestorePlan::Blocked,
            changes: Vec::new(),
            groups,
            target_id: None,
            target_hash: None,
            blocked: Some((code, message.into())),
            wanted: Value::Null,
        }
    }
}

/// What the policies of one restore have in common.
pub struct Planner<'a> {
    pub client: &'a GraphClient,
    pub groups: Groups,
    /// Whether assignments are restored too.
    pub assignments: bool,
    /// The names of families, once they were read: for a preview, which looks at one moment. Absent, they are read anew.
    pub remembered: Option<Mutex<HashMap<Family, Vec<NamedPolicy>>>>,
}

impl Planner<'_> {
    /// The plan of one policy. What cannot be looked at is blocked with the reason.
    pub async fn plan(&self, item: &BackupItem) -> Planned {
        match self.look(item).await {
            Ok(planned) => planned,
            Err(error) => {
                let failure = error.failure(None);
                Planned::blocked(failure.code, failure.message, Vec::new())
            }
        }
    }

    async fn look(&self, item: &BackupItem) -> Result<Planned, GraphError> {
        let Some(family) = policy_family(&item.key.family) else {
            return Ok(Planned::blocked(ReasonCode::InvalidPayload, "This family cannot be restored.", Vec::new()));
        };
        if content_hash(&item.raw) != item.content_hash {
            let message =
                "The backup of this policy does not fit its hash: it was changed or damaged after it was made.";
            return Ok(Planned::blocked(ReasonCode::InvalidPayload, message, Vec::new()));
        }
        if let Some(reason) = unwritable(family, &item.raw) {
            return Ok(Planned::blocked(ReasonCode::InvalidPayload, reason, Vec::new()));
        }
        let groups = match self.assignments || family == Family::ConditionalAccessPolicies {
            true => self.groups.matches(self.client, named_groups(&item.raw), &item.group_names).await?,
            false => Vec::new(),
        };
        if let Some(message) = unmatched(&groups) {
            return Ok(Planned::blocked(ReasonCode::DependencyMissing, message, groups));
        }
        let wanted = mapped(&item.raw, &groups);
        if self.assignments
            && let Some(filter) = self.missing_filter(&wanted).await?
        {
            let message = format!("It is assigned with the filter {filter}, which is not in this tenant.");
            return Ok(Planned::blocked(ReasonCode::DependencyMissing, message, groups));
        }
        let live = match self.live(family, item).await? {
            Ok(live) => live,
            Err(number) => {
                let message = format!(
                    "{number} policies of this tenant have its name and type, so it is not clear which is meant."
                );
                return Ok(Planned::blocked(ReasonCode::Conflict, message, groups));
            }
        };
        let Some(live) = live else {
            let (plan, changes) = (RestorePlan::Create, Vec::new());
            return Ok(Planned { plan, changes, groups, target_id: None, target_hash: None, blocked: None, wanted });
        };
        let changes = self.changes(&live.body, &wanted);
        let plan = if changes.is_empty() { RestorePlan::Unchanged } else { RestorePlan::Update };
        let target_hash = Some(state_of(&live.body));
        Ok(Planned { plan, changes, groups, target_id: Some(live.identity.id), target_hash, blocked: None, wanted })
    }

    /// The policy as it is here: by its id, else by its name and type. More than one of the name is their number.
    async fn live(&self, family: Family, item: &BackupItem) -> Result<Result<Option<Item>, usize>, GraphError> {
        match self.client.capture(family, &item.key.graph_id).await {
            Ok(live) => return Ok(Ok(Some(live))),
            Err(error) if error.reason == ReasonCode::NotFound => {}
            Err(error) => return Err(error),
        }
        let same = self.named(family, &item.raw).await?;
        match same.as_slice() {
            [] => Ok(Ok(None)),
            [id] => self.client.capture(family, id).await.map(|live| Ok(Some(live))),
            many => Ok(Err(many.len())),
        }
    }

    /// The ids of the policies here that have the name and type of a body.
    pub async fn named(&self, family: Family, raw: &Value) -> Result<Vec<String>, GraphError> {
        let wanted = NamedPolicy::read(raw)?;
        let ids = |named: &[NamedPolicy]| {
            named.iter().filter(|one| one.is_same(&wanted)).map(|one| one.identity.id.clone()).collect()
        };
        let Some(remembered) = &self.remembered else { return Ok(ids(&self.client.named_policies(family).await?)) };
        let mut remembered = remembered.lock().await;
        if let Some(known) = remembered.get(&family) {
            return Ok(ids(known));
        }
        let read = self.client.named_policies(family).await?;
        Ok(ids(remembered.entry(family).or_insert(read)))
    }

    fn changes(&self, live: &Value, wanted: &Value) -> Vec<Change> {
        let mut changes = compare(&comparable(live), &comparable(wanted));
        let (now, then) = (targets(live), targets(wanted));
        if self.assignments && now != then {
            let shown = |list: Value| Some(list).filter(|list| *list != json!([]));
            changes.push(Change { path: "assignments".to_owned(), before: shown(now), after: shown(then) });
        }
        changes
    }

    async fn missing_filter(&self, wanted: &Value) -> Result<Option<String>, GraphError> {
        const NONE: &str = "00000000-0000-0000-0000-000000000000";
        let assignments = wanted.get("assignments").and_then(Value::as_array).into_iter().flatten();
        for filter in assignments
            .filter_map(|one| one.pointer("/target/deviceAndAppManagementAssignmentFilterId")?.as_str())
            .filter(|id| !id.is_empty() && *id != NONE)
        {
            match self.client.capture(Family::AssignmentFilters, filter).await {
                Ok(_) => {}
                Err(error) if error.reason == ReasonCode::NotFound => return Ok(Some(filter.to_owned())),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

/// What the groups that are not clear mean for the policy; none when all are.
fn unmatched(groups: &[GroupMatch]) -> Option<String> {
    let open: Vec<String> = groups
        .iter()
        .filter(|group| group.here.is_none())
        .map(|group| {
            let name = group.name.as_deref().map_or(group.id.clone(), |name| format!("{name} ({})", group.id));
            match group.by.as_str() {
                "ambiguous" => format!("{name}, of which there are several"),
                _ => name,
            }
        })
        .collect();
    (!open.is_empty()).then(|| {
        format!("It names groups that are not in this tenant: {}. Choose what they are here.", open.join("; "))
    })
}

/// The normal form, with the values of administrative templates in the order of their definitions.
fn comparable(body: &Value) -> Value {
    let mut normal = normalize(body);
    if let Some(Value::Array(values)) = normal.get_mut("definitionValues") {
        values.sort_by_cached_key(|value| value.get("definition").map(Value::to_string));
    }
    normal
}

/// What a policy is now, assignments included, in one word.
fn state_of(body: &Value) -> String {
    hash_of_normal(&json!([comparable(body), targets(body)]))
}

/// To whom a policy is assigned: the targets alone, without what Graph notes of each assignment.
fn targets(body: &Value) -> Value {
    let mut targets: Vec<Value> =
        Assignments::of(body).as_json().as_array().into_iter().flatten().map(|one| normalize(&one["target"])).collect();
    targets.sort_by_cached_key(Value::to_string);
    targets.into()
}
