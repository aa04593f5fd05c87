//! `policy.sync`: reads the families of policies, each policy whole, and keeps a version whenever one has changed.

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use super::{
    Producer,
    families::{failed_families, only_families},
    family_sync::{self, FamilySync},
};
use crate::{
    error::AppError,
    model::{operation::OperationType, run::RunFailure},
    server::{
        connections::Connections,
        db::{
            DbResult, Tx,
            policies::{self, PolicyRow},
            seen::{Sighting, Tally},
        },
        graph::{Assignments, Family, GraphClient, Item, Pages, hash_of_normal, normalize},
        runs::{JobError, RunHandle},
    },
};

/// The inputs of a run: none for all policies of the tenant, or `only` some of their families.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    let otherwise = "A policy sync takes no input but \"only\", a list of the families of policies to read.";
    only_families(PolicySync::FAMILIES, inputs, otherwise)
}

/// The families that failed. A failed policy does not say which family it is of: then all are read again.
pub fn failed_only(inputs: &Value, failures: &[RunFailure]) -> Option<Value> {
    failed_families(PolicySync::FAMILIES, inputs, failures)
}

/// The producer.
pub struct PolicySync {
    connections: Connections,
}

impl PolicySync {
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }
}

impl Producer for PolicySync {
    fn operation_type(&self) -> OperationType {
        OperationType::PolicySync
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        family_sync::sync::<Self>(&self.connections, run).boxed()
    }
}

impl FamilySync for PolicySync {
    type Row = PolicyRow;

    const FAMILIES: &'static [Family] = Family::POLICIES;

    fn pages(client: &GraphClient, family: Family) -> Pages {
        client.policies(family)
    }

    fn row(item: Item) -> PolicyRow {
        let assignments = Assignments::of(&item.body);
        let body = normalize(&item.body);
        PolicyRow {
            graph_id: item.identity.id,
            name: item.identity.name,
            odata_type: item.identity.odata_type,
            content_hash: hash_of_normal(&body),
            assignments_hash: assignments.hash(),
            body: body.to_string(),
            assignments: assignments.as_json().to_string(),
        }
    }

    fn bytes(row: &PolicyRow) -> usize {
        row.body.len() + row.assignments.len()
    }

    async fn store(tx: &mut Tx, on: Sighting<'_>, rows: &[PolicyRow]) -> DbResult<Tally> {
        policies::store(tx, on, rows).await
    }

    async fn touch(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> DbResult<()> {
        policies::touch(tx, on, ids).await
    }

    async fn remove_unseen(tx: &mut Tx, on: Sighting<'_>) -> DbResult<u64> {
        policies::remove_unseen(tx, on).await
    }
}
