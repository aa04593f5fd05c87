//! The hub: one broadcast a tenant, one task that gathers changes and sends them on.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, broadcast, mpsc};

use super::nodes;
use crate::{
    model::{
        ids::{RunId, TenantId},
        run::{LiveEvent, Run},
    },
    server::db::Db,
};

/// Changes of a run within this time become one message.
const COALESCE: Duration = Duration::from_millis(100);
/// How many messages a slow viewer may lag behind before it is told to ask again.
const BACKLOG: usize = 256;

/// Where changes are announced and viewers listen. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    tenants: Mutex<HashMap<TenantId, broadcast::Sender<LiveEvent>>>,
    changes: mpsc::UnboundedSender<Run>,
    tasks: Arc<Notify>,
}

impl Hub {
    /// Starts the hub's tasks; they end with the last clone of the hub.
    pub fn start(db: &Db) -> Self {
        let (changes, inbox) = mpsc::unbounded_channel();
        let inner = Arc::new(Inner { tenants: Mutex::default(), changes, tasks: Arc::new(Notify::new()) });
        let hub = Self { inner };
        let others = nodes::connect(db, &hub);
        tokio::spawn(deliver(inbox, Arc::downgrade(&hub.inner), others));
        hub
    }

    /// Announces a committed change.
    pub fn publish(&self, run: &Run) {
        // The receiver lives as long as the hub.
        let _ = self.inner.changes.send(run.clone());
    }

    /// Wakes the workers of this process: there is a task.
    pub fn task_queued(&self) {
        self.inner.tasks.notify_one();
    }

    /// What workers wait on between looks at the queue.
    pub fn tasks(&self) -> Arc<Notify> {
        self.inner.tasks.clone()
    }

    /// Every change of the tenant's runs from now on.
    pub fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        self.inner.tenants().entry(tenant).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Sends runs to the viewers on this node.
    pub(super) fn show(&self, runs: impl IntoIterator<Item = Run>) {
        self.inner.show(runs);
    }

    /// Tells every viewer on this node that changes may have been missed.
    pub(super) fn gap(&self) {
        for sender in self.inner.tenants().values() {
            let _ = sender.send(LiveEvent::Gap);
        }
    }

    pub(super) fn downgrade(&self) -> WeakHub {
        WeakHub(Arc::downgrade(&self.inner))
    }
}

/// A hub that is not kept alive.
pub(super) struct WeakHub(std::sync::Weak<Inner>);

impl WeakHub {
    pub(super) fn upgrade(&self) -> Option<Hub> {
        self.0.upgrade().map(|inner| Hub { inner })
    }
}

impl Inner {
    fn tenants(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, broadcast::Sender<LiveEvent>>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, runs: impl IntoIterator<Item = Run>) {
        let mut tenants = self.tenants();
        for run in runs {
            let tenant = run.tenant_id;
            if let Some(sender) = tenants.get(&tenant)
                && sender.send(LiveEvent::Run { run: Box::new(run) }).is_err()
            {
                // The last viewer of the tenant has gone.
                tenants.remove(&tenant);
            }
        }
    }
}

/// Gathers changes for a moment, keeps the newest of each run, and hands them out.
async fn deliver(
    mut inbox: mpsc::UnboundedReceiver<Run>,
    hub: std::sync::Weak<Inner>,
    others: Option<mpsc::UnboundedSender<Vec<RunId>>>,
) {
    while let Some(first) = inbox.recv().await {
        let mut changed = BTreeMap::from([(first.id, first)]);
        tokio::time::sleep(COALESCE).await;
        while let Ok(run) = inbox.try_recv() {
            let newest = changed.entry(run.id).or_insert_with(|| run.clone());
            if newest.updated_at <= run.updated_at {
                *newest = run;
            }
        }
        if let Some(others) = &others {
            let _ = others.send(changed.keys().copied().collect());
        }
        let Some(hub) = hub.upgrade() else { return };
        hub.show(changed.into_values());
    }
}
