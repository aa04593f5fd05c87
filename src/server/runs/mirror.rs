//! What the module whose work a run does may add to the ledger's own writes.

use futures::{FutureExt, future::BoxFuture};
use uuid::Uuid;

use crate::{
    model::{
        operation::OperationType,
        run::{Initiator, SummaryCounts},
    },
    server::db::{DbResult, Tx, rows::FullRun},
};

/// Writes a producer's own record of a run, in the transaction that changes the run.
pub trait RunMirror: Send + Sync {
    fn operation_type(&self) -> OperationType;
    fn write<'a>(&'a self, tx: &'a mut Tx, id: Uuid, run: &'a FullRun) -> BoxFuture<'a, DbResult<()>>;

    /// Whether it has something to write when a run is created. Run tables have not: their rows are created with the run.
    fn heeds_new(&self) -> bool {
        true
    }

    /// Asked when an attempt after the first begins, in the same transaction: how much the former ones left that this one
    /// goes on from. For producers whose work does not begin anew.
    fn left<'a>(&'a self, _tx: &'a mut Tx, _run: &'a FullRun) -> BoxFuture<'a, DbResult<SummaryCounts>> {
        async { Ok(SummaryCounts::default()) }.boxed()
    }

    /// Asked first when somebody wants a run of this type to stop, in the transaction that then writes it down. A module
    /// whose run is the shadow of work of its own marks that work here, or gives the sentence why it cannot be cancelled.
    fn cancel<'a>(
        &'a self,
        _tx: &'a mut Tx,
        _run: &'a FullRun,
        _by: &'a Initiator,
    ) -> BoxFuture<'a, DbResult<Option<String>>> {
        async { Ok(None) }.boxed()
    }
}
