//! What a comparison stands on: the newest state of the tenant's policies, and the baseline. Settled twice, with the
//! same answers: before there is a run, for the person who asks, and when the work begins.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    error::AppError,
    model::{drift::Baseline, reason::ReasonCode, run::Initiator},
    server::{
        db::{
            Db,
            drift::{
                sides::{Side, Source},
                snapshots::{self, Snapshot},
            },
            members,
            scope::TenantScope,
            tenants,
        },
        error::ServiceError,
        runs::JobError,
    },
};

/// The two sides of a comparison.
#[derive(Debug, Clone)]
pub struct Ground {
    pub snapshot: Snapshot,
    /// The tenant's newest state.
    pub current: Side,
    pub baseline: Side,
    pub baseline_name: String,
    /// The moment that the baseline shows.
    pub baseline_at: DateTime<Utc>,
    /// Whether the baseline has all that it was meant to have: what it lacks says nothing otherwise.
    pub whole: bool,
}

/// Why two sides cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum NoGround {
    #[error("No policy sync has been completed in this tenant yet. Sync policies first.")]
    NeverSynced,
    #[error(
        "There has been one policy sync so far, so there is nothing to compare it with. Sync policies again, or choose another baseline."
    )]
    SyncedOnce,
    #[error("The backup set does not exist any more. Choose another baseline.")]
    SetGone,
    #[error(
        "Policies are still being added to this backup set. Wait until it is complete, or choose another baseline."
    )]
    SetOpen,
    #[error(
        "The tenant to compare with does not exist, or the one who asked has no access to it. Choose another baseline."
    )]
    TenantGone,
    #[error("No policy sync has been completed in the tenant to compare with. Sync its policies first.")]
    TenantNeverSynced,
    #[error("A tenant cannot be compared with itself. Choose another baseline.")]
    SameTenant,
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<NoGround> for ServiceError {
    fn from(error: NoGround) -> Self {
        let message = error.to_string();
        match error {
            NoGround::Database(cause) => return cause.into(),
            NoGround::SetGone => AppError::not_found("This backup set"),
            NoGround::TenantGone => AppError::not_found("The tenant to compare with"),
            NoGround::SameTenant => AppError::Invalid { message },
            _ => AppError::Conflict { message },
        }
        .into()
    }
}

impl From<NoGround> for JobError {
    fn from(error: NoGround) -> Self {
        match error {
            NoGround::Database(cause) => cause.into(),
            other => Self::Failed { code: ReasonCode::DependencyMissing, message: other.to_string() },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    #[serde(default)]
    baseline: Baseline,
}

/// The baseline that a run's inputs name; the previous sync when they name none.
///
/// # Errors
/// For inputs that are none.
pub fn read(inputs: &Value) -> Result<Baseline, AppError> {
    // A list would pass for an object without names.
    let read = Inputs::deserialize(inputs).ok().filter(|_| inputs.is_object()).map(|inputs| inputs.baseline);
    read.filter(|baseline| !baseline.id().contains('\0')).ok_or_else(|| {
        AppError::invalid(
            "Drift generation takes a baseline: {\"baseline\": {\"kind\": \"previous\"}}, \
             {\"kind\": \"backup_set\", \"id\": \"...\"} or {\"kind\": \"tenant\", \"slug\": \"...\"}.",
        )
    })
}

/// The inputs in their normal form, which the run's identity is made of.
pub fn accept(inputs: &Value) -> Result<Value, AppError> {
    Ok(json!({ "baseline": read(inputs)? }))
}

/// The inputs of a run for a baseline as a form names it.
pub fn inputs(baseline: Option<&str>) -> Result<Value, AppError> {
    match baseline.filter(|word| !word.is_empty()).map(str::parse::<Baseline>) {
        None => Ok(json!({})),
        Some(Ok(baseline)) => Ok(json!({ "baseline": baseline })),
        Some(Err(_)) => Err(AppError::invalid("Choose what to compare with: this baseline does not exist.")),
    }
}

/// Refuses what could not be compared, before there is a run.
pub async fn check(db: &Db, scope: TenantScope, initiator: &Initiator, inputs: &Value) -> Result<(), ServiceError> {
    settle(db, scope, initiator, &read(inputs)?).await?;
    Ok(())
}

/// Finds both sides for the one who asked.
pub async fn settle(
    db: &Db,
    scope: TenantScope,
    initiator: &Initiator,
    baseline: &Baseline,
) -> Result<Ground, NoGround> {
    let synced = snapshots::newest(db, scope, 2).await?;
    let newest = *synced.first().ok_or(NoGround::NeverSynced)?;
    let current = Side { scope, source: Source::Snapshot(newest.run) };
    let ground = |baseline, name: &str, at| Ground {
        snapshot: newest,
        current,
        baseline,
        baseline_name: name.to_owned(),
        baseline_at: at,
        whole: true,
    };
    match baseline {
        Baseline::Previous => {
            let former = synced.get(1).ok_or(NoGround::SyncedOnce)?;
            Ok(ground(Side { scope, source: Source::Snapshot(former.run) }, "Previous sync", former.at))
        }
        Baseline::BackupSet { id } => {
            let set = snapshots::backup_set(db, scope, *id).await?.ok_or(NoGround::SetGone)?;
            if set.status == "open" {
                return Err(NoGround::SetOpen);
            }
            let side = Side { scope, source: Source::BackupSet(set.id) };
            Ok(Ground { whole: set.status == "complete", ..ground(side, &set.name, set.created_at) })
        }
        Baseline::Tenant { slug } => {
            let (other, name) = other_tenant(db, initiator, slug).await?.ok_or(NoGround::TenantGone)?;
            if other == scope {
                return Err(NoGround::SameTenant);
            }
            let theirs = snapshots::newest(db, other, 1).await?;
            let theirs = theirs.first().ok_or(NoGround::TenantNeverSynced)?;
            Ok(ground(Side { scope: other, source: Source::Snapshot(theirs.run) }, &name, theirs.at))
        }
    }
}

/// Another tenant with its name, for somebody who is a member of it, or who is at the server's own command line.
/// A schedule is neither: nobody would answer for what it shows.
async fn other_tenant(
    db: &Db,
    initiator: &Initiator,
    slug: &str,
) -> Result<Option<(TenantScope, String)>, sqlx::Error> {
    if *initiator == Initiator::system() {
        return Ok(None);
    }
    let Some(row) = tenants::by_slug(db, slug).await? else { return Ok(None) };
    Ok(match initiator.user_id {
        Some(user) => members::find(db, user, slug).await?.map(|member| (member.scope(), row.name)),
        None => Some((row.scope(), row.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_one_form_however_they_are_written() {
        let previous = json!({"baseline": {"kind": "previous"}});
        assert_eq!(accept(&json!({})), Ok(previous.clone()));
        assert_eq!(accept(&previous), Ok(previous));
        let set = |id: &str| json!({"baseline": {"kind": "backup_set", "id": id}});
        let id = "01a20928-c782-7212-aa80-2b1d05d5643e";
        assert_eq!(accept(&set(&id.to_uppercase())), Ok(set(id)));
        for bad in [
            json!([]),
            json!({"baseline": "previous"}),
            json!({"baseline": {"kind": "latest"}}),
            json!({"baseline": {"kind": "backup_set"}}),
            json!({"baseline": {"kind": "backup_set", "id": "7"}}),
            json!({"base": {}}),
        ] {
            assert_eq!(accept(&bad).unwrap_err().status(), 422, "{bad}");
        }
    }
}
