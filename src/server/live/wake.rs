//! Waking the workers of other nodes, by NOTIFY after the commit. A word that is lost costs a second: workers look
//! at the queue that often by themselves.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::mpsc;
use tracing::warn;
use uuid::Uuid;

use super::hub::{Hub, WeakHub};

const CHANNEL: &str = "runledger_tasks";
const RECONNECT_AFTER: Duration = Duration::from_secs(1);
/// Between two words at least: thousands of new tasks a second need no thousands of words.
const PAUSE: Duration = Duration::from_millis(5);

/// Starts this node's sender and listener.
pub(super) fn connect(pool: &PgPool, hub: &Hub, queued: mpsc::Receiver<()>) {
    #[allow(clippy::disallowed_methods, reason = "names this process, is not stored and orders nothing")]
    let node = Uuid::new_v4().to_string();
    tokio::spawn(tell(pool.clone(), node.clone(), queued));
    tokio::spawn(listen(pool.clone(), node, hub.downgrade()));
}

async fn tell(pool: PgPool, node: String, mut queued: mpsc::Receiver<()>) {
    while queued.recv().await.is_some() {
        if let Err(error) = crate::server::db::notify(&pool, CHANNEL, &node).await {
            warn!(%error, "waking the other nodes' workers failed");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(pool: PgPool, node: String, hub: WeakHub) {
    while hub.upgrade().is_some() {
        if let Err(error) = follow(&pool, &node, &hub).await {
            warn!(%error, "listening for the other nodes' tasks was interrupted");
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn follow(pool: &PgPool, node: &str, hub: &WeakHub) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    while let Some(word) = listener.try_recv().await? {
        let Some(hub) = hub.upgrade() else { return Ok(()) };
        if word.payload() != node {
            hub.wake_workers();
        }
    }
    Ok(())
}
