//! Reads one policy whole, as a backup keeps it: with its assignments and everything that lists leave out.

use serde_json::{Map, Value};

use super::{
    ApiVersion, Family, GraphClient, GraphError, Item, ItemIdentity,
    details::{self, PROTECTION_LISTS},
    expanded,
};

/// The families of policies: what can be backed up and restored.
pub const POLICY_FAMILIES: [Family; 7] = [
    Family::ConfigurationPolicies,
    Family::DeviceConfigurations,
    Family::DeviceCompliancePolicies,
    Family::GroupPolicyConfigurations,
    Family::DeviceManagementScripts,
    Family::ManagedAppPolicies,
    Family::ConditionalAccessPolicies,
];

impl Family {
    /// Where a policy of this type is read and written: its own collection, for app protection that of its type.
    /// `odata_type` may have its prefix or not. None for a type that has no collection of its own.
    pub fn collection_of(self, odata_type: Option<&str>) -> Option<String> {
        match self {
            Self::ManagedAppPolicies => {
                let name = odata_type?.trim_start_matches("#microsoft.graph.");
                let (_, list) = PROTECTION_LISTS.iter().find(|(known, _)| *known == name)?;
                Some(format!("deviceAppManagement/{list}"))
            }
            _ => Some(self.path().to_owned()),
        }
    }
}

impl GraphClient {
    /// One policy by its id, complete: assignments, settings (as many as it says), actions for noncompliance,
    /// definition and presentation values, script content.
    pub async fn capture(&self, family: Family, id: &str) -> Result<Item, GraphError> {
        let query = match family {
            Family::ConfigurationPolicies => Some("$expand=assignments,settings"),
            Family::DeviceCompliancePolicies => {
                Some("$expand=assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)")
            }
            _ => family.expands_assignments().then_some("$expand=assignments"),
        };
        let body = self.read(family.version(), family.path(), &[id], query).await?;
        let identity = ItemIdentity::read(&body)?;
        let mut item = [Ok(Item { identity, body })];
        expanded::complete(self, family.version(), &mut item, family == Family::ConfigurationPolicies).await;
        // A single script comes with its text.
        if family != Family::DeviceManagementScripts {
            details::complete(self, family, &mut item).await;
        }
        let [item] = item;
        let item = item.map_err(|failed| failed.error)?;
        match is_storable(&item.body) {
            true => Ok(item),
            false => Err(GraphError::incomplete("It holds a null character, which cannot be kept.")),
        }
    }

    /// The display name of a group.
    pub async fn group_name(&self, id: &str) -> Result<String, GraphError> {
        let group = self.read(ApiVersion::V1, "groups", &[id], Some("$select=id,displayName")).await?;
        Ok(ItemIdentity::read(&group)?.name)
    }
}

/// The groups that a policy names: whom it is assigned to, and whom Conditional Access includes and excludes.
/// Each once, sorted.
pub fn named_groups(body: &Value) -> Vec<String> {
    let assigned = body.get("assignments").and_then(Value::as_array).into_iter().flatten();
    let targets = assigned.filter_map(|one| one.pointer("/target/groupId")?.as_str());
    let users = body.pointer("/conditions/users").and_then(Value::as_object);
    let listed = |name: &'static str| {
        users.and_then(|users: &Map<String, Value>| users.get(name)?.as_array()).into_iter().flatten()
    };
    let conditions = listed("includeGroups").chain(listed("excludeGroups")).filter_map(Value::as_str);
    let mut groups: Vec<String> = targets.chain(conditions).map(str::to_owned).collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Whether both engines can keep it: PostgreSQL knows no null character in JSON.
pub fn is_storable(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Array(values) => values.iter().all(is_storable),
        Value::Object(fields) => fields.iter().all(|(name, value)| !name.contains('\0') && is_storable(value)),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_named_by_assignments_and_by_conditions() {
        let assigned = json!({"assignments": [
            {"target": {"groupId": "b"}}, {"target": {"groupId": "a"}}, {"target": {}}, {"target": {"groupId": "b"}},
        ]});
        assert_eq!(named_groups(&assigned), ["a", "b"]);
        let access = json!({"conditions": {"users": {"includeGroups": ["x"], "excludeGroups": ["y"]}}});
        assert_eq!(named_groups(&access), ["x", "y"]);
        assert!(named_groups(&json!({})).is_empty());
    }

    #[test]
    fn app_protection_has_a_collection_for_each_type() {
        let of = |kind| Family::ManagedAppPolicies.collection_of(kind);
        let ios = Some("deviceAppManagement/iosManagedAppProtections".to_owned());
        assert_eq!(of(Some("#microsoft.graph.iosManagedAppProtection")), ios);
        assert_eq!(of(Some("iosManagedAppProtection")), ios);
        assert_eq!(of(Some("unicornProtection")), None);
        assert_eq!(Family::Intents.collection_of(None), Some("deviceManagement/intents".to_owned()));
    }

    #[test]
    fn a_null_character_is_found_wherever_it_is() {
        assert!(!is_storable(&json!({"a": [{"b": "x\u{0}"}]})));
        assert!(is_storable(&json!({"a": "\\u0000"})));
    }
}
