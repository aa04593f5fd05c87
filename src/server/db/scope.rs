//! The proof that a query may touch a tenant. Only a row that shows it makes one: a membership, a claimed run,
//! or the choice of the person at the server's own command line.

use crate::model::ids::TenantId;

/// May touch this tenant. Every statement on a tenant's rows takes one and binds its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TenantScope(TenantId);

impl TenantScope {
    /// Called by the queries of this module's siblings, which have the row that proves it.
    pub(super) const fn proven(tenant: TenantId) -> Self {
        Self(tenant)
    }

    pub const fn tenant(self) -> TenantId {
        self.0
    }
}
