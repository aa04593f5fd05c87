//! Reads one policy whole, as a backup keeps it: with its assignments and everything that lists leave out.

use serde_json::{Map, Value};

use super::{ApiVersion, Family, GraphClient, GraphError, Item, ItemIdentity, expanded, page::parts};

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

/// The collections of the concrete app protection types: only there do they have their assignments.
const PROTECTIONS: [(&str, &str); 6] = [
    ("iosManagedAppProtection", "deviceAppManagement/iosManagedAppProtections"),
    ("androidManagedAppProtection", "deviceAppManagement/androidManagedAppProtections"),
    ("windowsManagedAppProtection", "deviceAppManagement/windowsManagedAppProtections"),
    ("mdmWindowsInformationProtectionPolicy", "deviceAppManagement/mdmWindowsInformationProtectionPolicies"),
    ("windowsInformationProtectionPolicy", "deviceAppManagement/windowsInformationProtectionPolicies"),
    ("targetedManagedAppConfiguration", "deviceAppManagement/targetedManagedAppConfigurations"),
];

impl Family {
    /// Where a policy of this type is read and written: its own collection, for app protection that of its type.
    /// `odata_type` may have its prefix or not. None for a type that has no collection of its own.
    pub fn collection_of(self, odata_type: Option<&str>) -> Option<&'static str> {
        match self {
            Self::ManagedAppPolicies => {
                let name = odata_type?.trim_start_matches("#microsoft.graph.");
                PROTECTIONS.iter().find(|(known, _)| *known == name).map(|(_, path)| *path)
            }
            _ => Some(self.path()),
        }
    }
}

impl GraphClient {
    /// One policy by its id, complete: assignments, settings (as many as it says), actions for noncompliance,
    /// definition and presentation values, script content.
    pub async fn capture(&self, family: Family, id: &str) -> Result<Item, GraphError> {
        let (version, path) = (family.version(), family.path());
        let mut body = match family {
            Family::ConfigurationPolicies => {
                self.read(version, path, &[id], Some("$expand=assignments,settings")).await?
            }
            Family::DeviceCompliancePolicies => {
                let query = "$expand=assignments,scheduledActionsForRule($expand=scheduledActionConfigurations)";
                self.read(version, path, &[id], Some(query)).await?
            }
            Family::ManagedAppPolicies => {
                let plain = self.read(version, path, &[id], None).await?;
                match family.collection_of(ItemIdentity::read(&plain)?.odata_type.as_deref()) {
                    Some(path) => self.read(version, path, &[id], Some("$expand=assignments")).await?,
                    None => plain,
                }
            }
            _ => self.read(version, path, &[id], family.expands_assignments().then_some("$expand=assignments")).await?,
        };
        let identity = ItemIdentity::read(&body)?;
        if family == Family::GroupPolicyConfigurations {
            let values = self.definition_values(id).await?;
            put(&mut body, "definitionValues", Value::Array(values));
        }
        expanded::complete(self, &mut body, family == Family::ConfigurationPolicies).await?;
        if !is_storable(&body) {
            return Err(GraphError::incomplete("It holds a null character, which cannot be kept."));
        }
        Ok(Item { identity, body })
    }

    /// The display name of a group.
    pub async fn group_name(&self, id: &str) -> Result<String, GraphError> {
        let group = self.read(ApiVersion::V1, "groups", &[id], Some("$select=id,displayName")).await?;
        Ok(ItemIdentity::read(&group)?.name)
    }

    async fn definition_values(&self, id: &str) -> Result<Vec<Value>, GraphError> {
        let family = Family::GroupPolicyConfigurations;
        let below = [id, "definitionValues"];
        let mut values = self.read_list(family.version(), family.path(), &below, "$expand=definition").await?;
        for value in &mut values {
            let value_id = ItemIdentity::read(value)?.id;
            let below = [id, "definitionValues", &value_id, "presentationValues"];
            let presented = self.read_list(family.version(), family.path(), &below, "$expand=presentation").await?;
            put(value, "presentationValues", Value::Array(presented));
        }
        Ok(values)
    }

    /// A list that belongs to one object: short enough to be read whole.
    async fn read_list(
        &self,
        version: ApiVersion,
        path: &str,
        below: &[&str],
        query: &str,
    ) -> Result<Vec<Value>, GraphError> {
        let (mut values, mut next) = parts(self.read(version, path, below, Some(query)).await?)?;
        let mut seen = std::collections::HashSet::new();
        while let Some(url) = next {
            if !seen.insert(url.clone()) {
                return Err(GraphError::incomplete("A list inside the policy does not come to an end."));
            }
            let (more, following) = parts(self.get(&url).await?)?;
            values.extend(more);
            next = following;
        }
        Ok(values)
    }
}

fn put(object: &mut Value, property: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(property.to_owned(), value);
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
        let ios = Some("deviceAppManagement/iosManagedAppProtections");
        assert_eq!(of(Some("#microsoft.graph.iosManagedAppProtection")), ios);
        assert_eq!(of(Some("iosManagedAppProtection")), ios);
        assert_eq!(of(Some("unicornProtection")), None);
        assert_eq!(Family::Intents.collection_of(None), Some("deviceManagement/intents"));
    }

    #[test]
    fn a_null_character_is_found_wherever_it_is() {
        assert!(!is_storable(&json!({"a": [{"b": "x\u{0}"}]})));
        assert!(is_storable(&json!({"a": "\\u0000"})));
    }
}
