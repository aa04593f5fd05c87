//! `inventory.sync`: reads every family of the tenant and keeps what is there, with a hash of its content.

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
            inventory::{self, InventoryItem},
            seen::{Sighting, Tally},
        },
        graph::{Family, GraphClient, Item, Pages, content_hash},
        runs::{JobError, RunHandle},
    },
};

/// The inputs of a run: none for the whole tenant, or `only` some of its families.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    let otherwise = "An inventory sync takes no input but \"only\", a list of the families to read.";
    only_families(InventorySync::FAMILIES, inputs, otherwise)
}

/// The families that failed. A failed item does not say which family it is of: then all are read again.
pub fn failed_only(inputs: &Value, failures: &[RunFailure]) -> Option<Value> {
    failed_families(InventorySync::FAMILIES, inputs, failures)
}

/// The producer.
pub struct InventorySync {
    connections: Connections,
}

impl InventorySync {
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }
}

impl Producer for InventorySync {
    fn operation_type(&self) -> OperationType {
        OperationType::InventorySync
    }

    fn perform(&self, run: RunHandle) -> BoxFuture<'_, Result<(), JobError>> {
        family_sync::sync::<Self>(&self.connections, run).boxed()
    }
}

impl FamilySync for InventorySync {
    type Row = InventoryItem;

    const FAMILIES: &'static [Family] = Family::ALL;

    fn pages(client: &GraphClient, family: Family) -> Pages {
        client.items(family)
    }

    fn row(item: Item) -> InventoryItem {
        InventoryItem {
            content_hash: content_hash(&item.body),
            graph_id: item.identity.id,
            name: item.identity.name,
            odata_type: item.identity.odata_type,
        }
    }

    async fn store(tx: &mut Tx, on: Sighting<'_>, rows: &[InventoryItem]) -> DbResult<Tally> {
        inventory::store(tx, on, rows).await
    }

    async fn touch(tx: &mut Tx, on: Sighting<'_>, ids: &[&str]) -> DbResult<()> {
        inventory::touch(tx, on, ids).await
    }

    async fn remove_unseen(tx: &mut Tx, on: Sighting<'_>) -> DbResult<u64> {
        inventory::delete_unseen(tx, on).await
    }
}
