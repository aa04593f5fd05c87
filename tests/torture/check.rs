//! What must hold at the end, whatever happened.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use runledger::{
    model::{
        ids::{RunId, TenantId},
        operation::OperationType,
        run::{Initiator, RunDetail, RunEventKind, RunOutcome, RunStatus},
    },
    server::{graph::Family, start::start},
};
use serde_json::json;
use tokio::time::interval;

use super::world::{Tenant, World, add};
use crate::common::{assert_mirrored, policies};

/// Looks for two active runs of one identity, all the time; counts the looks that failed.
pub async fn look_for_twins(world: Arc<World>) {
    let mut ticks = interval(Duration::from_millis(250));
    while !world.is_over() {
        ticks.tick().await;
        let twins: Result<i64, _> = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT 1 FROM operation_runs WHERE status <> 'completed' \
             GROUP BY tenant_id, run_identity_hash HAVING count(*) > 1) t",
        )
        .fetch_one(world.pool())
        .await;
        add(&world.tally.looks);
        match twins {
            Ok(0) => {}
            Ok(_) => add(&world.tally.twins),
            Err(_) => add(&world.tally.blind_looks),
        }
    }
}

/// A row of `operation_runs`.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    pub id: RunId,
    pub tenant_id: TenantId,
    pub status: RunStatus,
    run_identity_hash: String,
    started_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
}

pub async fn rows(world: &World) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        "SELECT id, tenant_id, status, run_identity_hash, started_at, completed_at FROM operation_runs ORDER BY id",
    )
    .fetch_all(world.pool())
    .await
}

/// What two runs of one identity did at the same time. The time of creation is taken before the row is written, which
/// may wait for the end of the one before; the time of the start is not.
pub fn overlaps(rows: &[Row]) -> Vec<String> {
    let mut of_identity: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        if let (Some(started), Some(completed)) = (row.started_at, row.completed_at) {
            of_identity.entry((row.tenant_id, &row.run_identity_hash)).or_default().push((started, completed, row.id));
        }
    }
    let mut found = Vec::new();
    for spans in of_identity.values_mut() {
        spans.sort_unstable();
        let twins = spans.windows(2).filter(|pair| pair[1].0 < pair[0].1);
        found.extend(twins.map(|pair| format!("{} and {} worked at the same time", pair[0].2, pair[1].2)));
    }
    found
}

/// What is wrong with a run that has ended.
pub async fn wrong(world: &World, tenant: &Tenant, detail: &RunDetail) -> Option<String> {
    if detail.run.operation_type == OperationType::PolicySync {
        policies::assert_counts(&world.app, tenant.scope, detail).await;
    } else {
        assert_mirrored(&world.app, tenant.scope, detail).await;
    }
    let counts = &detail.run.summary_counts;
    if detail.run.operation_type == OperationType::BackupSetAddPolicies {
        // A run that did it again as a whole has read the same policies once more: they are its own from then on.
        const KEPT: &str = "WITH RECURSIVE again (id) AS (SELECT $1 UNION SELECT r.id FROM operation_runs r \
            JOIN again a ON r.retry_of = a.id) SELECT (SELECT count(*) FROM backup_items WHERE run_id IN (SELECT id FROM again)), \
            (SELECT count(*) FROM again)";
        let (kept, runs): (i64, i64) = sqlx::query_as(KEPT).bind(detail.run.id).fetch_one(world.pool()).await.unwrap();
        let kept = u64::try_from(kept).unwrap();
        if kept < counts.succeeded || (runs == 1 && kept > counts.succeeded) {
            return Some(format!("{}: {kept} policies are in the set, {counts:?}", detail.run.id));
        }
    }
    rules(detail).err()
}

fn rules(detail: &RunDetail) -> Result<(), String> {
    let run = &detail.run;
    let counts = &run.summary_counts;
    let kinds: Vec<_> = detail.events.iter().map(|event| event.kind).collect();
    let of_kind = |kind| detail.events.iter().filter(move |event| event.kind == kind);
    let starts: Vec<i32> = of_kind(RunEventKind::Started).map(|event| event.attempt).collect();
    let end = kinds.iter().position(|kind| *kind == RunEventKind::Completed).unwrap_or_default();
    let own: u64 = ["created", "updated", "unchanged"].iter().filter_map(|key| counts.own.get(*key)).sum();
    let rules = [
        (run.status == RunStatus::Completed && run.outcome.is_some(), "it is completed with an outcome"),
        (kinds.first() == Some(&RunEventKind::Created), "its history begins with its creation"),
        (of_kind(RunEventKind::Completed).count() == 1, "it ended once"),
        (
            kinds[end + 1..].iter().all(|kind| *kind == RunEventKind::LateWrite),
            "nothing but late writes follows its end",
        ),
        (starts == (1..=run.attempt).collect::<Vec<_>>(), "its attempts follow each other"),
        (releases_are_legal(&kinds), "what is given back is begun again, and nothing but that happens to it"),
        (times_rise(detail), "its times rise"),
        (counts.processed == counts.succeeded + counts.failed + counts.skipped, "its counts add up"),
        (
            counts.total == counts.processed || run.outcome == Some(RunOutcome::Cancelled),
            "all of its items are accounted for",
        ),
        (
            !counts.own.contains_key("created") || own == counts.succeeded,
            "each item that succeeded was created, updated or unchanged, once",
        ),
        (run.outcome != Some(RunOutcome::Cancelled) || run.cancel_requested.is_some(), "who cancelled it is told"),
    ];
    match rules.iter().find(|(kept, _)| !kept) {
        None => Ok(()),
        Some((_, rule)) => Err(format!("{}: not so: {rule}: {:#?}, {counts:?}", run.id, detail.events)),
    }
}

/// A second start needs a worker that was lost; between the two nothing is done.
fn releases_are_legal(kinds: &[RunEventKind]) -> bool {
    let aside = [RunEventKind::LateWrite, RunEventKind::Joined];
    let main: Vec<_> = kinds.iter().filter(|kind| !aside.contains(kind)).collect();
    let started = |kind: &RunEventKind| *kind == RunEventKind::Started;
    let released = |kind: &RunEventKind| *kind == RunEventKind::Released;
    let mut has_worker = false;
    main.windows(2).all(|pair| {
        if started(pair[0]) {
            has_worker = true;
        } else if released(pair[0]) {
            has_worker = false;
        }
        let goes_on = started(pair[1]) || *pair[1] == RunEventKind::Completed;
        (!started(pair[1]) || !has_worker) && (!released(pair[0]) || goes_on)
    })
}

/// Of what is written while the run's row is held; who joins takes the time before.
fn times_rise(detail: &RunDetail) -> bool {
    let held: Vec<_> = detail.events.iter().filter(|event| event.kind != RunEventKind::Joined).collect();
    held.windows(2).all(|pair| pair[0].at <= pair[1].at)
}

/// Once nothing fails any more a sync of each kind succeeds, and what is stored is what the tenant has.
pub async fn last_syncs(world: &World) -> Vec<String> {
    let (mut started, mut wrong) = (Vec::new(), Vec::new());
    for tenant in &world.tenants {
        for operation in [OperationType::InventorySync, OperationType::PolicySync] {
            let last = start(&world.app.core.runs, tenant.scope, operation, &json!({}), Initiator::system()).await;
            started.push((tenant, last.unwrap().run().id));
        }
    }
    for (tenant, run) in started {
        let detail = world.app.completed(tenant.scope, run).await;
        if detail.run.outcome != Some(RunOutcome::Succeeded) {
            wrong.push(format!("a last sync of {}: {:?}", tenant.slug, detail.failures));
        }
    }
    for tenant in &world.tenants {
        for (table, families) in [("inventory_items", Family::ALL), ("policies", Family::POLICIES)] {
            wrong.extend(unlike(world, tenant, table, families).await);
        }
    }
    wrong
}

/// The families whose rows are not the tenant's objects.
async fn unlike(world: &World, tenant: &Tenant, table: &str, families: &[Family]) -> Vec<String> {
    let directory = world.graph.directory(tenant.slug).await;
    let mut wrong = Vec::new();
    for family in families {
        let there = if table == "policies" { " AND removed_at IS NULL" } else { "" };
        let sql = format!("SELECT graph_id FROM {table} WHERE tenant_id = $1 AND family = $2{there}");
        let mut rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(tenant.scope.tenant())
            .bind(family.as_str())
            .fetch_all(world.pool())
            .await
            .unwrap();
        let mut ids = directory.ids(family.path()).await;
        rows.sort_unstable();
        ids.sort_unstable();
        if rows != ids {
            wrong.push(format!("{table} of {}, {family}: {} rows for {} objects", tenant.slug, rows.len(), ids.len()));
        }
    }
    wrong
}
