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

    /// Whether a run can be repeated for only what failed in it.
    pub const fn retries_failed_items(self) -> bool {
        matches!(self, Self::InventorySync | Self::PolicySync | Self::BackupSetAddPolicies)
    }

    /// Whether its work may be begun again by another worker when the first one is lost in the midst of it.
    pub const fn repeatable(self) -> bool {
        // A restore writes to the tenant: what was under way when the worker disappeared needs a person's eye.
        !matches!(self, Self::RestoreExecute)
    }

    /// Whether its runs only show work that another module does and keeps the truth of: they have no task and no worker of
    /// the ledger's, and whoever looks after lost runs leaves them alone.
    pub const fn is_shadow(self) -> bool {
        matches!(self, Self::RestoreExecute)
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
