//! Between nodes: NOTIFY says which runs changed, each listening node reads them once and shows them to its viewers.

use std::{collections::BTreeSet, io::ErrorKind, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::mpsc, time::timeout};
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
/// A node that tells nothing says so this often, so that it hears itself: a connection that is half open hears nothing.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(15);

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
    /// It could not tell everything: whoever watches must ask.
    #[serde(default)]
    gap: bool,
}

impl Message {
    const fn of(node: Uuid) -> Self {
        Self { node, runs: Vec::new(), telling: BTreeSet::new(), inboxes: Vec::new(), late: Vec::new(), gap: false }
    }
}

/// Starts the listener and the sender of this node.
pub(super) fn connect(db: &Db, pool: &PgPool, hub: &Hub, probe_every: Duration) -> mpsc::UnboundedSender<Told> {
    let (outbox, changes) = mpsc::unbounded_channel();
    #[allow(clippy::disallowed_methods, reason = "names this process, is not stored and orders nothing")]
    let node = Uuid::new_v4();
    tokio::spawn(tell(pool.clone(), node, changes, probe_every));
    let listener =
        Listener { db: db.clone(), pool: pool.clone(), node, hub: hub.downgrade(), patience: probe_every * 2 };
    tokio::spawn(listener.listen());
    outbox
}

async fn tell(pool: PgPool, node: Uuid, mut changes: mpsc::UnboundedReceiver<Told>, probe_every: Duration) {
    // Something could not be told. The others hear of it as soon as they can hear at all.
    let mut missed = false;
    loop {
        let wait = if missed { RECONNECT_AFTER } else { probe_every };
        let told = match timeout(wait, changes.recv()).await {
            Ok(Some(told)) => told,
            Ok(None) => return,
            Err(_) => Told::default(),
        };
        let sent = match missed {
            true => send(&pool, &Message { gap: true, ..Message::of(node) }).await,
            false => send_all(&pool, node, &told).await,
        };
        if let Err(error) = &sent {
            warn!(%error, "telling the other nodes of changed runs failed; they are told to ask");
        }
        missed = sent.is_err();
    }
}

/// With nothing to tell one empty message, which this node hears itself.
async fn send_all(pool: &PgPool, node: Uuid, told: &Told) -> Result<(), sqlx::Error> {
    let Told { runs, telling, inboxes, late, flushed: _ } = told;
    // An inbox and a schedule go alone: each fits.
    let mut messages: Vec<Message> = runs
        .chunks(IDS_A_MESSAGE)
        .map(|runs| {
            let telling = runs.iter().filter(|run| telling.contains(run)).copied().collect();
            Message { runs: runs.to_vec(), telling, ..Message::of(node) }
        })
        .chain(inboxes.iter().map(|inbox| Message { inboxes: vec![inbox.clone()], ..Message::of(node) }))
        .chain(late.iter().map(|late| Message { late: vec![late.clone()], ..Message::of(node) }))
        .collect();
    if messages.is_empty() {
        messages.push(Message::of(node));
    }
    for message in &messages {
        send(pool, message).await?;
    }
    Ok(())
}

async fn send(pool: &PgPool, message: &Message) -> Result<(), sqlx::Error> {
    let payload = serde_json::to_string(message).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    crate::server::db::notify(pool, CHANNEL, &payload).await
}

/// What this node needs to hear the others.
struct Listener {
    db: Db,
    pool: PgPool,
    node: Uuid,
    hub: WeakHub,
    /// A connection that brings nothing for so long, not even this node's own words, is dead.
    patience: Duration,
}

impl Listener {
    async fn listen(self) {
        while self.hub.upgrade().is_some() {
            match timeout(self.patience, PgListener::connect_with(&self.pool)).await {
                Ok(Ok(listener)) => {
                    if let Err(error) = self.follow(listener).await {
                        warn!(%error, "listening to the other nodes was interrupted");
                    }
                }
                Ok(Err(error)) => warn!(%error, "listening to the other nodes failed"),
                Err(_) => warn!("listening to the other nodes failed: the database does not answer"),
            }
            tokio::time::sleep(RECONNECT_AFTER).await;
        }
    }

    async fn follow(&self, mut listener: PgListener) -> Result<(), sqlx::Error> {
        self.in_time(listener.listen(CHANNEL)).await?;
        // What was told while nobody listened is lost: whoever watches asks again.
        if let Some(hub) = self.hub.upgrade() {
            hub.gap();
        }
        while let Some(notification) = self.in_time(listener.try_recv()).await? {
            let Ok(message) = serde_json::from_str::<Message>(notification.payload()) else { continue };
            let Some(hub) = self.hub.upgrade() else { return Ok(()) };
            if message.node != self.node {
                self.hear(&hub, message).await?;
            }
        }
        Ok(())
    }

    async fn in_time<T>(&self, heard: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        timeout(self.patience, heard).await.unwrap_or_else(|_| Err(std::io::Error::from(ErrorKind::TimedOut).into()))
    }

    async fn hear(&self, hub: &Hub, message: Message) -> Result<(), sqlx::Error> {
        if message.gap {
            hub.gap();
        }
        for id in message.runs {
            match runs::find_any(&self.db, id).await {
                Ok(Some((run, _))) => hub.show([run]),
                Ok(None) => {}
                // Of a newer version's type, for one. The others are told all the same.
                Err(error @ sqlx::Error::ColumnDecode { .. }) => {
                    warn!(run = %id, %error, "a changed run cannot be read")
                }
                Err(error) => return Err(error),
            }
        }
        people::tell(&self.db, hub, &message.telling, &message.inboxes, &message.late).await;
        Ok(())
    }
}
