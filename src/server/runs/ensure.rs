//! How `ensure_run` writes: what is asked for at the same time is created in one transaction, and joined in one.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use futures::FutureExt;
use serde_json::json;

use super::{
    RunMirror,
    change::event,
    gather::Gatherer,
    listen::{RunListener, RunMoment},
};
use crate::{
    model::{
        ids::TenantId,
        run::{Initiator, Run, RunEventKind},
    },
    server::{
        clock::Clock,
        db::{
            Db, DbResult,
            ensure::{self, Joins},
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
}

/// The two queues. Cheap to clone.
#[derive(Clone)]
pub(super) struct Ensuring {
    births: Gatherer<FullRun, bool>,
    /// Apart from the births: who joins a run that a job holds for a moment must not hold up who creates another.
    joins: Gatherer<JoinRequest, Option<Run>>,
}

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
        let (to_create, to_join) = (Arc::new(means.clone()), Arc::new(means));
        Self {
            births: Gatherer::start(move |runs| {
                let means = to_create.clone();
                async move { means.create(&runs).await }.boxed()
            }),
            joins: Gatherer::start(move |requests| {
                let means = to_join.clone();
                async move { means.join(&requests).await }.boxed()
            }),
        }
    }

    /// Whether the queued run was written: not when its identity is active.
    pub(super) async fn create(&self, run: Arc<FullRun>) -> DbResult<bool> {
        self.births.ask(run).await
    }

    /// The active run, the request counted on it; none when there is none.
    pub(super) async fn join(&self, request: JoinRequest) -> DbResult<Option<Run>> {
        self.joins.ask(Arc::new(request)).await
    }
}

impl Means {
    /// Writes each run, with its first line of history, its task, its producer's record and what listeners make of it,
    /// unless its identity is active.
    async fn create(&self, runs: &[Arc<FullRun>]) -> DbResult<Vec<bool>> {
        let mut tx = self.db.begin().await?;
        let births: Vec<_> = runs.iter().map(|full| (&**full, self.clock.new_id())).collect();
        let created: HashSet<_> = ensure::create(&mut tx, &births, self.clock.now()).await?.into_iter().collect();
        let born: Vec<&FullRun> =
            runs.iter().map(|full| &**full).filter(|full| created.contains(&full.run.id)).collect();
        for mirror in self.mirrors.iter() {
            let of_type = born.iter().filter(|full| full.run.operation_type == mirror.operation_type());
            let new: Vec<_> = of_type.map(|full| (self.clock.new_id(), *full)).collect();
            if !new.is_empty() {
                mirror.write_new(&mut tx, &new).await?;
            }
        }
        for listener in self.listeners.iter() {
            for full in &born {
                listener.hear(&mut tx, &self.clock, RunMoment::Created, &full.run).await?;
            }
        }
        tx.commit().await?;
        for full in &born {
            self.live.publish(&full.run);
        }
        if !born.is_empty() {
            self.live.task_queued();
        }
        Ok(runs.iter().map(|full| created.contains(&full.run.id)).collect())
    }

    /// Counts each request on the active run of its identity, with a line of history of its own.
    async fn join(&self, requests: &[Arc<JoinRequest>]) -> DbResult<Vec<Option<Run>>> {
        let mut times: BTreeMap<(TenantId, &str), i32> = BTreeMap::new();
        for request in requests {
            *times.entry((request.tenant, &request.run_identity_hash)).or_default() += 1;
        }
        let asked: Vec<_> =
            times.into_iter().map(|((tenant, hash), times)| Joins { tenant, hash: hash.to_owned(), times }).collect();
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let joined: HashMap<_, _> = ensure::join(&mut tx, &asked, now)
            .await?
            .into_iter()
            .map(|(hash, run)| ((run.tenant_id, hash), run))
            .collect();
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
            ensure::note(&mut tx, &lines).await?;
        }
        for listener in self.listeners.iter() {
            for request in requests {
                if let (Some(run), Some(user)) = (run_of(request), request.by.user_id) {
                    listener.hear(&mut tx, &self.clock, RunMoment::Joined(user), run).await?;
                }
            }
        }
        tx.commit().await?;
        for run in joined.values() {
            self.live.publish(run);
        }
        Ok(requests.iter().map(|request| run_of(request).cloned()).collect())
    }
}
