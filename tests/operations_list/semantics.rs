//! A filtered list is what filtering by hand gives, page after page, there and back.

use chrono::TimeDelta;
use runledger::{
    model::{
        choice::Choice,
        filter::{InitiatorChoice, Place, RunFilter},
        filter_note::FilterNote,
        ids::{RunId, UserId},
        operation::OperationType,
        page::{COUNTED, PAGE_SIZE, RunCount, RunPage},
        reason::ReasonCode,
        run::{RunFailure, RunStatus},
        user::Role,
    },
    server::{
        db::{rows::FullRun, scope::TenantScope},
        runs::RunChange,
    },
};
use serde_json::json;

use crate::{
    common::{TestApp, ids, start_of_time},
    on_both_engines,
    world::{Dice, Kind, any_filter, any_kind, member, run, user, write, write_many},
};

const RUNS: i64 = 260;

/// What the filter says, run by run, newest first.
fn by_hand(all: &[FullRun], filter: &RunFilter, me: UserId) -> Vec<RunId> {
    let now = start_of_time() + TimeDelta::days(1);
    let passes = |full: &&FullRun| {
        let codes: Vec<_> = full.failures.iter().map(|failure| failure.code).collect();
        filter.admits(&full.run, Some(me), now) && filter.reasons.admits_any(&codes)
    };
    let mut passing: Vec<_> = all.iter().filter(passes).map(|full| full.run.id).collect();
    passing.sort_unstable_by(|a, b| b.cmp(a));
    passing
}

async fn page(app: &TestApp, scope: TenantScope, filter: &RunFilter, me: UserId) -> RunPage {
    let page = app.core.runs.page(scope, filter, FilterNote::default(), Some(me)).await.unwrap();
    assert!(page.runs.len() <= PAGE_SIZE);
    page
}

/// Turns the pages to the end and back, and gives what was read on the way there.
async fn walk(app: &TestApp, scope: TenantScope, filter: &RunFilter, me: UserId) -> (Vec<RunId>, RunCount) {
    let first = page(app, scope, filter, me).await;
    assert_eq!(first.previous, None, "nothing is newer than the newest");
    let (mut read, mut last) = (ids(&first.runs), first.clone());
    while let Some(next) = last.next {
        last = page(app, scope, &filter.at(Place::After(next)), me).await;
        assert!(!last.runs.is_empty() && last.previous.is_some());
        assert_eq!(last.count, first.count);
        read.extend(ids(&last.runs));
    }
    let mut back = last;
    while let Some(previous) = back.previous {
        let end = read.iter().position(|id| *id == previous).unwrap();
        back = page(app, scope, &filter.at(Place::Before(previous)), me).await;
        let begin = end.saturating_sub(PAGE_SIZE);
        assert_eq!(ids(&back.runs), read[begin..read.len().min(begin + PAGE_SIZE)], "the page before {previous}");
        assert_eq!(back.next.is_some(), begin + PAGE_SIZE < read.len());
    }
    assert_eq!(ids(&back.runs), ids(&first.runs), "the way back ends at the first page");
    (read, first.count)
}

on_both_engines! {
    async fn any_filter_shows_counts_and_turns_what_filtering_by_hand_gives(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let other = app.tenant("fabrikam").await;
        let mut users = Vec::new();
        for n in 0..13 {
            users.push(user(&app, &format!("user{n}")).await);
        }
        let mut dice = Dice::new();
        let mut all = Vec::new();
        for n in 0..RUNS {
            let at = start_of_time() + TimeDelta::minutes(n);
            all.push(run(&app, scope, at, &dice.draw(any_kind(&users))));
            let theirs = run(&app, other, at, &dice.draw(any_kind(&users)));
            write(&app.core.db, &[all.last().unwrap().clone(), theirs]).await;
        }
        app.advance(TimeDelta::days(1));
        let mut shown = 0;
        for _ in 0..60 {
            let filter = dice.draw(any_filter(&users, start_of_time(), RUNS));
            let expected = by_hand(&all, &filter, users[0]);
            let (read, count) = walk(&app, scope, &filter, users[0]).await;
            assert_eq!(read, expected, "{}", filter.to_query());
            assert_eq!(count, RunCount { runs: expected.len() as u64, more: false }, "{}", filter.to_query());
            shown += usize::from(!read.is_empty());
        }
        assert!(shown > 30, "most filters show something: {shown}");
        let (system, one) = (InitiatorChoice::System, InitiatorChoice::User);
        for left_out in [vec![system], vec![one(users[0])], vec![system, InitiatorChoice::Me, one(users[5]), one(users[12])]] {
            let filter = RunFilter { initiators: Choice::all_but(left_out), ..RunFilter::default() };
            let expected = by_hand(&all, &filter, users[0]);
            let (read, count) = walk(&app, scope, &filter, users[0]).await;
            assert_eq!(read, expected, "{}", filter.to_query());
            assert_eq!(count, RunCount { runs: expected.len() as u64, more: false }, "{}", filter.to_query());
        }
        let everything = walk(&app, scope, &RunFilter::default(), users[0]).await.0;
        assert_eq!(everything.len(), usize::try_from(RUNS).unwrap());
    }

    async fn reasons_follow_the_run_through_its_life(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let me = user(&app, "ana").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        let ledger = &app.core.runs;
        let with = |code| RunFilter { reasons: Choice::of([code]), ..RunFilter::default() };
        let failed = async |code, statuses: &[RunStatus]| {
            let filter = RunFilter { statuses: Choice::of(statuses.to_vec()), ..with(code) };
            !page(&app, scope, &filter, me).await.runs.is_empty()
        };
        let progress = |code| RunChange::Progress {
            counts: Default::default(),
            failures: vec![RunFailure { code, message: String::new(), item: None, http_status: None, request_id: None }],
            progress: None,
        };
        ledger.update_run(run, 0, "w", RunChange::Start).await.unwrap();
        ledger.update_run(run, 1, "w", progress(ReasonCode::NotFound)).await.unwrap();
        assert!(failed(ReasonCode::NotFound, &[RunStatus::Running]).await);
        // A new attempt forgets what the one before failed with.
        ledger.update_run(run, 1, "w", RunChange::Start).await.unwrap();
        assert!(!failed(ReasonCode::NotFound, &[]).await);
        ledger.update_run(run, 2, "w", progress(ReasonCode::Conflict)).await.unwrap();
        ledger.update_run(run, 2, "w", progress(ReasonCode::Conflict)).await.unwrap();
        ledger.update_run(run, 2, "w", RunChange::Complete { failure: None }).await.unwrap();
        assert!(failed(ReasonCode::Conflict, &[RunStatus::Completed]).await);
        assert!(!failed(ReasonCode::Conflict, &[RunStatus::Running]).await);
        app.advance(TimeDelta::days(100));
        let before = app.core.clock.now();
        let mut tx = app.core.db.begin().await.unwrap();
        runledger::server::db::runs::delete_completed(&mut tx, chrono::DateTime::UNIX_EPOCH, before, 10).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!failed(ReasonCode::Conflict, &[]).await, "its reasons go with a run");
    }

    async fn a_count_is_exact_up_to_ten_thousand_and_no_further(app: TestApp) {
        let scope = app.tenant("contoso").await;
        let me = user(&app, "ana").await;
        let kind = |n| if n % 1000 == 0 { Kind { operation_type: OperationType::PolicySync, ..Kind::PLAIN } } else { Kind::PLAIN };
        write_many(&app, scope, 12_000, start_of_time(), kind).await;
        let count = async |filter: &RunFilter| page(&app, scope, filter, me).await.count;
        let of = |types: &[OperationType]| RunFilter { types: Choice::of(types.to_vec()), ..RunFilter::default() };
        let many = RunCount { runs: COUNTED, more: true };
        assert_eq!(count(&RunFilter::default()).await, many);
        assert_eq!(count(&of(&[OperationType::InventorySync])).await, many);
        assert_eq!(count(&of(&[OperationType::PolicySync])).await, RunCount { runs: 12, more: false });
        let mut exact = RunFilter { from: Some("-10000d".parse().unwrap()), ..RunFilter::default() };
        exact.to = Some(runledger::model::moment::Moment::At(start_of_time() - TimeDelta::seconds(2001)));
        assert_eq!(count(&exact).await, RunCount { runs: COUNTED, more: false });
    }

    async fn the_filters_people_are_the_members_and_those_who_left(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.tenant("fabrikam").await;
        let ana = member(&app, "ana", "contoso", Role::Owner).await;
        let stranger = member(&app, "zoe", "fabrikam", Role::Owner).await;
        let left = user(&app, "ben").await;
        write(&app.core.db, &[run(&app, scope, start_of_time(), &Kind { initiator: Some(left), ..Kind::PLAIN })]).await;
        let words = [ana, stranger, left].map(InitiatorChoice::User);
        let filter = RunFilter { initiators: Choice::of(words), ..RunFilter::default() };
        let people = app.core.runs.filter_choices(scope, &filter, ana).await.unwrap().people;
        let told: Vec<_> = people.iter().map(|person| (person.id, person.name.as_str(), person.member)).collect();
        assert_eq!(told, [(ana, "ana", true), (left, "somebody", false)], "and nobody of another tenant");
    }
}
