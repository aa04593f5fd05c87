//! What people see of drift: the findings, one with its history, and what can be compared with what.

use serde_json::Value;

use crate::{
    error::AppError,
    model::{
        comparison::Change,
        drift::{
            Baseline, BaselineChoice, BaselineKind, DriftOverview, FINDINGS_PAGE, FamilyName, Finding, FindingDetail,
        },
        finding_filter::FindingFilter,
        ids::FindingId,
        listing::Listing,
    },
    server::{
        db::{
            Db, DbResult,
            drift::{
                list::{self as rows, FindingRow},
                snapshots,
            },
            members::{self, Membership},
        },
        error::ServiceError,
        graph::Family,
    },
};

/// So many backup sets can be chosen, the newest.
const CHOSEN_SETS: i64 = 50;
/// So many lines of a finding's history are shown, the newest.
const SHOWN_EVENTS: i64 = 200;
/// In a list a longer value is cut.
const LIST_LETTERS: usize = 300;

/// What the page stands on.
pub async fn overview(db: &Db, member: &Membership) -> Result<DriftOverview, ServiceError> {
    let scope = member.scope();
    let synced = snapshots::newest(db, scope, 2).await?;
    let tenants = members::tenants_of(db, member.user_id()).await?;
    let slugs: Vec<String> = tenants.iter().map(|tenant| tenant.slug.clone()).collect();
    let choice =
        |baseline: Baseline, name: String| BaselineChoice { value: baseline.to_string(), kind: baseline.kind(), name };
    let mut choices = Vec::new();
    if synced.len() > 1 {
        choices.push(choice(Baseline::Previous, "Previous sync".to_owned()));
    }
    let sets = snapshots::backup_sets(db, scope, CHOSEN_SETS).await?;
    choices.extend(sets.into_iter().map(|set| choice(Baseline::BackupSet { id: set.id }, set.name)));
    let others = tenants.into_iter().filter(|tenant| tenant.id != scope.tenant());
    choices.extend(others.map(|tenant| choice(Baseline::Tenant { slug: tenant.slug }, tenant.name)));
    Ok(DriftOverview {
        syncs: u8::try_from(synced.len()).unwrap_or(2),
        synced_at: synced.first().map(|newest| newest.at),
        last: snapshots::last(db, scope, &slugs).await?,
        choices,
        families: Family::ALL.iter().map(|family| family_name(family.as_str())).collect(),
    })
}

/// A page of findings. Those that show another tenant's settings are there only for its members.
pub async fn list(db: &Db, member: &Membership, filter: &FindingFilter) -> Result<Listing<Finding>, ServiceError> {
    let tenants = visible(db, member).await?;
    let mut found = rows::list(db, member.scope(), &tenants, filter, FINDINGS_PAGE as i64 + 1).await?;
    let more = found.len() > FINDINGS_PAGE;
    found.truncate(FINDINGS_PAGE);
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    let items = found.into_iter().map(|row| shortened(shown(row))).collect();
    Ok(Listing { items, next, note: None })
}

/// One finding with its history.
pub async fn finding(db: &Db, member: &Membership, id: FindingId) -> Result<FindingDetail, ServiceError> {
    let tenants = visible(db, member).await?;
    let row = rows::find(db, member.scope(), &tenants, id).await?;
    let finding = shown(row.ok_or_else(|| AppError::not_found("This finding"))?);
    let events = rows::events(db, member.scope(), id, SHOWN_EVENTS).await?;
    Ok(FindingDetail { finding, events })
}

/// The slugs of the tenants whose settings the member may see.
pub(super) async fn visible(db: &Db, member: &Membership) -> DbResult<Vec<String>> {
    let tenants = members::tenants_of(db, member.user_id()).await?;
    Ok(tenants.into_iter().map(|tenant| tenant.slug).collect())
}

/// What a decision names of a value: enough of its hash to tell it from another.
pub(super) fn value_mark(value_hash: &str) -> &str {
    value_hash.get(..16).unwrap_or(value_hash)
}

fn shown(row: FindingRow) -> Finding {
    Finding {
        id: row.id,
        family: family_name(&row.family),
        policy_name: row.policy_name,
        graph_id: row.graph_id,
        change: Change {
            path: row.path,
            before: row.before_value.map(|json| json.0),
            after: row.after_value.map(|json| json.0),
        },
        severity: row.severity,
        state: row.state,
        baseline: row.baseline_kind,
        baseline_name: match row.baseline_kind {
            BaselineKind::Previous => "previous sync".to_owned(),
            BaselineKind::BackupSet | BaselineKind::Tenant => row.baseline_name,
        },
        reason: row.reason,
        decided_by: row.decided_by_name,
        decided_at: row.decided_at,
        first_seen_at: row.first_seen_at,
        first_seen_run: row.first_seen_run,
        last_seen_at: row.last_seen_at,
        last_seen_run: row.last_seen_run,
        resolved_at: row.resolved_at,
        ticket: format!("{}.{}", row.id, value_mark(&row.value_hash)),
    }
}

/// For a list: long values only by their beginning.
fn shortened(finding: Finding) -> Finding {
    let short = |value: Value| {
        let text = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if text.chars().nth(LIST_LETTERS).is_none() {
            return value;
        }
        Value::from(text.chars().take(LIST_LETTERS).chain(['\u{2026}']).collect::<String>())
    };
    let Change { path, before, after } = finding.change;
    Finding { change: Change { path, before: before.map(short), after: after.map(short) }, ..finding }
}

fn family_name(code: &str) -> FamilyName {
    let label = match code.parse::<Family>() {
        Ok(family) => family.label(),
        Err(_) => code,
    };
    FamilyName { code: code.to_owned(), label: label.to_owned() }
}
