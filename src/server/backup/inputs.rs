//! The inputs of a run that adds policies to a set, in the one form that its identity is made of.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    error::AppError,
    model::{
        backup::{MOST_ADDED, PolicyKey},
        ids::BackupSetId,
    },
    server::graph::{Family, POLICY_FAMILIES},
};

/// Which policies go into which set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddInputs {
    pub backup_set_id: BackupSetId,
    pub policies: Vec<PolicyKey>,
}

impl AddInputs {
    /// Reads what somebody asks for: each policy once, sorted, of a family that is backed up.
    pub fn parse(inputs: &Value) -> Result<Self, AppError> {
        let parsed = serde_json::from_value::<Self>(inputs.clone()).map_err(|_| {
            AppError::invalid(
                "Adding to a backup set takes {\"backup_set_id\", \"policies\": [{\"family\", \"graph_id\"}]}.",
            )
        })?;
        parsed.checked()
    }

    /// The same choice in its one form, or why it cannot be done.
    pub fn checked(mut self) -> Result<Self, AppError> {
        if let Some(other) = self.policies.iter().find(|key| policy_family(&key.family).is_none()) {
            let family: String = other.family.chars().take(40).collect();
            return Err(AppError::invalid(format!("\"{family}\" is no family of policies that can be backed up.")));
        }
        if self.policies.iter().any(|key| key.graph_id.len() > 200 || key.graph_id.chars().any(char::is_control)) {
            return Err(AppError::invalid("One of the policies has an id that Microsoft Graph never gives."));
        }
        self.policies.sort();
        self.policies.dedup();
        match self.policies.len() {
            0 => Err(AppError::invalid("Choose at least one policy.")),
            1..=MOST_ADDED => Ok(self),
            _ => Err(AppError::invalid("At most 5,000 policies can be added at once. Add them family by family.")),
        }
    }

    pub fn to_value(&self) -> Value {
        json!({ "backup_set_id": self.backup_set_id, "policies": self.policies })
    }
}

/// The family of policies with this word.
pub fn policy_family(word: &str) -> Option<Family> {
    POLICY_FAMILIES.into_iter().find(|family| family.as_str() == word)
}

/// Its name on screen; the word itself for one that is not known any more.
pub fn family_label(word: &str) -> String {
    policy_family(word).map_or_else(|| word.to_owned(), |family| family.label().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(policies: Value) -> Result<AddInputs, AppError> {
        AddInputs::parse(&json!({ "backup_set_id": uuid::Uuid::nil(), "policies": policies }))
    }

    #[test]
    fn the_same_choice_is_the_same_work_whatever_its_order() {
        let (a, b) = (
            json!({"family": "device_configurations", "graph_id": "2"}),
            json!({"family": "conditional_access_policies", "graph_id": "1"}),
        );
        assert_eq!(asked(json!([a, b, a])), asked(json!([b, a])));
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(asked(json!([])).is_err());
        assert!(asked(json!([{"family": "mobile_apps", "graph_id": "1"}])).is_err());
        assert!(asked(json!([{"family": "device_configurations", "graph_id": "a\nb"}])).is_err());
        assert!(AddInputs::parse(&json!({})).is_err());
        let many: Vec<_> =
            (0..=MOST_ADDED).map(|n| json!({"family": "device_configurations", "graph_id": n.to_string()})).collect();
        assert!(asked(json!(many)).is_err());
    }
}
