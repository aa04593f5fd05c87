//! Between nodes: NOTIFY says which runs changed, each listening node reads them once and shows them to its viewers.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::mpsc;
use tracing::warn;
use uuid::Uuid;

use super::{
    hub::{Hub, Told, WeakHub},
    people::{self, InboxChange, LateSchedule},
};
use crate::{
    model::ids::RunId,
    server::db::{Db, runs},
};

const CHANNEL: &str = "runledger_runs";
/// A payload holds 8,000 bytes, an id in JSON 39, and each may stand in it twice.
const IDS_A_MESSAGE: usize = 90;
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

#[derive(Serialize, Deserialize)]
struct Message {
    /// Who sent it: a node does not listen to itself.
    node: Uuid,
    runs: Vec<RunId>,
    /// Those of them that people may have been told of.
    #[serde(default)]
    telling: BTreeSet<RunId>,
    #[serde(default)]
    inboxes: Vec<InboxChange>,
    #[serde(default)]
    late: Vec<LateSchedule>,
}

impl Message {
    const fn of(node: Uuid) -> Self {
        Self { node, runs: Vec::new(), telling: BTreeSet::new(), inboxes: Vec::new(), late: Vec::new() }
    }
}

/// On PostgreSQL: starts the listener and the sender of this node. On SQLite there are no other nodes.
pub(super) fn connect(db: &Db, hub: &Hub) -> Option<mpsc::UnboundedSender<Told>> {
    let Db::Postgres(pool) = db else { return None };
    let (outbox, changes) = mpsc::unbounded_channel();
    #[allow(clippy::disallowed_methods, reason = "names this process, is not stored and orders nothing")]
    let node = Uuid::new_v4();
    tokio::spawn(tell(pool.clone(), node, changes));
    tokio::spawn(listen(db.clone(), pool.clone(), node, hub.downgrade()));
    Some(outbox)
}

async fn tell(pool: PgPool, node: Uuid, mut changes: mpsc::UnboundedReceiver<Told>) {
    while let Some(Told { runs, telling, inboxes, late, flushed: _flushed }) = changes.recv().await {
        // An inbox and a schedule go alone: each fits.
        let messages = runs
            .chunks(IDS_A_MESSAGE)
            .map(|runs| {
                let telling = runs.iter().filter(|run| telling.contains(run)).copied().collect();
                Message { runs: runs.to_vec(), telling, ..Message::of(node) }
            })
            .chain(inboxes.into_iter().map(|inbox| Message { inboxes: vec![inbox], ..Message::of(node) }))
            .chain(late.into_iter().map(|late| Message { late: vec![late], ..Message::of(node) }));
        for message in messages {
            let Ok(payload) = serde_json::to_string(&message) else { continue };
            if let Err(error) = crate::server::db::notify(&pool, CHANNEL, &payload).await {
                warn!(%error, "telling the other nodes of changed runs failed");
            }
        }
    }
}

async fn listen(db: Db, pool: PgPool, node: Uuid, hub: WeakHub) {
    while hub.upgrade().is_some() {
        match PgListener::connect_with(&pool).await {
            Ok(listener) => {
                if let Err(error) = follow(&db, listener, node, &hub).await {
                    warn!(%error, "listening to the other nodes was interrupted");
                }
            }
            Err(error) => warn!(%error, "listening to the other nodes failed"),
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn follow(db: &Db, mut listener: PgListener, node: Uuid, hub: &WeakHub) -> Result<(), sqlx::Error> {
    listener.listen(CHANNEL).await?;
    // What was told while nobody listened is lost: whoever watches asks again.
    if let Some(hub) = hub.upgrade() {
        hub.gap();
    }
    while let Some(notification) = listener.try_recv().await? {
        let Ok(message) = serde_json::from_str::<Message>(notification.payload()) else { continue };
        if message.node == node {
            continue;
        }
        let Some(hub) = hub.upgrade() else { return Ok(()) };
        for id in message.runs {
            if let Some((run, _)) = runs::find_any(db, id).await? {
                hub.show([run]);
            }
        }
        people::tell(db, &hub, &message.telling, &message.inboxes, &message.late).await;
    }
    Ok(())
}
