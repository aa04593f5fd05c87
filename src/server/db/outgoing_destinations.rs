//! SQL of `outgoing_destinations`.

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::{DeliveryId, DestinationId, TenantId},
    outgoing::{Destination, DestinationKind, OutgoingKind},
};

/// A destination with what only the server may read: address and secret are sealed.
#[derive(Debug, Clone)]
pub struct NewDestination {
    pub shown: Destination,
    pub address: Vec<u8>,
    pub secret: Option<Vec<u8>>,
}

pub async fn insert(tx: &mut Tx, scope: TenantScope, new: &NewDestination) -> DbResult<()> {
    let shown = &new.shown;
    tx_sql!(
        tx,
        execute(
            "INSERT INTO outgoing_destinations (id, tenant_id, kind, name, address, shown_address, secret, on_failed, \
             on_partial, on_late, enabled, created_at, created_by_name) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            shown.id,
            scope.tenant(),
            shown.kind,
            &shown.name,
            &new.address,
            &shown.shown_address,
            new.secret.as_deref(),
            shown.on_failed,
            shown.on_partial,
            shown.on_late,
            shown.enabled,
            shown.created_at,
            &shown.created_by_name
        )
    )?;
    Ok(())
}

/// What is changed of a destination; without a new address it keeps its own.
#[derive(Debug, Clone, Copy)]
pub struct EditedDestination<'a> {
    pub name: &'a str,
    /// Sealed, and what people see of it.
    pub address: Option<(&'a [u8], &'a str)>,
    pub on_failed: bool,
    pub on_partial: bool,
    pub on_late: bool,
}

/// Changes a destination. False when the tenant has none of this id.
pub async fn edit(
    tx: &mut Tx,
    scope: TenantScope,
    id: DestinationId,
    edited: &EditedDestination<'_>,
) -> DbResult<bool> {
    const SQL: &str = "UPDATE outgoing_destinations SET name = $3, address = COALESCE($4, address), \
        shown_address = COALESCE($5, shown_address), on_failed = $6, on_partial = $7, on_late = $8 \
        WHERE tenant_id = $1 AND id = $2";
    let (address, shown) = edited.address.unzip();
    let EditedDestination { name, on_failed, on_partial, on_late, .. } = *edited;
    let changed = tx_sql!(tx, execute(SQL, scope.tenant(), id, name, address, shown, on_failed, on_partial, on_late))?;
    Ok(changed == 1)
}

/// What kind of destination it is.
pub async fn kind(tx: &mut Tx, scope: TenantScope, id: DestinationId) -> DbResult<Option<DestinationKind>> {
    const SQL: &str = "SELECT kind FROM outgoing_destinations WHERE tenant_id = $1 AND id = $2";
    let row: Option<(DestinationKind,)> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(|(kind,)| kind))
}

/// Whether the destination of a delivery is on; none when the tenant has no such delivery.
pub async fn takes(tx: &mut Tx, scope: TenantScope, delivery: DeliveryId) -> DbResult<Option<bool>> {
    const SQL: &str = "SELECT d.enabled FROM outgoing_destinations d JOIN outgoing_deliveries o ON o.destination_id = d.id \
        WHERE o.tenant_id = $1 AND o.id = $2";
    let row: Option<(bool,)> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), delivery))?;
    Ok(row.map(|(on,)| on))
}

/// The tenant's destinations, oldest first.
pub async fn list(db: &Db, scope: TenantScope) -> DbResult<Vec<Destination>> {
    db_sql!(
        db,
        fetch_all(
            "SELECT id, kind, name, shown_address, on_failed, on_partial, on_late, enabled, created_at, created_by_name \
             FROM outgoing_destinations WHERE tenant_id = $1 ORDER BY id",
            scope.tenant()
        )
    )
}

/// How many destinations the tenant has.
pub async fn count(tx: &mut Tx, scope: TenantScope) -> DbResult<i64> {
    let (count,): (i64,) =
        tx_sql!(tx, fetch_one("SELECT count(*) FROM outgoing_destinations WHERE tenant_id = $1", scope.tenant()))?;
    Ok(count)
}

/// Switches a destination on or off. False when the tenant has none of this id.
pub async fn switch(tx: &mut Tx, scope: TenantScope, id: DestinationId, on: bool) -> DbResult<bool> {
    const SQL: &str = "UPDATE outgoing_destinations SET enabled = $3 WHERE tenant_id = $1 AND id = $2";
    Ok(tx_sql!(tx, execute(SQL, scope.tenant(), id, on))? == 1)
}

/// Removes a destination with its log. False when the tenant has none of this id.
pub async fn delete(tx: &mut Tx, scope: TenantScope, id: DestinationId) -> DbResult<bool> {
    const SQL: &str = "DELETE FROM outgoing_destinations WHERE tenant_id = $1 AND id = $2";
    Ok(tx_sql!(tx, execute(SQL, scope.tenant(), id))? == 1)
}

/// Who is to be told of an event, and the tenant's names for it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Wanting {
    pub id: DestinationId,
    pub slug: String,
    pub tenant_name: String,
}

/// The destinations of the tenant that want this event.
pub async fn wanting(tx: &mut Tx, tenant: TenantId, event: OutgoingKind) -> DbResult<Vec<Wanting>> {
    tx_sql!(
        tx,
        fetch_all(
            "SELECT d.id, t.slug, t.name AS tenant_name FROM outgoing_destinations d JOIN tenants t ON t.id = d.tenant_id \
             WHERE d.tenant_id = $1 AND d.enabled AND CASE $2 WHEN 'run.failed' THEN d.on_failed \
             WHEN 'run.partially_succeeded' THEN d.on_partial WHEN 'schedule.late' THEN d.on_late ELSE false END \
             ORDER BY d.id",
            tenant,
            event
        )
    )
}

/// The name of a destination.
pub async fn name(tx: &mut Tx, scope: TenantScope, id: DestinationId) -> DbResult<Option<String>> {
    let row: Option<(String,)> = tx_sql!(
        tx,
        fetch_optional("SELECT name FROM outgoing_destinations WHERE tenant_id = $1 AND id = $2", scope.tenant(), id)
    )?;
    Ok(row.map(|(name,)| name))
}

/// One of the tenant's destinations, on or off.
pub async fn one(tx: &mut Tx, scope: TenantScope, id: DestinationId) -> DbResult<Option<Wanting>> {
    tx_sql!(
        tx,
        fetch_optional(
            "SELECT d.id, t.slug, t.name AS tenant_name FROM outgoing_destinations d JOIN tenants t ON t.id = d.tenant_id \
             WHERE d.tenant_id = $1 AND d.id = $2",
            scope.tenant(),
            id
        )
    )
}
