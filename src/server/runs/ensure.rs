//! How `ensure_run` writes: what is asked for at the same time is created in one transaction, and joined in one.

mod means;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};

pub(super) use self::means::Means;
use super::gather::Gatherer;
use crate::{
    model::{
        ids::{RunId, TenantId},
        run::{Initiator, Run},
    },
    server::{
        audit::Deed,
        db::{DbResult, Tx, rows::FullRun},
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
