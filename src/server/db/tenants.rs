//! SQL of `tenants`.

use chrono::{DateTime, Utc};

use super::{Db, DbResult, db_sql, scope::TenantScope, tx_sql};
use crate::model::ids::TenantId;

/// A tenant with its connection to Microsoft Graph; the secret is encrypted.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TenantRow {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub directory_id: String,
    pub client_id: String,
    pub client_secret: Vec<u8>,
    pub graph_url: String,
    pub authority: String,
    pub created_at: DateTime<Utc>,
}

impl TenantRow {
    /// For the person at the server's command line, who chose this tenant.
    pub const fn scope(&self) -> TenantScope {
        TenantScope::proven(self.id)
    }
}

/// Writes a tenant; one with the same slug keeps its id and takes the new settings.
pub async fn upsert(db: &Db, tenant: &TenantRow) -> DbResult<TenantId> {
    let mut tx = db.begin().await?;
    let (id,): (TenantId,) = tx_sql!(
        &mut tx,
        fetch_one(
            "INSERT INTO tenants (id, slug, name, directory_id, client_id, client_secret, graph_url, authority, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (slug) DO UPDATE SET name = excluded.name, \
             directory_id = excluded.directory_id, client_id = excluded.client_id, client_secret = excluded.client_secret, \
             graph_url = excluded.graph_url, authority = excluded.authority RETURNING id",
            tenant.id,
            &tenant.slug,
            &tenant.name,
            &tenant.directory_id,
            &tenant.client_id,
            &tenant.client_secret,
            &tenant.graph_url,
            &tenant.authority,
            tenant.created_at
        )
    )?;
    tx.commit().await?;
    Ok(id)
}

pub async fn by_slug(db: &Db, slug: &str) -> DbResult<Option<TenantRow>> {
    db_sql!(
        db,
        fetch_optional(
            "SELECT id, slug, name, directory_id, client_id, client_secret, graph_url, authority, created_at \
             FROM tenants WHERE slug = $1",
            slug
        )
    )
}

/// The tenant that the scope is for.
pub async fn find(db: &Db, scope: TenantScope) -> DbResult<Option<TenantRow>> {
    db_sql!(
        db,
        fetch_optional(
            "SELECT id, slug, name, directory_id, client_id, client_secret, graph_url, authority, created_at \
             FROM tenants WHERE id = $1",
            scope.tenant()
        )
    )
}
