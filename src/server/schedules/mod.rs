//! Schedules: operations that start by themselves. A due schedule becomes a run of `system` in the transaction that moves
//! it on to its next time, so that it fires once, whatever the number of nodes; what was missed is made up for once.

mod calendar;
mod clockwork;
mod draft;
mod late;
mod mirror;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use serde_json::json;
use tracing::{error, info};

pub use calendar::{Times, TimesError};
pub use clockwork::{clockwork, look};
pub use late::look_for_late;
pub use mirror::mirrors;

use super::{
    audit::{By, Deed},
    db::{
        runs,
        schedules::{self, Due, ScheduleRow},
        scope::TenantScope,
    },
    error::ServiceError,
    jobs,
    redact::detail,
    runs::{Ensured, NewRun, OperationRunService},
    state::AppState,
};
use crate::{
    error::AppError,
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        operation::OperationType,
        run::Initiator,
        schedule::{Schedule, ScheduleDraft, ScheduleForm, SchedulePage, ScheduleSettings},
    },
};

/// How many schedules a look takes; the rest comes with the next.
const AT_ONCE: i64 = 100;

/// The operations that can start by themselves: those that take no choice of anybody's.
pub fn schedulable() -> impl Iterator<Item = OperationType> {
    use OperationType::{DirectoryGroupsSync, DriftGenerate, InventorySync, PolicySync};
    let all = [InventorySync, PolicySync, DirectoryGroupsSync, DriftGenerate];
    all.into_iter().filter(|one| jobs::accept(*one, &json!({})).is_ok())
}

/// The schedules of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Schedules {
    runs: OperationRunService,
}

impl AppState {
    pub fn schedules(&self) -> Schedules {
        Schedules::new(self.runs.clone())
    }
}

impl Schedules {
    pub const fn new(runs: OperationRunService) -> Self {
        Self { runs }
    }

    /// The tenant's page, with the form of the schedule that is being edited.
    pub async fn page(
        &self,
        scope: TenantScope,
        edited: Option<OperationType>,
        draft: Option<ScheduleDraft>,
    ) -> Result<SchedulePage, ServiceError> {
        let rows = schedules::list(self.runs.db(), scope).await?;
        let form = edited.map(|operation_type| {
            let stored = rows.iter().find(|row| row.operation_type == operation_type);
            let other = rows.first();
            let draft = draft.unwrap_or_else(|| draft::of(operation_type, stored, other));
            draft::form(draft, self.runs.clock().now())
        });
        let mut schedules = Vec::new();
        for operation_type in schedulable() {
            let row = rows.iter().find(|row| row.operation_type == operation_type);
            let last_run = match row.and_then(|row| row.last_run_id) {
                None => None,
                Some(id) => runs::find(self.runs.db(), scope, id).await?.map(|full| full.run),
            };
            let settings = row.map(|row| self.settings(row));
            schedules.push(Schedule { operation_type, settings, last_run });
        }
        Ok(SchedulePage { schedules, form })
    }

    fn settings(&self, row: &ScheduleRow) -> ScheduleSettings {
        ScheduleSettings {
            words: Times::parse(&row.cron, &row.time_zone).map(|times| times.words()).unwrap_or_default(),
            cron: row.cron.clone(),
            time_zone: row.time_zone.clone(),
            expected_hours: row.expected_hours,
            next_run_at: row.next_run_at,
            last_succeeded_at: row.last_succeeded_at,
            late: late::is_late(row, self.runs.clock().now()),
            updated_by_name: row.updated_by_name.clone(),
        }
    }

    /// Sets a schedule up as the form says.
    ///
    /// # Errors
    /// The form, with what is wrong at which field.
    pub async fn save(
        &self,
        scope: TenantScope,
        by: impl Into<By>,
        draft: ScheduleDraft,
    ) -> Result<Result<(), Box<ScheduleForm>>, ServiceError> {
        let by = by.into();
        if !schedulable().any(|one| one == draft.operation_type) {
            return Err(AppError::invalid("This operation cannot start by itself.").into());
        }
        let now = self.runs.clock().now();
        let checked = match draft::check(&draft, now) {
            Ok(checked) => checked,
            Err(()) => return Ok(Err(Box::new(draft::form(draft, now)))),
        };
        let row = ScheduleRow {
            operation_type: draft.operation_type,
            cron: checked.times.expression(),
            time_zone: checked.times.zone_name().to_owned(),
            expected_hours: checked.expected_hours,
            enabled_at: draft.enabled.then_some(now),
            next_run_at: draft.enabled.then_some(checked.next),
            last_run_id: None,
            last_succeeded_at: None,
            updated_by_name: by.initiator.name.clone(),
            updated_at: now,
        };
        let subject = Subject::new(SubjectKind::Schedule, row.operation_type, row.operation_type.label());
        let deed = Deed::new(by, AuditAction::ScheduleSaved).with("enabled", draft.enabled).with("cron", &row.cron);
        let deed = deed.with("time_zone", &row.time_zone).with("expected_hours", row.expected_hours);
        let mut tx = self.runs.db().begin().await?;
        schedules::save(&mut tx, scope, &row).await?;
        deed.done_to(subject, &mut tx, self.runs.clock(), scope).await?;
        tx.commit().await?;
        info!(tenant = %scope.tenant(), r#type = %row.operation_type, on = draft.enabled, "schedule saved");
        Ok(Ok(()))
    }

    /// Starts what is due; gives how many runs came of it. One that fails does not keep the others.
    pub async fn fire_due(&self) -> Result<usize, sqlx::Error> {
        let now = self.runs.clock().now();
        let mut fired = 0;
        for due in schedules::due(self.runs.db(), now, AT_ONCE).await? {
            match self.fire(&due, now).await {
                Ok(Some(ensured)) => {
                    let created = matches!(ensured, Ensured::Created(_));
                    info!(run = %ensured.run().id, r#type = %due.operation_type, created, "schedule fired");
                    fired += 1;
                }
                Ok(None) => {}
                Err(cause) => error!(
                    tenant = %due.scope.tenant(), r#type = %due.operation_type, error = detail(&cause),
                    "a schedule could not be fired; it is tried again"
                ),
            }
        }
        Ok(fired)
    }

    /// None when another node was faster.
    async fn fire(&self, due: &Due, now: DateTime<Utc>) -> Result<Option<Ensured>, ServiceError> {
        let unusable = |cause: TimesError| ServiceError::Internal(cause.to_string());
        let next = Times::parse(&due.cron, &due.time_zone).and_then(|times| times.next(now)).map_err(unusable)?;
        let inputs = jobs::accept(due.operation_type, &json!({}))?;
        let context = json!({ "inputs": inputs, "schedule": { "cron": due.cron, "time_zone": due.time_zone, "due": due.due_at } });
        let new = NewRun {
            operation_type: due.operation_type,
            inputs,
            context,
            initiator: Initiator::system(),
            retry_of: None,
        };
        let ensured = self
            .runs
            .ensure_run_if(due.scope, new, &move |tx, run| {
                let due = due.clone();
                async move { schedules::claim(tx, &due, next, run, now).await }.boxed()
            })
            .await?;
        Ok(ensured)
    }
}
