//! SQL of `outgoing_deliveries`: what destinations are told, and the log of it.

use chrono::{DateTime, Utc};
use const_format::concatcp;
use uuid::Uuid;

use super::{Db, DbResult, Tx, db_sql, scope::TenantScope, tx_sql};
use crate::model::{
    ids::{DeliveryId, DestinationId, RunId, TenantId},
    outgoing::{Delivery, DeliveryState, DestinationKind, OutgoingKind},
};

/// A delivery to write, due at once.
#[derive(Debug, Clone)]
pub struct NewDelivery<'a> {
    pub id: DeliveryId,
    pub tenant: TenantId,
    pub destination: DestinationId,
    pub event: OutgoingKind,
    pub run: Option<RunId>,
    /// What makes it one where that is no run.
    pub subject: Option<&'a str>,
    pub payload: &'a str,
    pub at: DateTime<Utc>,
}

/// Writes it, unless this destination is told of the same already.
pub async fn insert(tx: &mut Tx, new: &NewDelivery<'_>) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "INSERT INTO outgoing_deliveries (id, tenant_id, destination_id, event, run_id, subject, payload, state, tries, \
             next_try_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8) ON CONFLICT DO NOTHING",
            new.id,
            new.tenant,
            new.destination,
            new.event,
            new.run,
            new.subject,
            new.payload,
            new.at
        )
    )?;
    Ok(())
}

/// A delivery whose time has come, with what is needed to send it.
#[derive(Debug, Clone)]
pub struct Due {
    pub scope: TenantScope,
    pub id: DeliveryId,
    pub destination: DestinationId,
    pub event: OutgoingKind,
    pub payload: String,
    pub tries: i32,
    pub next_try_at: DateTime<Utc>,
    pub kind: DestinationKind,
    pub address: Vec<u8>,
    pub secret: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct DueRow {
    tenant_id: TenantId,
    id: DeliveryId,
    destination_id: DestinationId,
    event: OutgoingKind,
    payload: String,
    tries: i32,
    next_try_at: DateTime<Utc>,
    kind: DestinationKind,
    address: Vec<u8>,
    secret: Option<Vec<u8>>,
}

impl From<DueRow> for Due {
    fn from(row: DueRow) -> Self {
        Self {
            scope: TenantScope::proven(row.tenant_id),
            id: row.id,
            destination: row.destination_id,
            event: row.event,
            payload: row.payload,
            tries: row.tries,
            next_try_at: row.next_try_at,
            kind: row.kind,
            address: row.address,
            secret: row.secret,
        }
    }
}

const DUE: &str = "SELECT o.tenant_id, o.id, o.destination_id, o.event, o.payload, o.tries, o.next_try_at, d.kind, d.address, \
    d.secret FROM outgoing_deliveries o JOIN outgoing_destinations d ON d.id = o.destination_id ";

/// What is due in all tenants, of each destination only the first few, and the first of each before the second of any: one
/// that is down keeps nobody else waiting.
pub async fn due(db: &Db, now: DateTime<Utc>, of_each: i64, limit: i64) -> DbResult<Vec<Due>> {
    const SQL: &str = concatcp!(
        DUE,
        "JOIN (SELECT id, row_number() OVER (PARTITION BY destination_id ORDER BY next_try_at, id) AS place \
         FROM outgoing_deliveries WHERE state = 'waiting' AND next_try_at <= $1) p ON p.id = o.id \
         WHERE p.place <= $2 ORDER BY p.place, o.next_try_at, o.id LIMIT $3"
    );
    let rows: Vec<DueRow> = db_sql!(db, fetch_all(SQL, now, of_each, limit))?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One delivery of the tenant that waits, whenever it is due.
pub async fn waiting(tx: &mut Tx, scope: TenantScope, id: DeliveryId) -> DbResult<Option<Due>> {
    const SQL: &str = concatcp!(DUE, "WHERE o.tenant_id = $1 AND o.id = $2 AND o.state = 'waiting'");
    let row: Option<DueRow> = tx_sql!(tx, fetch_optional(SQL, scope.tenant(), id))?;
    Ok(row.map(Into::into))
}

/// Takes a delivery for one try: nobody else tries before `until`. False when somebody else was faster.
pub async fn hold(tx: &mut Tx, due: &Due, until: DateTime<Utc>, now: DateTime<Utc>) -> DbResult<bool> {
    const SQL: &str = "UPDATE outgoing_deliveries SET next_try_at = $4, last_try_at = $5, tries = tries + 1 \
        WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' AND next_try_at = $3";
    Ok(tx_sql!(tx, execute(SQL, due.scope.tenant(), due.id, due.next_try_at, until, now))? == 1)
}

/// What came of a try.
#[derive(Debug, Clone)]
pub struct Tried {
    pub state: DeliveryState,
    pub next_try_at: Option<DateTime<Utc>>,
    pub status_code: Option<i32>,
    pub error: Option<String>,
}

/// Notes what came of the try that was held until then, unless somebody has asked for another one meanwhile.
pub async fn note(tx: &mut Tx, due: &Due, held: DateTime<Utc>, tried: &Tried) -> DbResult<()> {
    tx_sql!(
        tx,
        execute(
            "UPDATE outgoing_deliveries SET state = $4, next_try_at = $5, status_code = $6, error = $7 \
             WHERE tenant_id = $1 AND id = $2 AND state = 'waiting' AND next_try_at = $3",
            due.scope.tenant(),
            due.id,
            held,
            tried.state,
            tried.next_try_at,
            tried.status_code,
            tried.error.as_deref()
        )
    )?;
    Ok(())
}

/// Makes a delivery due again, under the same id, with all of its tries. False when the tenant has none of this id.
pub async fn again(tx: &mut Tx, scope: TenantScope, id: DeliveryId, now: DateTime<Utc>) -> DbResult<bool> {
    const SQL: &str = "UPDATE outgoing_deliveries SET state = 'waiting', tries = 0, next_try_at = $3 \
        WHERE tenant_id = $1 AND id = $2";
    Ok(tx_sql!(tx, execute(SQL, scope.tenant(), id, now))? == 1)
}

/// Gives up what a destination still waits for.
pub async fn give_up(tx: &mut Tx, scope: TenantScope, destination: DestinationId, why: &str) -> DbResult<()> {
    const SQL: &str = "UPDATE outgoing_deliveries SET state = 'given_up', next_try_at = NULL, error = $3 \
        WHERE tenant_id = $1 AND destination_id = $2 AND state = 'waiting'";
    tx_sql!(tx, execute(SQL, scope.tenant(), destination, why))?;
    Ok(())
}

const LOG: &str = "SELECT o.id, d.name AS destination_name, d.kind, o.event, o.run_id, o.state, o.tries, o.next_try_at, \
    o.last_try_at, o.status_code, o.error, o.created_at FROM outgoing_deliveries o \
    JOIN outgoing_destinations d ON d.id = o.destination_id WHERE o.tenant_id = $1 ";

/// The tenant's deliveries, newest first, older than `after` where it is given.
pub async fn list(db: &Db, scope: TenantScope, after: Option<DeliveryId>, limit: i64) -> DbResult<Vec<Delivery>> {
    const SQL: &str = concatcp!(LOG, "AND o.id < $2 ORDER BY o.id DESC LIMIT $3");
    let after = after.unwrap_or(DeliveryId(Uuid::max()));
    db_sql!(db, fetch_all(SQL, scope.tenant(), after, limit))
}

pub async fn find(db: &Db, scope: TenantScope, id: DeliveryId) -> DbResult<Option<Delivery>> {
    const SQL: &str = concatcp!(LOG, "AND o.id = $2");
    db_sql!(db, fetch_optional(SQL, scope.tenant(), id))
}

/// Removes what tells of no run and is older: of late schedules and of tests. The rest goes with its runs.
pub async fn delete_alone(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> DbResult<u64> {
    const SQL: &str = "DELETE FROM outgoing_deliveries WHERE id IN (SELECT id FROM outgoing_deliveries \
        WHERE run_id IS NULL AND created_at < $1 ORDER BY created_at LIMIT $2)";
    tx_sql!(tx, execute(SQL, before, limit))
}
