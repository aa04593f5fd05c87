//! What people decide about findings: accept this value, ignore this place, or take it back.

use std::collections::HashMap;

use super::view::{value_mark, visible};
use crate::{
    error::AppError,
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        drift::{Decided, Decision, FindingEventKind, FindingState, LONGEST_REASON, MOST_DECIDED},
        ids::FindingId,
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{
            Db, DbResult, Tx,
            drift::{
                findings::{self, Author, NewEvent},
                list::{self as rows, DecidedBy, FindingRow},
            },
            members::Membership,
        },
        error::ServiceError,
    },
};

/// Decides about findings, all of them or none. Each ticket names a finding and, after a dot, the value that the person
/// saw: what has another value by now is not decided about. To ignore needs a reason; an acceptance may have one.
pub async fn decide(
    db: &Db,
    clock: &Clock,
    member: &Membership,
    tickets: &[String],
    decision: Decision,
    reason: Option<&str>,
) -> Result<Decided, ServiceError> {
    let tickets = read_tickets(tickets)?;
    let reason = read_reason(decision, reason)?;
    let tenants = visible(db, member).await?;
    let ids: Vec<FindingId> = tickets.keys().copied().collect();
    let now = clock.now();
    let mut tx = db.begin().await?;
    let found = rows::hold(&mut tx, member.scope(), &tenants, &ids).await?;
    if found.len() < ids.len() {
        let what = if ids.len() == 1 { "This finding" } else { "One of these findings" };
        return Err(AppError::not_found(what).into());
    }
    for row in &found {
        check(row, tickets.get(&row.id).and_then(Option::as_deref))?;
    }
    let by = match decision {
        Decision::Reopen => DecidedBy { user: None, name: None, reason: None, at: None },
        Decision::Accept | Decision::Ignore => DecidedBy {
            user: Some(member.user_id()),
            name: Some(member.user_name()),
            reason: reason.as_deref(),
            at: Some(now),
        },
    };
    let mut events = Vec::new();
    for row in &found {
        rows::decide(&mut tx, member.scope(), row.id, decision.state(), by).await?;
        events.push(NewEvent { id: clock.new_id(), finding: row.id, kind: event(decision) });
    }
    let author = Author { actor: Some(member.user_name()), run: None, reason: reason.as_deref() };
    findings::note(&mut tx, member.scope(), &events, author, now).await?;
    note(&mut tx, clock, member, decision, &found, reason.as_deref()).await?;
    tx.commit().await?;
    Ok(Decided { decision, findings: found.len() })
}

/// One entry for all that was decided at once.
async fn note(
    tx: &mut Tx,
    clock: &Clock,
    member: &Membership,
    decision: Decision,
    found: &[FindingRow],
    reason: Option<&str>,
) -> DbResult<()> {
    let Some(first) = found.first() else { return Ok(()) };
    let action = match decision {
        Decision::Accept => AuditAction::FindingAccepted,
        Decision::Ignore => AuditAction::FindingIgnored,
        Decision::Reopen => AuditAction::FindingReopened,
    };
    let mut deed = Deed::new(member, action);
    if let Some(reason) = reason {
        deed = deed.with("reason", reason);
    }
    let mut name = format!("{}: {}", first.policy_name, first.path);
    if found.len() > 1 {
        name = format!("{name}, and {} more", found.len() - 1);
        deed = deed.with("findings", found.iter().map(|row| row.id).collect::<Vec<_>>());
    }
    deed.done_to(Subject::new(SubjectKind::Finding, first.id, name), tx, clock, member.scope()).await
}

const fn event(decision: Decision) -> FindingEventKind {
    match decision {
        Decision::Accept => FindingEventKind::Accepted,
        Decision::Ignore => FindingEventKind::Ignored,
        Decision::Reopen => FindingEventKind::Reopened,
    }
}

/// Whether there is something to decide, about the value that the person saw.
fn check(row: &FindingRow, seen: Option<&str>) -> Result<(), AppError> {
    if row.state == FindingState::Resolved {
        return Err(AppError::Conflict {
            message: "This does not differ any more, so there is nothing to decide. Reload the page.".to_owned(),
        });
    }
    if seen.is_some_and(|seen| seen != value_mark(&row.value_hash)) {
        return Err(AppError::Conflict {
            message: "The value has changed since you opened the page. Reload it and look again.".to_owned(),
        });
    }
    Ok(())
}

/// Findings with the value that was seen, where the ticket says so.
fn read_tickets(tickets: &[String]) -> Result<HashMap<FindingId, Option<String>>, AppError> {
    if tickets.is_empty() {
        return Err(AppError::invalid("No finding is selected. Select at least one."));
    }
    if tickets.len() > MOST_DECIDED {
        return Err(AppError::invalid(format!("Select at most {MOST_DECIDED} findings at once.")));
    }
    let read = |ticket: &String| {
        let (id, seen) = match ticket.split_once('.') {
            None => (ticket.as_str(), None),
            Some((id, seen)) => (id, Some(seen.to_owned())),
        };
        id.parse().map(|id| (id, seen)).map_err(|_| AppError::not_found("This finding"))
    };
    tickets.iter().map(read).collect()
}

fn read_reason(decision: Decision, reason: Option<&str>) -> Result<Option<String>, AppError> {
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    if decision == Decision::Ignore && reason.is_none() {
        return Err(AppError::invalid("Say why this may differ: to ignore a finding needs a reason."));
    }
    let fits = |reason: &str| {
        reason.chars().count() <= LONGEST_REASON && !reason.contains(|c: char| c.is_control() && c != '\n' && c != '\r')
    };
    match reason {
        Some(reason) if !fits(reason) => {
            Err(AppError::invalid(format!("A reason is plain text of at most {LONGEST_REASON} characters.")))
        }
        reason => Ok(reason.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_ignore_needs_a_reason_and_to_accept_may_have_one() {
        assert_eq!(read_reason(Decision::Ignore, Some("  ")).unwrap_err().status(), 422);
        assert_eq!(read_reason(Decision::Ignore, Some(" pilot ")).unwrap().as_deref(), Some("pilot"));
        assert_eq!(read_reason(Decision::Accept, None), Ok(None));
        assert_eq!(read_reason(Decision::Accept, Some(&"x".repeat(LONGEST_REASON + 1))).unwrap_err().status(), 422);
        assert_eq!(read_reason(Decision::Accept, Some("a\0b")).unwrap_err().status(), 422);
    }

    #[test]
    fn a_ticket_names_a_finding_and_may_name_its_value() {
        let id = "01a20928-c782-7212-aa80-2b1d05d5643e";
        let read = read_tickets(&[format!("{id}.abc")]).unwrap();
        assert_eq!(read.get(&id.parse().unwrap()), Some(&Some("abc".to_owned())));
        assert_eq!(read_tickets(&[id.to_owned()]).unwrap().values().next(), Some(&None));
        assert_eq!(read_tickets(&["x".to_owned()]).unwrap_err().status(), 404);
        assert_eq!(read_tickets(&[]).unwrap_err().status(), 422);
    }
}
