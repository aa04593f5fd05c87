//! SQL of `users` and `memberships`.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::{Db, DbResult, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::{TenantId, UserId},
    run::Initiator,
    user::{Role, TenantSummary},
};

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct UserRow {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: String,
    pub created_at: DateTime<Utc>,
}

/// A user's membership of a tenant: the proof that they may touch it, within their role.
#[derive(Debug, Clone)]
pub struct Membership {
    scope: TenantScope,
    user_id: UserId,
    user_name: String,
    role: Role,
    address: Option<IpAddr>,
}

impl Membership {
    pub const fn scope(&self) -> TenantScope {
        self.scope
    }

    pub const fn user_id(&self) -> UserId {
        self.user_id
    }

    pub fn user_name(&self) -> &str {
        &self.user_name
    }

    pub const fn role(&self) -> Role {
        self.role
    }

    /// The member as they came with a request, over a connection from this address.
    #[must_use]
    pub fn coming_from(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// Where the connection of their request came from; none outside of a request.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The member as the one who asks for a run.
    pub fn initiator(&self) -> Initiator {
        Initiator { user_id: Some(self.user_id), name: self.user_name.clone() }
    }
}

/// Writes a user; one with the same e-mail address keeps the id, takes the new name and password and is signed out
/// everywhere.
pub async fn upsert_user(db: &Db, user: &UserRow) -> DbResult<UserId> {
    let mut tx = db.begin().await?;
    let (id,): (UserId,) = tx_sql!(
        &mut tx,
        fetch_one(
            "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (email) DO UPDATE SET name = excluded.name, password_hash = excluded.password_hash RETURNING id",
            user.id,
            &user.email,
            &user.name,
            &user.password_hash,
            user.created_at
        )
    )?;
    tx_sql!(&mut tx, execute("DELETE FROM sessions WHERE user_id = $1", id))?;
    tx.commit().await?;
    Ok(id)
}

pub async fn user_by_email(db: &Db, email: &str) -> DbResult<Option<UserRow>> {
    db_sql!(db, fetch_optional("SELECT id, email, name, password_hash, created_at FROM users WHERE email = $1", email))
}

/// Gives a user a role in a tenant, in place of the one they had.
pub async fn grant(db: &Db, user: UserId, tenant: TenantId, role: Role, at: DateTime<Utc>) -> DbResult<()> {
    let mut tx = db.begin().await?;
    tx_sql!(
        &mut tx,
        execute(
            "INSERT INTO memberships (user_id, tenant_id, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (user_id, tenant_id) DO UPDATE SET role = excluded.role",
            user,
            tenant,
            role,
            at
        )
    )?;
    tx.commit().await
}

/// The user's membership of the tenant with this slug; none when the tenant does not exist or is not theirs.
pub async fn find(db: &Db, user: UserId, slug: &str) -> DbResult<Option<Membership>> {
    let row: Option<(TenantId, Role, String)> = db_sql!(
        db,
        fetch_optional(
            "SELECT t.id, m.role, u.name FROM memberships m JOIN tenants t ON t.id = m.tenant_id \
             JOIN users u ON u.id = m.user_id WHERE m.user_id = $1 AND t.slug = $2",
            user,
            slug
        )
    )?;
    Ok(row.map(|(tenant, role, user_name)| Membership {
        scope: TenantScope::proven(tenant),
        user_id: user,
        user_name,
        role,
        address: None,
    }))
}

/// The tenants of a user, by name.
pub async fn tenants_of(db: &Db, user: UserId) -> DbResult<Vec<TenantSummary>> {
    let rows: Vec<(TenantId, String, String, Role)> = db_sql!(
        db,
        fetch_all(
            "SELECT t.id, t.slug, t.name, m.role FROM memberships m JOIN tenants t ON t.id = m.tenant_id \
             WHERE m.user_id = $1 ORDER BY t.name, t.id",
            user
        )
    )?;
    Ok(rows.into_iter().map(|(id, slug, name, role)| TenantSummary { id, slug, name, role }).collect())
}
