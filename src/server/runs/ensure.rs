//! How `ensure_run` writes: what is asked for at the same time is created in one transaction, and joined in one.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::json;

use super::{
    RunMirror,
    change::event,
    gather::Gatherer,
    listen::{RunListener, RunMoment},
};
use crate::{
    model::{
        ids::{RunId, TenantId},
        run::{Initiator, Run, RunEventKind},
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{
            Db, DbResult, Tx,
            ensure::{self, Joins, NewRun},
            rows::FullRun,
        },
        live::Hub,
    },
};

/// A request for work that is active already.
#[derive(Debug)]
pub(super) struct JoinRequest {
    pub tenant: TenantId,
    pub run_identity_hash: String,
    pub by: Initiator,
    /// The run that it is to do again.
    pub retry_of: Option<RunId>,
    /// For the audit log.
    pub deed: Option<Deed>,
}

/// A run that is to be created.
#[derive(Debug)]
pub(super) struct Birth {
    pub full: FullRun,
    /// For the audit log.
    pub deed: Option<Deed>,
}

/// Says, in the transaction of a run, whether the run may come of the request.
pub type Claim<'c> = dyn for<'a> Fn(&'a mut Tx, RunId) -> BoxFuture<'a, DbResult<bool>> + Send + Sync + 'c;

/// What came of a request with a claim.
pub(super) enum Claimed {
    /// The claim was not granted, and nothing was written.
    Refused,
    Created,
    Joined(Box<Run>),
    /// The active run ended between the two statements.
    Neither,
}

/// The two queues. Cheap to clone.
#[derive(Clone)]
pub(super) struct Ensuring {
    births: Gatherer<Birth, bool>,
    /// Apart from the births: who joins a run that a job holds for a moment must not hold up who creates another.
    joins: Gatherer<JoinRequest, Option<Run>>,
    /// For requests that have a transaction to themselves.
    alone: Arc<Means>,
    /// Identities that were joined lately: whoever wants one of them next joins at once, and creates only when that fails.
    joined: Arc<Mutex<HashSet<Identity>>>,
}

/// A tenant and a run identity hash.
type Identity = (TenantId, String);

/// More identities than this are not remembered.
const REMEMBERED: usize = 1_000;

/// What the writing needs.
#[derive(Clone)]
pub(super) struct Means {
    pub db: Db,
    pub clock: Clock,
    pub live: Hub,
    pub mirrors: Arc<[Box<dyn RunMirror>]>,
    pub listeners: Arc<[Box<dyn RunListener>]>,
}

impl Ensuring {
    pub(super) fn start(means: Means) -> Self {
        let alone = Arc::new(means);
        let (to_create, to_join) = (alone.clone(), alone.clone());
        Self {
            alone,
            births: Gatherer::start(move |runs| {
                let means = to_create.clone();
                async move { means.create(&runs).await }.boxed()
            }),
            joins: Gatherer::start(move |requests| {
                let means = to_join.clone();
                async move { means.join(&requests).await }.boxed()
            }),
            joined: Arc::default(),
        }
    }

    /// Whether the identity was active a moment ago, so that joining is worth the first try.
    pub(super) fn looks_active(&self, tenant: TenantId, run_identity_hash: &str) -> bool {
        self.remembered().contains(&(tenant, run_identity_hash.to_owned()))
    }

    fn remembered(&self) -> MutexGuard<'_, HashSet<Identity>> {
        self.joined.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the queued run was written: not when its identity is active.
    pub(super) async fn create(&self, run: Arc<Birth>) -> DbResult<bool> {
        self.births.ask(run).await
    }

    /// Creates or joins in a transaction of its own, which holds the claim as well.
    pub(super) async fn claim(&self, run: &Arc<Birth>, claim: &Claim<'_>) -> DbResult<Claimed> {
        self.alone.claim(run, claim).await
    }

    /// The active run, the request counted on it; none when there is none.
    pub(super) async fn join(&self, request: JoinRequest) -> DbResult<Option<Run>> {
        let identity = (request.tenant, request.run_identity_hash.clone());
        let joined = self.joins.ask(Arc::new(request)).await?;
        let mut remembered = self.remembered();
        match joined {
            None => drop(remembered.remove(&identity)),
            Some(_) => {
                if remembered.len() >= REMEMBERED {
                    remembered.clear();
                }
                remembered.insert(identity);
            }
        }
        Ok(joined)
    }
}

impl Means {
    /// Writes each run, with its first line of history, its task, its producer's record and what listeners make of it,
    /// unless its identity is active.
    async fn create(&self, runs: &[Arc<Birth>]) -> DbResult<Vec<bool>> {
        let created = match &self.db {
            // A round trip in place of three.
            Db::Postgres(pool) if runs.iter().all(|birth| self.is_plain(birth)) => {
                ensure::create_at_once(pool, &self.with_ids(runs)).await?.into_iter().collect()
            }
            db => {
                let mut tx = db.begin().await?;
                let created = self.create_in(&mut tx, runs).await?;
                tx.commit().await?;
                created
            }
        };
        self.tell_born(runs, &created);
        Ok(runs.iter().map(|birth| created.contains(&birth.full.run.id)).collect())
    }

    /// Whether nobody has anything to write beside the run.
    fn is_plain(&self, birth: &Birth) -> bool {
        birth.deed.is_none() && self.mirrors_of(birth).next().is_none() && self.listeners_of(birth).next().is_none()
    }

    fn mirrors_of(&self, birth: &Birth) -> impl Iterator<Item = &dyn RunMirror> {
        let of = birth.full.run.operation_type;
        self.mirrors
            .iter()
            .map(|mirror| &**mirror)
            .filter(move |mirror| mirror.operation_type() == of && mirror.heeds_new())
    }

    fn listeners_of(&self, birth: &Birth) -> impl Iterator<Item = &dyn RunListener> {
        let run = &birth.full.run;
        self.listeners
            .iter()
            .map(|listener| &**listener)
            .filter(move |listener| listener.heeds(RunMoment::Created, run))
    }

    fn with_ids<'a>(&self, runs: &'a [Arc<Birth>]) -> Vec<NewRun<'a>> {
        let ids = || self.clock.new_id();
        runs.iter().map(|birth| NewRun { full: &birth.full, line: ids(), record: ids() }).collect()
    }

    async fn claim(&self, birth: &Arc<Birth>, claim: &Claim<'_>) -> DbResult<Claimed> {
        let full = &birth.full;
        let mut tx = self.db.begin().await?;
        let created = self.create_in(&mut tx, std::slice::from_ref(birth)).await?;
        if !created.is_empty() {
            if !claim(&mut tx, full.run.id).await? {
                return Ok(Claimed::Refused);
            }
            tx.commit().await?;
            self.tell_born(std::slice::from_ref(birth), &created);
            return Ok(Claimed::Created);
        }
        let request = Arc::new(JoinRequest {
            tenant: full.run.tenant_id,
            run_identity_hash: full.run_identity_hash.clone(),
            by: full.run.initiator.clone(),
            retry_of: full.run.retry_of,
            deed: birth.deed.clone(),
        });
        let Some(run) = self.join_in(&mut tx, &[request]).await?.into_values().next() else {
            return Ok(Claimed::Neither);
        };
        if !claim(&mut tx, run.id).await? {
            return Ok(Claimed::Refused);
        }
        tx.commit().await?;
        self.live.publish_joined(&run);
        Ok(Claimed::Joined(Box::new(run)))
    }

    /// Gives the ids of the runs that were written.
    async fn create_in(&self, tx: &mut Tx, runs: &[Arc<Birth>]) -> DbResult<HashSet<RunId>> {
        let created: HashSet<_> = ensure::create(tx, &self.with_ids(runs)).await?.into_iter().collect();
        for birth in runs.iter().filter(|birth| created.contains(&birth.full.run.id)) {
            for mirror in self.mirrors_of(birth) {
                mirror.write(tx, self.clock.new_id(), &birth.full).await?;
            }
            for listener in self.listeners_of(birth) {
                listener.hear(tx, &self.clock, RunMoment::Created, &birth.full.run).await?;
            }
            if let Some(deed) = &birth.deed {
                deed.led_to(tx, &self.clock, &birth.full.run, false).await?;
            }
        }
        Ok(created)
    }

    fn tell_born(&self, runs: &[Arc<Birth>], created: &HashSet<RunId>) {
        for birth in runs.iter().filter(|birth| created.contains(&birth.full.run.id)) {
            self.live.publish(&birth.full.run);
        }
        if !created.is_empty() {
            self.live.task_queued();
        }
    }

    /// Counts each request on the active run of its identity, with a line of history of its own.
    async fn join(&self, requests: &[Arc<JoinRequest>]) -> DbResult<Vec<Option<Run>>> {
        let mut tx = self.db.begin().await?;
        let joined = self.join_in(&mut tx, requests).await?;
        tx.commit().await?;
        for run in joined.values() {
            self.live.publish_joined(run);
        }
        let run_of = |request: &JoinRequest| joined.get(&(request.tenant, request.run_identity_hash.clone()));
        Ok(requests.iter().map(|request| run_of(request).cloned()).collect())
    }

    async fn join_in(&self, tx: &mut Tx, requests: &[Arc<JoinRequest>]) -> DbResult<HashMap<(TenantId, String), Run>> {
        let mut times: BTreeMap<(TenantId, &str), (i32, Option<RunId>)> = BTreeMap::new();
        for request in requests {
            let (count, retry_of) = times.entry((request.tenant, &request.run_identity_hash)).or_default();
            *count += 1;
            *retry_of = retry_of.or(request.retry_of);
        }
        let asked = times.into_iter().map(|((tenant, hash), (times, retry_of))| Joins {
            tenant,
            hash: hash.to_owned(),
            times,
            retry_of: retry_of.map(|run| run.0.simple()),
        });
        let asked: Vec<_> = asked.collect();
        let now = self.clock.now();
        let joined: HashMap<_, _> =
            ensure::join(tx, &asked, now).await?.into_iter().map(|(hash, run)| ((run.tenant_id, hash), run)).collect();
        let run_of = |request: &JoinRequest| joined.get(&(request.tenant, request.run_identity_hash.clone()));
        let mut lines = Vec::new();
        for request in requests {
            if let Some(run) = run_of(request) {
                let detail = json!({ "user_id": request.by.user_id });
                let line = event(RunEventKind::Joined, &request.by.name, run.attempt, detail, now);
                lines.push((self.clock.new_id(), run.id, line));
            }
        }
        if !lines.is_empty() {
            ensure::note(tx, &lines).await?;
        }
        for request in requests {
            if let (Some(run), Some(deed)) = (run_of(request), &request.deed) {
                deed.led_to(tx, &self.clock, run, true).await?;
            }
        }
        for listener in self.listeners.iter() {
            for request in requests {
                if let (Some(run), Some(user)) = (run_of(request), request.by.user_id) {
                    listener.hear(tx, &self.clock, RunMoment::Joined(user), run).await?;
                }
            }
        }
        Ok(joined)
    }
}
