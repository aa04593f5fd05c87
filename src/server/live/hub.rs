//! The hub: one broadcast a tenant and one a person, and one task that gathers changes and sends them on.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, broadcast, mpsc, oneshot};

use super::{
    CancelWatch,
    cancel::CancelBoard,
    nodes,
    people::{self, InboxChange, LateSchedule},
    wake,
};
use crate::{
    model::{
        ids::{NotificationId, RunId, TenantId, UserId},
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
    users: Mutex<HashMap<UserId, broadcast::Sender<LiveEvent>>>,
    changes: mpsc::UnboundedSender<Change>,
    tasks: Arc<Notify>,
    cancels: CancelBoard,
    /// For the workers of other nodes: holds one word at most, because one wakes them.
    queued: mpsc::Sender<()>,
    work: Arc<Notify>,
}

/// What is announced.
enum Change {
    Run {
        run: Box<Run>,
        /// Somebody has joined it just now.
        joined: bool,
    },
    Inbox(InboxChange),
    Late(LateSchedule),
    /// Somebody waits until everything before it is out.
    Flush(oneshot::Sender<()>),
}

/// What the other nodes are told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub runs: Vec<RunId>,
    /// Those of them that people may have been told of, whatever came of them since.
    pub telling: BTreeSet<RunId>,
    pub inboxes: Vec<InboxChange>,
    pub late: Vec<LateSchedule>,
    /// Dropped when all of it is out.
    pub flushed: Vec<oneshot::Sender<()>>,
}

impl Hub {
    /// Starts the hub's tasks; they end with the last clone of the hub.
    pub fn start(db: &Db) -> Self {
        Self::start_probing(db, nodes::PROBE_EVERY)
    }

    /// The same for who proves more often that it still hears the other nodes.
    pub fn start_probing(db: &Db, probe_every: Duration) -> Self {
        let (changes, inbox) = mpsc::unbounded_channel();
        let (queued, wake_others) = mpsc::channel(1);
        let inner = Arc::new(Inner {
            tenants: Mutex::default(),
            users: Mutex::default(),
            changes,
            tasks: Arc::new(Notify::new()),
            cancels: CancelBoard::default(),
            queued,
            work: Arc::new(Notify::new()),
        });
        let hub = Self { inner };
        let others = db.between_nodes().map(|pool| {
            wake::connect(&pool, &hub, wake_others);
            nodes::connect(db, &pool, &hub, probe_every)
        });
        tokio::spawn(deliver(db.clone(), inbox, hub.downgrade(), others));
        hub
    }

    /// Announces a committed change.
    pub fn publish(&self, run: &Run) {
        // The receiver lives as long as the hub.
        let _ = self.inner.changes.send(Change::Run { run: Box::new(run.clone()), joined: false });
    }

    /// Announces that somebody has joined a run.
    pub fn publish_joined(&self, run: &Run) {
        let _ = self.inner.changes.send(Change::Run { run: Box::new(run.clone()), joined: true });
    }

    /// Announces that a person has read or put away notifications.
    pub fn inbox_changed(&self, user: UserId, unread: u64, toasted: Vec<NotificationId>) {
        let _ = self.inner.changes.send(Change::Inbox(InboxChange { user, unread, toasted }));
    }

    /// Announces that members were told of a late schedule.
    pub fn schedule_late(&self, tenant: TenantId, subject: String) {
        let _ = self.inner.changes.send(Change::Late(LateSchedule { tenant, subject }));
    }

    /// Waits until everything announced before is out, also to the other nodes: for a process that ends now.
    pub async fn flush(&self) {
        let (done, out) = oneshot::channel();
        let _ = self.inner.changes.send(Change::Flush(done));
        // Nobody answers: the sender is dropped once all is out, or when the database does not take it.
        let _ = out.await;
    }

    /// Wakes the workers, of this process and of the other nodes: there is a task.
    pub fn task_queued(&self) {
        self.wake_workers();
        // When there is one in it already, that one will do.
        let _ = self.inner.queued.try_send(());
    }

    /// Wakes the workers of this process.
    pub(super) fn wake_workers(&self) {
        self.inner.tasks.notify_one();
        self.inner.work.notify_waiters();
    }

    /// What workers wait on between looks at the queue.
    pub fn tasks(&self) -> Arc<Notify> {
        self.inner.tasks.clone()
    }

    /// Wakes those who have a task and wait for a run that they may begin.
    pub fn run_ended(&self) {
        self.inner.work.notify_waiters();
    }

    /// What those who have a task and no run wait on.
    pub fn work(&self) -> Arc<Notify> {
        self.inner.work.clone()
    }

    /// For who does a run: hears when it is cancelled, wherever that is asked for.
    pub fn watch(&self, run: RunId) -> CancelWatch {
        self.inner.cancels.watch(run)
    }

    /// Every change of the tenant's runs from now on.
    pub fn subscribe(&self, tenant: TenantId) -> broadcast::Receiver<LiveEvent> {
        self.inner.tenants().entry(tenant).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// What this person is told from now on, whatever tenant's page is open.
    pub fn subscribe_person(&self, user: UserId) -> broadcast::Receiver<LiveEvent> {
        self.inner.users().entry(user).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Whether anybody's page is open on this node.
    pub(super) fn has_people(&self) -> bool {
        self.inner.users().values().any(|pages| pages.receiver_count() > 0)
    }

    /// Whether a page of this person is open on this node.
    pub(super) fn has(&self, user: UserId) -> bool {
        self.inner.users().get(&user).is_some_and(|pages| pages.receiver_count() > 0)
    }

    /// Sends an event to the open pages of a person on this node.
    pub(super) fn tell(&self, user: UserId, event: LiveEvent) {
        let mut users = self.inner.users();
        if let Some(sender) = users.get(&user)
            && sender.send(event).is_err()
        {
            // The last page of theirs has gone.
            users.remove(&user);
        }
    }

    /// Sends runs to the viewers on this node.
    pub(super) fn show(&self, runs: impl IntoIterator<Item = Run>) {
        self.inner.show(runs);
    }

    /// Tells every viewer on this node that changes may have been missed.
    pub(super) fn gap(&self) {
        self.tell_all(&LiveEvent::Gap);
    }

    /// Tells every viewer on this node that nothing is heard of changes for now.
    pub(super) fn database_away(&self) {
        self.tell_all(&LiveEvent::DatabaseAway);
    }

    fn tell_all(&self, event: &LiveEvent) {
        for sender in self.inner.tenants().values() {
            let _ = sender.send(event.clone());
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

    fn users(&self) -> std::sync::MutexGuard<'_, HashMap<UserId, broadcast::Sender<LiveEvent>>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, runs: impl IntoIterator<Item = Run>) {
        let mut tenants = self.tenants();
        for run in runs {
            self.cancels.heed(&run);
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
    db: Db,
    mut inbox: mpsc::UnboundedReceiver<Change>,
    hub: WeakHub,
    others: Option<mpsc::UnboundedSender<Told>>,
) {
    while let Some(first) = inbox.recv().await {
        let (mut runs, mut told) = (BTreeMap::new(), Told::default());
        gather(first, &mut runs, &mut told);
        tokio::time::sleep(COALESCE).await;
        while let Ok(change) = inbox.try_recv() {
            gather(change, &mut runs, &mut told);
        }
        told.runs = runs.keys().copied().collect();
        let Some(hub) = hub.upgrade() else { return };
        hub.show(runs.into_values());
        people::tell(&db, &hub, &told.telling, &told.inboxes, &told.late).await;
        if let Some(others) = &others {
            let _ = others.send(told);
        }
    }
}

fn gather(change: Change, runs: &mut BTreeMap<RunId, Run>, told: &mut Told) {
    match change {
        Change::Run { run, joined } => {
            // A worker may begin what was created a moment ago: the newest state alone would not say that it is new.
            if joined || people::may_tell(&run) {
                told.telling.insert(run.id);
            }
            let newest = runs.entry(run.id).or_insert_with(|| (*run).clone());
            if newest.updated_at <= run.updated_at {
                *newest = *run;
            }
        }
        Change::Inbox(change) => told.inboxes.push(change),
        Change::Late(late) => told.late.push(late),
        Change::Flush(done) => told.flushed.push(done),
    }
}
