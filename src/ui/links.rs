//! Where what a run worked on can be seen.

use serde_json::Value;

use crate::model::operation::OperationType;

/// A place in a tenant, with the words of its link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Within the tenant, without a slash at its start.
    pub path: String,
    pub words: &'static str,
}

/// The key of an id in the context, and the words of the link to what it names.
type Thing = (&'static str, &'static str);

/// The places that a type of operation fills: the area's page, and the one thing that the context names by its id.
const PLACES: [(OperationType, &str, &str, Option<Thing>); 6] = [
    (OperationType::InventorySync, "inventory", "Inventory", None),
    (OperationType::PolicySync, "policies", "Policies", None),
    (OperationType::DirectoryGroupsSync, "groups", "Groups", None),
    (OperationType::DriftGenerate, "drift", "Drift findings", None),
    (OperationType::BackupSetAddPolicies, "backups", "Backup sets", Some(("backup_set_id", "Backup set"))),
    (OperationType::RestoreExecute, "restores", "Restores", Some(("restore_run_id", "Restore"))),
];

/// The places of a run among the areas that there are.
pub fn places(operation: OperationType, context: &Value, areas: &[&str]) -> Vec<Place> {
    let known = PLACES.iter().filter(|(of, area, ..)| *of == operation && areas.contains(area));
    known
        .flat_map(|(_, area, words, thing)| {
            let thing = thing.and_then(|(key, words)| {
                let id = context.pointer(&format!("/inputs/{key}")).or_else(|| context.get(key))?.as_str()?;
                // Only an id: what a context says is never taken for an address.
                let id = id.parse::<uuid::Uuid>().ok()?;
                Some(Place { path: format!("{area}/{id}"), words })
            });
            thing.into_iter().chain([Place { path: (*area).to_owned(), words }])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_leads_to_its_area_when_there_is_one() {
        let paths = |operation, areas: &[&str]| -> Vec<String> {
            places(operation, &json!({}), areas).into_iter().map(|place| place.path).collect()
        };
        assert_eq!(paths(OperationType::InventorySync, &["operations", "inventory"]), ["inventory"]);
        assert!(paths(OperationType::InventorySync, &["operations"]).is_empty());
    }

    #[test]
    fn a_run_leads_to_the_thing_that_it_worked_on() {
        let id = "0199a0c0-0000-7000-8000-000000000001";
        let found =
            places(OperationType::BackupSetAddPolicies, &json!({"inputs": {"backup_set_id": id}}), &["backups"]);
        assert_eq!(found[0], Place { path: format!("backups/{id}"), words: "Backup set" });
        let odd = json!({"inputs": {"backup_set_id": "../../login"}});
        assert_eq!(places(OperationType::BackupSetAddPolicies, &odd, &["backups"]).len(), 1);
    }
}
