//! SQL of the people whom the operations page can be filtered for.

use super::{Db, DbResult, db_sql, scope::TenantScope};
use crate::model::{ids::UserId, page::Person};

pub const MEMBERS: &str = "SELECT u.id, u.name FROM memberships m JOIN users u ON u.id = m.user_id \
    WHERE m.tenant_id = $1 ORDER BY u.name, u.id";
pub const INITIATOR: &str =
    "SELECT initiator_name FROM operation_runs WHERE tenant_id = $1 AND initiator_user_id = $2 LIMIT 1";

/// The members of the tenant, by name.
pub async fn members(db: &Db, scope: TenantScope) -> DbResult<Vec<Person>> {
    let rows: Vec<(UserId, String)> = db_sql!(db, fetch_all(MEMBERS, scope.tenant()))?;
    Ok(rows.into_iter().map(|(id, name)| Person { id, name, member: true }).collect())
}

/// Those of these users who have a run in the tenant, with the name on one of their runs. What is no user of the
/// tenant's runs stays unknown: an address must not tell the names of strangers.
pub async fn initiators(db: &Db, scope: TenantScope, users: &[UserId]) -> DbResult<Vec<Person>> {
    let mut people = Vec::new();
    for user in users {
        let name: Option<(String,)> = db_sql!(db, fetch_optional(INITIATOR, scope.tenant(), user))?;
        people.extend(name.map(|(name,)| Person { id: *user, name, member: false }));
    }
    Ok(people)
}
