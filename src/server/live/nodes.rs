//! Between nodes: NOTIFY says which runs changed, each listening node reads them once and shows them to its viewers.

use std::{
    collections::{BTreeSet, HashMap},
    io::ErrorKind,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sqlx::{PgPool, postgres::PgListener};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
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
/// And so that the others know that it lives: one that dies takes what it has not told with it.
pub(super) const PROBE_EVERY: Duration = Duration::from_secs(10);

#[derive(Serialize, Deserialize)]
struct Message {
    /// Who sent it: a node does not listen to itself.
    node: Uuid,
    /// In how many milliseconds it says something again at the latest. None from a version that does not promise.
    #[serde(default)]
    again_in: Option<u64>,
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
    /// It ends now and has told everything.
    #[serde(default)]
    ends: bool,
}

/// This node, as the others know it.
#[derive(Clone, Copy)]
struct Node {
    id: Uuid,
    probe_every: Duration,
}

impl Node {
    fn says(self) -> Message {
        Message {
            node: self.id,
            again_in: u64::try_from(self.probe_every.as_millis()).ok(),
            runs: Vec::new(),
            telling: BTreeSet::new(),
            inboxes: Vec::new(),
            late: Vec::new(),
            gap: false,
            ends: false,
        }
    }
}

/// Starts the listener and the sender of this node.
pub(super) fn connect(db: &Db, pool: &PgPool, hub: &Hub, probe_every: Duration) -> mpsc::UnboundedSender<Told> {
    let (outbox, changes) = mpsc::unbounded_channel();
    #[allow(clippy::disallowed_methods, reason = "names this process, is not stored and orders nothing")]
    let node = Node { id: Uuid::new_v4(), probe_every };
    tokio::spawn(tell(pool.clone(), node, changes));
    let listener = Listener { db: db.clone(), pool: pool.clone(), node, hub: hub.downgrade() };
    tokio::spawn(listener.listen());
    outbox
}

async fn tell(pool: PgPool, node: Node, mut changes: mpsc::UnboundedReceiver<Told>) {
    // Nobody misses a node that they never heard. Something could not be told: the others hear of it as soon as they can
    // hear at all.
    let mut missed = send(&pool, &node.says()).await.is_err();
    loop {
        let wait = if missed { RECONNECT_AFTER } else { node.probe_every };
        let told = match timeout(wait, changes.recv()).await {
            Ok(Some(told)) => told,
            Ok(None) => {
                _ = send(&pool, &Message { ends: true, ..node.says() }).await;
                return;
            }
            Err(_) => Told::default(),
        };
        let sent = match missed {
            true => send(&pool, &Message { gap: true, ..node.says() }).await,
            false => send_all(&pool, node, &told).await,
        };
        if let Err(error) = &sent {
            warn!(%error, "telling the other nodes of changed runs failed; they are told to ask");
        }
        missed = sent.is_err();
    }
}

/// With nothing to tell one empty message, which this node hears itself.
async fn send_all(pool: &PgPool, node: Node, told: &Told) -> Result<(), sqlx::Error> {
    let Told { runs, telling, inboxes, late, flushed } = told;
    // An inbox and a schedule go alone: each fits.
    let mut messages: Vec<Message> = runs
        .chunks(IDS_A_MESSAGE)
        .map(|runs| {
            let telling = runs.iter().filter(|run| telling.contains(run)).copied().collect();
            Message { runs: runs.to_vec(), telling, ..node.says() }
        })
        .chain(inboxes.iter().map(|inbox| Message { inboxes: vec![inbox.clone()], ..node.says() }))
        .chain(late.iter().map(|late| Message { late: vec![late.clone()], ..node.says() }))
        .collect();
    if messages.is_empty() || !flushed.is_empty() {
        messages.push(Message { ends: !flushed.is_empty(), ..node.says() });
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
    node: Node,
    hub: WeakHub,
}

impl Listener {
    /// A connection that brings nothing for so long, not even this node's own words, is dead.
    fn patience(&self) -> Duration {
        self.node.probe_every * 2
    }

    async fn listen(self) {
        let mut others = Others::default();
        while self.hub.upgrade().is_some() {
            match self.in_time(PgListener::connect_with(&self.pool)).await {
                Ok(listener) => {
                    if let Err(error) = self.follow(listener, &mut others).await {
                        warn!(%error, "listening to the other nodes was interrupted");
                    }
                }
                Err(error) => {
                    warn!(%error, "listening to the other nodes failed");
                    // Each time: a page may have come back to the stream since.
                    if let Some(hub) = self.hub.upgrade() {
                        hub.database_away();
                    }
                }
            }
            tokio::time::sleep(RECONNECT_AFTER).await;
        }
    }

    async fn follow(&self, mut listener: PgListener, others: &mut Others) -> Result<(), sqlx::Error> {
        self.in_time(listener.listen(CHANNEL)).await?;
        // What was told while nobody listened is lost: whoever watches asks again.
        if let Some(hub) = self.hub.upgrade() {
            hub.gap();
        }
        while let Some(notification) = self.in_time(listener.try_recv()).await? {
            let Ok(message) = serde_json::from_str::<Message>(notification.payload()) else { continue };
            let Some(hub) = self.hub.upgrade() else { return Ok(()) };
            if message.node != self.node.id {
                others.heard(&message);
                self.hear(&hub, message).await?;
            }
            // It brings this node's own words as well, so that this is asked in time. Between the end of a transaction and
            // its word to the others a node can be killed.
            if others.lost() {
                warn!("another node went silent without a word; whoever watches asks again");
                hub.gap();
            }
        }
        Ok(())
    }

    async fn in_time<T>(&self, heard: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        timeout(self.patience(), heard).await.unwrap_or_else(|_| Err(std::io::Error::from(ErrorKind::TimedOut).into()))
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

/// The other nodes, each with the time until which it may be silent.
#[derive(Default)]
struct Others(HashMap<Uuid, Instant>);

impl Others {
    fn heard(&mut self, message: &Message) {
        match message.again_in {
            Some(again_in) if !message.ends => {
                // What it says may be on its way for a while.
                let patience = Duration::from_millis(again_in).saturating_mul(2);
                self.0.insert(message.node, Instant::now() + patience);
            }
            _ => _ = self.0.remove(&message.node),
        }
    }

    /// Whether one has been silent for longer. It is forgotten then.
    fn lost(&mut self) -> bool {
        let (before, now) = (self.0.len(), Instant::now());
        self.0.retain(|_, until| now < *until);
        self.0.len() < before
    }
}
