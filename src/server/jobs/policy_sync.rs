//! `policy.sync`: reads the families of policies, each policy whole, and keeps a version whenever one has changed.

use futures::{FutureExt, future::BoxFuture};
use serde_json::Value;

use super::{
    Producer,
    families::{self, FamilySync},
    no_input,
};
use crate::{
    error::AppError,
    model::operation::OperationType,
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

/// The inputs of a run: none.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    no_input(inputs, "A policy sync takes no input: it always reads all policies of the tenant.")
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
        families::sync::<Self>(&self.connections, run).boxed()
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
