//! Who somebody is in a tenant and what they may do there.

use serde::{Deserialize, Serialize};

use crate::{
    model::ids::{TenantId, UserId},
    text_enum,
};

text_enum! {
    /// What a user is in one tenant.
    Role, "role" {
        Owner = "owner",
        Manager = "manager",
        Operator = "operator",
        Readonly = "readonly",
    }
}

/// What one can do to a tenant, as far as roles tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See runs and everything they left.
    View,
    /// Start operations that read from the tenant; cancel runs and run them again.
    StartOperation,
    /// Accept and ignore drift findings.
    TriageDrift,
    /// Make backup sets and add to them.
    MakeBackup,
    /// Remove what was kept: backup sets.
    DeleteBackup,
    /// Say when operations start by themselves.
    ManageSchedules,
    /// Prepare a restore and look at what it would do.
    PreviewRestore,
    /// Let a restore write to the tenant.
    ExecuteRestore,
    /// Say where the tenant's notifications go.
    ManageDestinations,
}

impl Role {
    pub const fn can(self, action: Action) -> bool {
        match action {
            Action::View => true,
            Action::StartOperation | Action::TriageDrift | Action::MakeBackup | Action::PreviewRestore => {
                !matches!(self, Self::Readonly)
            }
            Action::DeleteBackup | Action::ManageSchedules | Action::ExecuteRestore | Action::ManageDestinations => {
                matches!(self, Self::Owner | Self::Manager)
            }
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Manager => "Manager",
            Self::Operator => "Operator",
            Self::Readonly => "Read-only",
        }
    }
}

/// A tenant as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSummary {
    pub id: TenantId,
    /// The name in URLs.
    pub slug: String,
    pub name: String,
    /// What the signed-in user is in it.
    pub role: Role,
}

/// The signed-in user with the tenants they belong to, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub tenants: Vec<TenantSummary>,
}

impl Viewer {
    pub fn tenant(&self, slug: &str) -> Option<&TenantSummary> {
        self.tenants.iter().find(|tenant| tenant.slug == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readonly_member_sees_and_starts_nothing() {
        assert!(Role::Readonly.can(Action::View));
        assert!(!Role::Readonly.can(Action::StartOperation));
        assert!(Role::Operator.can(Action::StartOperation));
    }

    #[test]
    fn an_operator_prepares_what_a_manager_executes() {
        assert!(Role::Operator.can(Action::PreviewRestore));
        assert!(!Role::Operator.can(Action::ExecuteRestore));
        assert!(Role::Manager.can(Action::ExecuteRestore) && Role::Owner.can(Action::ExecuteRestore));
    }
}
