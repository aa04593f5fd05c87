//! The registry of operation types: the one list of what can be on the ledger.

use crate::text_enum;

text_enum! {
    /// What kind of work a run does.
    OperationType, "operation type" {
        InventorySync = "inventory.sync",
        PolicySync = "policy.sync",
        DirectoryGroupsSync = "directory_groups.sync",
        DriftGenerate = "drift.generate",
        BackupSetAddPolicies = "backup_set.add_policies",
        RestoreExecute = "restore.execute",
    }
}

impl OperationType {
    /// How people call it, as a noun.
    pub const fn label(self) -> &'static str {
        match self {
            Self::InventorySync => "Inventory sync",
            Self::PolicySync => "Policy sync",
            Self::DirectoryGroupsSync => "Directory group sync",
            Self::DriftGenerate => "Drift generation",
            Self::BackupSetAddPolicies => "Backup: add policies",
            Self::RestoreExecute => "Restore",
        }
    }

    /// What its button says: a verb and its object.
    pub const fn action(self) -> &'static str {
        match self {
            Self::InventorySync => "Sync inventory",
            Self::PolicySync => "Sync policies",
            Self::DirectoryGroupsSync => "Sync groups",
            Self::DriftGenerate => "Generate drift",
            Self::BackupSetAddPolicies => "Add to backup set",
            Self::RestoreExecute => "Restore",
        }
    }
}
