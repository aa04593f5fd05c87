//! A run's counts of groups equal the rows, in whatever order and however often Graph tells of a group.

mod common;

use std::collections::HashMap;

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    groups::{contoso, groups, in_rows, own, sync},
    new_run,
};
use runledger::{
    model::{
        directory_group::RemovedReason,
        ids::RunId,
        operation::OperationType,
        run::{RunOutcome, RunProgress},
    },
    server::{
        db::{directory_groups::Pass, scope::TenantScope},
        directory::{Tally, Writer},
        graph::GroupChange,
        runs::{NewRun, RunChange},
        simulator::SimulatorOptions,
    },
};
use serde_json::json;

/// What may be told of a group: a state of it, or that it is gone.
#[derive(Debug, Clone, Copy)]
enum Word {
    Is(&'static str),
    Gone,
}

const WORDS: [Word; 3] = [Word::Is("one"), Word::Is("another"), Word::Gone];

fn said(id: &str, word: Word) -> GroupChange {
    let id = id.to_owned();
    match word {
        Word::Is(name) => GroupChange { id, name: Some(name.to_owned()), ..GroupChange::default() },
        Word::Gone => GroupChange { id, removed: Some(RemovedReason::Deleted), ..GroupChange::default() },
    }
}

/// Every group of three words, by an id that begins with what was there before.
fn stories() -> Vec<(String, [Word; 3])> {
    let mut stories = Vec::new();
    for before in ["absent", "present", "tombstone"] {
        for number in 0..27_usize {
            let words = [WORDS[number / 9], WORDS[number / 3 % 3], WORDS[number % 3]];
            stories.push((format!("{before} {number}"), words));
        }
    }
    stories
}

async fn run(app: &TestApp, scope: TenantScope, life: &str) -> RunId {
    let new = NewRun { operation_type: OperationType::DirectoryGroupsSync, ..new_run(json!({ "life": life })) };
    let run = app.core.runs.ensure_run(scope, new).await.unwrap().run().id;
    app.core.runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
    run
}

/// Takes pages in, each in a transaction of its own; at the end what was not seen may be removed.
async fn take(app: &TestApp, writer: Writer, pages: &[Vec<GroupChange>], all: bool) -> Tally {
    let mut tally = Tally::default();
    for page in pages {
        let mut tx = app.core.db.begin().await.unwrap();
        tally.add(writer.take(&mut tx, page).await.unwrap());
        tx.commit().await.unwrap();
    }
    if all {
        let mut tx = app.core.db.begin().await.unwrap();
        tally.add(writer.remove_unseen(&mut tx).await.unwrap());
        tx.commit().await.unwrap();
    }
    tally
}

async fn assert_equal(app: &TestApp, scope: TenantScope, run: RunId, tally: Tally, told: &str) {
    let rows = in_rows(app, scope, run).await.map(|rows| rows as i64);
    assert_eq!([tally.created, tally.updated, tally.removed], rows, "{told}");
}

/// A tenant with what the stories begin with.
async fn begun(app: &TestApp, slug: &str) -> TenantScope {
    let scope = app.tenant(slug).await;
    let run = run(app, scope, "before").await;
    let writer = Writer { scope, pass: Pass::changes(run, 1), at: app.core.clock.now() };
    let stories = stories();
    let known = || stories.iter().filter(|(id, _)| !id.starts_with("absent"));
    let gone = known().filter(|(id, _)| id.starts_with("tombstone"));
    let pages = [
        known().map(|(id, _)| said(id, Word::Is("one"))).collect(),
        gone.map(|(id, _)| said(id, Word::Gone)).collect::<Vec<_>>(),
    ];
    let tally = take(app, writer, &pages, false).await;
    assert_eq!(tally, Tally { created: 27, updated: 0, removed: 27 });
    assert_equal(app, scope, run, tally, "before").await;
    scope
}

on_both_engines! {
    async fn whatever_is_told_in_whatever_order_counts_equal_the_rows(app: TestApp) {
        let parts: [&[&[usize]]; 4] = [&[&[0, 1, 2]], &[&[0], &[1, 2]], &[&[0, 1], &[2]], &[&[0], &[1], &[2]]];
        for (number, pages) in parts.into_iter().enumerate() {
            let scope = begun(&app, &format!("tenant-{number}")).await;
            let stories = stories();
            let page = |words: &&[usize]| -> Vec<GroupChange> {
                words.iter().flat_map(|at| stories.iter().map(|(id, words)| said(id, words[*at]))).collect()
            };
            let pages: Vec<_> = pages.iter().map(page).collect();
            let first = run(&app, scope, "first").await;
            let writer = Writer { scope, pass: Pass::changes(first, 1), at: app.core.clock.now() };
            let mut tally = take(&app, writer, &pages, false).await;
            assert_equal(&app, scope, first, tally, "changes").await;
            // The list expires, and the same attempt reads everything, where some of it is not found any more.
            let some = pages.iter().map(|page| page.iter().step_by(2).cloned().collect()).collect::<Vec<_>>();
            let writer = Writer { pass: Pass::everything(first, 1), ..writer };
            tally.add(take(&app, writer, &some, true).await);
            assert_equal(&app, scope, first, tally, "everything after it").await;
            // A second attempt counts anew, and comes to the same rows.
            let writer = Writer { pass: Pass::everything(first, 2), ..writer };
            let again = take(&app, writer, &some, true).await;
            assert_equal(&app, scope, first, again, "a second attempt").await;
        }
    }

    async fn an_older_state_that_is_told_first_does_not_count(app: TestApp) {
        for page_size in [1, 10] {
            let graph = Graph::start(SimulatorOptions { page_size, ..Default::default() }).await;
            let slug = "contoso";
            let scope = app.tenant_at(slug, &graph.url).await;
            let _workers = ProductWorkers::start(&app.core);
            sync(&app, scope).await;
            let there: HashMap<_, _> = groups(&app, scope).await.into_iter().filter(|(_, one)| one.removed.is_none()).collect();
            let present = there.len() as u64;
            let id = |name: &str| there[name].id.clone();
            graph.set_faults(&["stale:groups"]).await;
            graph.change_groups(json!([
                { "id": id("Project Northlight"), "set": { "displayName": "Changed, then gone" } },
                { "id": id("Project Northlight"), "remove": "deleted" },
                { "id": format!("brief-{page_size}"), "set": { "displayName": "New, then gone" } },
                { "id": format!("brief-{page_size}"), "remove": "deleted" },
                { "id": id("All Company News"), "remove": "changed" },
                { "id": id("All Company News"), "set": { "displayName": "All Company News" } },
            ])).await;
            // One that was there is gone, one that nobody knew came and went, one went and came.
            assert_eq!(own(&sync(&app, scope).await), [0, 1, present - 2, 2], "pages of {page_size}");
            assert_eq!(own(&sync(&app, scope).await), [0, 0, present - 1, 0]);
        }
    }

    async fn a_full_read_says_of_how_many_groups_it_is_and_does_without_where_nobody_can_say(app: TestApp) {
        let (graph, scope) = contoso(&app, &["slow:500"]).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = common::groups::ensure(&app, scope).await;
        let seen = async |run| {
            common::eventually("the run tells how far it is", async || {
                let detail = app.detail(scope, run).await;
                assert!(detail.run.status.is_active(), "it has ended before it told: {:?}", detail.run);
                detail.run.progress.filter(|progress| progress.done > 0)
            }).await
        };
        let RunProgress { done, total, unit, .. } = seen(run).await;
        assert_eq!((total, unit.as_str()), (Some(28), "groups"));
        assert!((1..=28).contains(&done), "{done}");
        common::groups::checked(&app, scope, run).await;
        // Only the changes: how many there will be nobody knows.
        graph.set_faults(&[]).await;
        let second = sync(&app, scope).await;
        assert_eq!(second.run.outcome, Some(RunOutcome::Succeeded));
    }
}
