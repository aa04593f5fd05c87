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
    /// Start operations that read from the tenant.
    StartOperation,
}

impl Role {
    pub const fn can(self, action: Action) -> bool {
        match action {
            Action::View => true,
            Action::StartOperation => !matches!(self, Self::Readonly),
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
}
