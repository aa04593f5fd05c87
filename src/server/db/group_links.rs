//! SQL of `directory_group_links`: where the next sync of a tenant's groups goes on. The links are sealed.

use chrono::{DateTime, Utc};

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::ids::RunId;

/// Where the last finished sync has ended, and where it had begun; sealed.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredLink {
    pub link: Option<Vec<u8>>,
    pub former: Option<Vec<u8>>,
    pub run_id: RunId,
}

pub async fn find(db: &Db, scope: TenantScope) -> DbResult<Option<StoredLink>> {
    db_sql!(
        db,
        fetch_optional("SELECT link, former, run_id FROM directory_group_links WHERE tenant_id = $1", scope.tenant())
    )
}

/// Keeps a new link with the one that the run had begun from; without a link the next sync reads everything.
pub async fn store(tx: &mut Tx, scope: TenantScope, stored: &StoredLink, at: DateTime<Utc>) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO directory_group_links (tenant_id, link, former, run_id, stored_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant_id) DO UPDATE SET link = excluded.link, former = excluded.former, \
             run_id = excluded.run_id, stored_at = excluded.stored_at",
            scope.tenant(),
            &stored.link,
            &stored.former,
            stored.run_id,
            at
        )
    )?;
    Ok(())
}
