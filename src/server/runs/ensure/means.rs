//! The transactions of `ensure_run`: many requests in each.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use serde_json::json;

use super::{Birth, Claim, Claimed, JoinRequest};
use crate::{
    model::{
        ids::{RunId, TenantId},
        run::{Run, RunEventKind},
    },
    server::{
        clock::Clock,
        db::{
            Db, DbResult, Tx,
            ensure::{self, Joins, NewRun},
        },
        live::Hub,
        runs::{
            RunMirror,
            change::event,
            listen::{RunListener, RunMoment},
        },
    },
};

/// What the writing needs.
#[derive(Clone)]
pub struct Means {
    pub db: Db,
    pub clock: Clock,
    pub live: Hub,
    pub mirrors: Arc<[Box<dyn RunMirror>]>,
    pub listeners: Arc<[Box<dyn RunListener>]>,
}

impl Means {
    /// Writes each run, with its first line of history, its task, its producer's record and what listeners make of it,
    /// unless its identity is active.
    pub(super) async fn create(&self, runs: &[Arc<Birth>]) -> DbResult<Vec<bool>> {
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

    pub(super) async fn claim(&self, birth: &Arc<Birth>, claim: &Claim<'_>) -> DbResult<Claimed> {
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
    pub(super) async fn join(&self, requests: &[Arc<JoinRequest>]) -> DbResult<Vec<Option<Run>>> {
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
