//! What a crash, or somebody's hand, left between the ledger and its queue: found, told, and put right.

use std::{fmt, time::Duration};

use chrono::TimeDelta;
use serde::Serialize;

use super::OperationRunService;
use crate::{
    model::ids::RunId,
    server::db::{
        DbResult, Tx, life,
        parked::{self, ParkedTask},
        restores,
        tasks::{self, RunTask},
    },
};

/// How many tasks are looked at one by one.
const LOOKED_AT: i64 = 1_000;

/// What is wrong, or was put right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Repairs {
    /// Runs that wait although no task says so: they get one.
    pub runs_without_task: u64,
    /// Tasks of runs that do not exist: they are removed.
    pub tasks_without_run: u64,
    /// Tasks whose id the queue cannot read, which would stop its worker: they are put aside.
    pub tasks_unreadable: u64,
}

/// How the installation is, for its operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    pub waiting: i64,
    pub running: i64,
    /// What the next start of a worker puts right.
    pub repairs: Repairs,
    /// Running runs without a sign of life for longer than the lease: they are given to another worker.
    pub silent: i64,
    /// Active runs of types that this version does not know: a newer one does them.
    pub unknown_type: i64,
    /// Confirmed restores that nobody gives a sign of life for: a worker goes on with them.
    pub restores_half_way: i64,
    /// Tasks that were put aside, to be looked at by a person.
    pub parked: Vec<String>,
}

impl Repairs {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Health {
    pub fn is_well(&self) -> bool {
        let nobody_waits = self.silent == 0 && self.unknown_type == 0 && self.restores_half_way == 0;
        self.repairs.is_empty() && nobody_waits && self.parked.is_empty()
    }
}

impl fmt::Display for Repairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { runs_without_task, tasks_without_run, tasks_unreadable } = self;
        write!(
            f,
            "{runs_without_task} runs without a task, {tasks_without_run} tasks without a run, \
             {tasks_unreadable} tasks that cannot be read"
        )
    }
}

impl OperationRunService {
    /// Puts right what is wrong between ledger and queue. Safe at any time and on any number of nodes: a task too many
    /// finds nothing to do.
    pub async fn repair(&self) -> DbResult<Repairs> {
        let mut tx = self.db().begin().await?;
        let done = self.put_right(&mut tx).await?;
        if done.is_empty() {
            return Ok(done);
        }
        tx.commit().await?;
        self.wake();
        Ok(done)
    }

    /// The same without changing anything, and what else an operator should know.
    pub async fn health(&self, lease: Duration) -> DbResult<Health> {
        let mut tx = self.db().begin().await?;
        let lease = TimeDelta::from_std(lease).unwrap_or(TimeDelta::MAX);
        let load = life::load(&mut tx, self.clock().now() - lease).await?;
        let restores_half_way = restores::half_way(&mut tx, self.clock().now() - lease / 2).await?;
        // Never committed.
        let repairs = self.put_right(&mut tx).await?;
        drop(tx);
        let parked = parked::list(self.db()).await?.into_iter();
        let told = |ParkedTask { task_id, reason, .. }| format!("{task_id}: {reason}");
        Ok(Health {
            waiting: load.waiting,
            running: load.held,
            repairs,
            silent: load.silent,
            unknown_type: load.unknown,
            restores_half_way,
            parked: parked.map(told).collect(),
        })
    }

    async fn put_right(&self, tx: &mut Tx) -> DbResult<Repairs> {
        let now = self.clock().now();
        let mut done = Repairs::default();
        let mut promised = Vec::new();
        for task in parked::pending(tx, LOOKED_AT).await? {
            if !task.is_sound() {
                let reason = "The queue cannot read the task's id.";
                parked::add(tx, self.clock().new_id(), &task.id, &task.job, reason, now).await?;
                done.tasks_unreadable += parked::remove(tx, &task.id).await?;
            } else if let RunTask::For(run) = RunTask::from_bytes(&task.job) {
                promised.push((task.id, run));
            }
        }
        let runs: Vec<RunId> = promised.iter().map(|(_, run)| *run).collect();
        let known = life::existing(tx, &runs).await?;
        for (task, _) in promised.iter().filter(|(_, run)| !known.contains(run)) {
            done.tasks_without_run += parked::remove(tx, task).await?;
        }
        let load = life::load(tx, now).await?;
        // A running run has used its task, or another's: what is left must do for those that wait.
        let left = parked::open(tx).await? - load.held;
        let missing = load.waiting - left.max(0);
        for run in life::waiting_ids(tx, missing.max(0)).await? {
            tasks::push_again(tx, self.clock().new_id(), run).await?;
            done.runs_without_task += 1;
        }
        Ok(done)
    }
}
