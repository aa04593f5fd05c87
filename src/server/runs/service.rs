//! `OperationRunService`: the one way to create a run and to change it.

use std::sync::Arc;

use serde_json::{Value, json};
use tracing::info;

use super::{
    RunMirror, change,
    listen::{RunListener, RunMoment},
};
use crate::{
    model::{
        ids::RunId,
        operation::OperationType,
        run::{Initiator, Run, RunDetail, RunEvent, RunEventKind, RunStatus, Started, SummaryCounts},
    },
    server::{
        clock::Clock,
        db::{Db, DbResult, Tx, rows::FullRun, run_events, runs, scope::TenantScope, tasks},
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
}

impl OperationRunService {
    pub fn new(
        db: Db,
        clock: Clock,
        live: Hub,
        mirrors: Vec<Box<dyn RunMirror>>,
        listeners: Vec<Box<dyn RunListener>>,
    ) -> Self {
        Self { db, clock, live, mirrors: mirrors.into(), listeners: listeners.into() }
    }

    pub const fn db(&self) -> &Db {
        &self.db
    }

    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Creates a run with its queued task, or joins the tenant's active run of the same identity.
    /// The row, its first line of history and its task are one transaction.
    pub async fn ensure_run(&self, scope: TenantScope, new: NewRun) -> Result<Ensured, EnsureError> {
        let hash = run_identity_hash(new.operation_type, &new.inputs)?;
        for _ in 0..ENSURE_TRIES {
            let mut tx = self.db.begin().await?;
            let full = self.queued(scope, &new, hash.clone());
            if runs::insert(&mut tx, &full).await? {
                let line = change::event(RunEventKind::Created, &new.initiator.name, 0, json!({}), full.run.created_at);
                self.note(&mut tx, full.run.id, &line).await?;
                self.mirror(&mut tx, &full).await?;
                tasks::push(&mut tx, full.run.id, full.run.created_at).await?;
                self.tell(&mut tx, RunMoment::Created, &full.run).await?;
                tx.commit().await?;
                info!(run = %full.run.id, r#type = %new.operation_type, tenant = %scope.tenant(), "run created");
                self.live.publish(&full.run);
                self.live.task_queued();
                return Ok(Ensured::Created(full.run));
            }
            let now = self.clock.now();
            if let Some(run) = runs::join(&mut tx, scope, &hash, now).await? {
                let user = new.initiator.user_id;
                let line = change::event(
                    RunEventKind::Joined,
                    &new.initiator.name,
                    run.attempt,
                    json!({ "user_id": user }),
                    now,
                );
                self.note(&mut tx, run.id, &line).await?;
                if let Some(user) = user {
                    self.tell(&mut tx, RunMoment::Joined(user), &run).await?;
                }
                tx.commit().await?;
                info!(run = %run.id, tenant = %scope.tenant(), "run joined");
                self.live.publish(&run);
                return Ok(Ensured::Joined(run));
            }
            // The active run ended between the two statements: the way is free for a new one.
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
