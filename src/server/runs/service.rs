//! `OperationRunService`: the one way to create a run and to change it.

use std::sync::Arc;

use serde_json::Value;
use tracing::info;

use super::{
    RunMirror,
    ensure::{Birth, Claim, Claimed, Ensuring, JoinRequest, Means},
    listen::{RunListener, RunMoment},
};
use crate::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, Run, RunDetail, RunEvent, RunStatus, Started, SummaryCounts},
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{Db, DbResult, Tx, rows::FullRun, run_events, runs, scope::TenantScope},
        live::{CancelWatch, Hub},
        runs::identity::run_identity_hash,
    },
};

/// How often `ensure_run` looks again when the run that it was about to join ended in that moment.
const ENSURE_TRIES: usize = 16;

/// A request for work.
#[derive(Debug, Clone)]
pub struct NewRun {
    pub operation_type: OperationType,
    /// What makes two requests the same work, beside the type.
    pub inputs: Value,
    /// Facts for people, shown with the run. An object.
    pub context: Value,
    pub initiator: Initiator,
    /// The completed run that this one does again.
    pub retry_of: Option<RunId>,
}

/// What came of a request: a run of its own, or the active one of the same identity.
#[derive(Debug, Clone)]
pub enum Ensured {
    Created(Run),
    Joined(Run),
}

impl Ensured {
    pub const fn run(&self) -> &Run {
        match self {
            Self::Created(run) | Self::Joined(run) => run,
        }
    }
}

impl From<Ensured> for Started {
    fn from(ensured: Ensured) -> Self {
        let created = matches!(ensured, Ensured::Created(_));
        match ensured {
            Ensured::Created(run) | Ensured::Joined(run) => Self { run, created },
        }
    }
}

/// Why a run was not created.
#[derive(Debug, thiserror::Error)]
pub enum EnsureError {
    #[error("the inputs have no canonical form: {0}")]
    Inputs(#[from] serde_json::Error),
    #[error("the run could neither be created nor joined in {ENSURE_TRIES} tries")]
    Contended,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct OperationRunService {
    db: Db,
    clock: Clock,
    live: Hub,
    mirrors: Arc<[Box<dyn RunMirror>]>,
    listeners: Arc<[Box<dyn RunListener>]>,
    ensuring: Ensuring,
    beats: Db,
}

impl OperationRunService {
    pub fn new(
        db: Db,
        clock: Clock,
        live: Hub,
        mirrors: Vec<Box<dyn RunMirror>>,
        listeners: Vec<Box<dyn RunListener>>,
    ) -> Self {
        let (mirrors, listeners): (Arc<[_]>, Arc<[_]>) = (mirrors.into(), listeners.into());
        let means = Means {
            db: db.clone(),
            clock: clock.clone(),
            live: live.clone(),
            mirrors: mirrors.clone(),
            listeners: listeners.clone(),
        };
        let beats = db.beats();
        Self { db, clock, live, mirrors, listeners, ensuring: Ensuring::start(means), beats }
    }

    /// The database for signs of life.
    pub(super) const fn beats(&self) -> &Db {
        &self.beats
    }

    pub const fn db(&self) -> &Db {
        &self.db
    }

    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Creates a run with its queued task, or joins the tenant's active run of the same identity.
    /// The row, its first line of history and its task are one transaction, which requests of the same moment share.
    pub async fn ensure_run(&self, scope: TenantScope, new: NewRun) -> Result<Ensured, EnsureError> {
        self.ensure_run_for(scope, new, None).await
    }

    /// The same for somebody whose deed goes down in the audit log, in the same transaction.
    pub async fn ensure_run_for(
        &self,
        scope: TenantScope,
        new: NewRun,
        deed: Option<Deed>,
    ) -> Result<Ensured, EnsureError> {
        let hash = run_identity_hash(new.operation_type, &new.inputs)?;
        let mut may_create = !self.ensuring.looks_active(scope.tenant(), &hash);
        for _ in 0..ENSURE_TRIES {
            if std::mem::replace(&mut may_create, true) {
                let full = self.queued(scope, &new, hash.clone());
                let birth = Arc::new(Birth { full, deed: deed.clone() });
                if self.ensuring.create(birth.clone()).await? {
                    let run = &birth.full.run;
                    info!(run = %run.id, r#type = %new.operation_type, tenant = %scope.tenant(), "run created");
                    return Ok(Ensured::Created(run.clone()));
                }
            }
            let request = JoinRequest {
                tenant: scope.tenant(),
                run_identity_hash: hash.clone(),
                by: new.initiator.clone(),
                retry_of: new.retry_of,
                deed: deed.clone(),
            };
            if let Some(run) = self.ensuring.join(request).await? {
                info!(run = %run.id, tenant = %scope.tenant(), "run joined");
                return Ok(Ensured::Joined(run));
            }
            // The active run has ended meanwhile: the way is free for a new one.
        }
        Err(EnsureError::Contended)
    }

    /// The same for a request that many make at once and one may: `claim` is asked in the transaction, with the run that
    /// would come of it. When it says no, nothing is written, and there is none.
    pub async fn ensure_run_if(
        &self,
        scope: TenantScope,
        new: NewRun,
        claim: &Claim<'_>,
    ) -> Result<Option<Ensured>, EnsureError> {
        let hash = run_identity_hash(new.operation_type, &new.inputs)?;
        for _ in 0..ENSURE_TRIES {
            let birth = Arc::new(Birth { full: self.queued(scope, &new, hash.clone()), deed: None });
            match self.ensuring.claim(&birth, claim).await? {
                Claimed::Refused => return Ok(None),
                Claimed::Created => return Ok(Some(Ensured::Created(birth.full.run.clone()))),
                Claimed::Joined(run) => return Ok(Some(Ensured::Joined(*run))),
                Claimed::Neither => {}
            }
        }
        Err(EnsureError::Contended)
    }

    fn queued(&self, scope: TenantScope, new: &NewRun, hash: String) -> FullRun {
        let now = self.clock.now();
        FullRun {
            run: Run {
                id: RunId(self.clock.new_id()),
                tenant_id: scope.tenant(),
                operation_type: new.operation_type,
                status: RunStatus::Queued,
                outcome: None,
                initiator: new.initiator.clone(),
                attempt: 0,
                summary_counts: SummaryCounts::default(),
                progress: None,
                joined_count: 0,
                cancel_requested: None,
                retry_of: new.retry_of,
                released_at: None,
                sample: false,
                heartbeat_at: None,
                created_at: now,
                started_at: None,
                completed_at: None,
                updated_at: now,
            },
            run_identity_hash: hash,
            failures: Vec::new(),
            context: new.context.clone(),
        }
    }

    /// Wakes the workers of this process: there is work.
    pub(super) fn wake(&self) {
        self.live.task_queued();
    }

    pub fn live(&self) -> &Hub {
        &self.live
    }

    /// For who does a run: hears that it is cancelled.
    pub(super) fn watch_cancel(&self, run: RunId) -> CancelWatch {
        self.live.watch(run)
    }

    /// Tells viewers how a run now is; for those who committed a change themselves.
    pub fn publish(&self, run: &Run) {
        self.live.publish(run);
    }

    pub(super) async fn note(&self, tx: &mut Tx, run: RunId, line: &RunEvent) -> DbResult<()> {
        run_events::insert(tx, self.clock.new_id(), run, line).await
    }

    pub(super) async fn tell(&self, tx: &mut Tx, moment: RunMoment, run: &Run) -> DbResult<()> {
        for listener in self.listeners.iter() {
            listener.hear(tx, &self.clock, moment, run).await?;
        }
        Ok(())
    }

    pub(super) fn mirrors_of(&self, operation_type: OperationType) -> impl Iterator<Item = &dyn RunMirror> {
        self.mirrors.iter().map(|mirror| &**mirror).filter(move |mirror| mirror.operation_type() == operation_type)
    }

    pub(super) async fn mirror(&self, tx: &mut Tx, full: &FullRun) -> DbResult<()> {
        for mirror in self.mirrors_of(full.run.operation_type) {
            mirror.write(tx, self.clock.new_id(), full).await?;
        }
        Ok(())
    }

    /// All there is to tell of one run of the tenant.
    pub async fn detail(&self, scope: TenantScope, id: RunId) -> DbResult<Option<RunDetail>> {
        let Some(full) = runs::find(&self.db, scope, id).await? else { return Ok(None) };
        let events = run_events::list(&self.db, scope, id).await?;
        let retried_by = runs::retries(&self.db, scope, id).await?;
        Ok(Some(RunDetail {
            run: full.run,
            run_identity_hash: full.run_identity_hash,
            failures: full.failures,
            context: full.context,
            events,
            retried_by,
        }))
    }
}
