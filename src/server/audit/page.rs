//! The log as an address asks for it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    model::{
        audit::{AuditAsked, AuditPage, ENTRIES_A_PAGE},
        ids::{AuditEntryId, UserId},
        listing::Listing,
        moment::Moment,
    },
    server::{
        clock::Clock,
        db::{
            Db,
            audit::{self, AuditQuery},
            run_people,
            scope::TenantScope,
        },
        error::ServiceError,
    },
};

/// The page that an address names; what of it makes no sense is left out and said.
pub async fn page(db: &Db, clock: &Clock, scope: TenantScope, asked: &AuditAsked) -> Result<AuditPage, ServiceError> {
    let (query, note) = parse(asked, clock.now());
    let mut items = audit::list(db, scope, &query, ENTRIES_A_PAGE as i64 + 1).await?;
    let more = items.len() > ENTRIES_A_PAGE;
    items.truncate(ENTRIES_A_PAGE);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    let mut people = run_people::members(db, scope).await?;
    if let Some(person) = query.person.filter(|person| people.iter().all(|member| member.id != *person)) {
        people.extend(audit::actor(db, scope, person).await?);
    }
    Ok(AuditPage { entries: Listing { items, next, note }, people })
}

/// What of an address makes sense, and a sentence about what does not.
pub fn parse(asked: &AuditAsked, now: DateTime<Utc>) -> (AuditQuery, Option<String>) {
    let mut query = AuditQuery::default();
    let mut odd = Vec::new();
    let mut read = |name, text: &Option<String>, take: &mut dyn FnMut(&str) -> Option<()>| {
        let given = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if given.is_some_and(|text| take(text).is_none()) {
            odd.push(name);
        }
    };
    read("the action", &asked.action, &mut |text| text.parse().ok().map(|action| query.action = Some(action)));
    read("the person", &asked.person, &mut |text| text.parse().ok().map(|id| query.person = Some(UserId(id))));
    read("the first day", &asked.from, &mut |text| {
        text.parse::<Moment>().ok().map(|from| query.first = first_at(from.start(0, now)))
    });
    read("the last day", &asked.to, &mut |text| {
        text.parse::<Moment>().ok().map(|to| query.before(first_at(to.end(0, now))))
    });
    read("the place in the list", &asked.after, &mut |text| text.parse().ok().map(|id| query.before(id)));
    let note = match odd.is_empty() {
        false => Some(format!("The address makes no sense in {}, which was ignored.", odd.join(" and "))),
        true if query.first > query.last && asked.after.is_none() => {
            Some("The first day is after the last, so nothing lies between them.".to_owned())
        }
        true => None,
    };
    (query, note)
}

/// Entries of this moment have this id or a later one: a UUIDv7 begins with its millisecond.
fn first_at(at: DateTime<Utc>) -> AuditEntryId {
    let millis = u128::try_from(at.timestamp_millis()).unwrap_or_default();
    AuditEntryId(Uuid::from_u128(millis << 80))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::audit::AuditAction;

    #[test]
    fn an_address_is_read_and_what_makes_no_sense_is_said() {
        let given = |text: &str| Some(text.to_owned());
        let asked = AuditAsked {
            action: given("run.started"),
            person: given(""),
            from: given("2026-01-15"),
            to: given("2026-01-15"),
            after: None,
        };
        let (query, note) = parse(&asked, DateTime::UNIX_EPOCH);
        assert_eq!((query.action, query.person, note), (Some(AuditAction::RunStarted), None, None));
        let day = |id: AuditEntryId| id.0.as_u128() >> 80;
        assert_eq!(day(query.last) - day(query.first), 86_399_999);
        let odd = AuditAsked { person: given("nobody"), from: given("yesterday"), ..asked };
        let (query, note) = parse(&odd, DateTime::UNIX_EPOCH);
        assert_eq!(query.action, Some(AuditAction::RunStarted));
        let note = note.unwrap();
        assert!(note.contains("the person and the first day"), "{note}");
    }
}
