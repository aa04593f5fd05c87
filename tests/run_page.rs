//! The page of a run over HTTP, as it reads without scripts.

mod common;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::{
    TestApp,
    backups::Place,
    new_run,
    restores::keys,
    web::{Visitor, Web},
};
use reqwest::StatusCode;
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{RunFailure, SummaryCounts},
        user::Role,
    },
    server::runs::{NewRun, RunChange},
};
use serde_json::json;

async fn page(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

async fn run_page(visitor: &Visitor, run: RunId) -> String {
    page(visitor, &format!("/t/contoso/operations/{run}")).await
}

/// The section of the page with this title.
fn section<'a>(page: &'a str, title: &str) -> &'a str {
    let begin = page.split(&format!("id=\"{title}\"")).nth(1).unwrap_or_else(|| panic!("{title} is not in {page}"));
    begin.split("</section>").next().unwrap()
}

/// What is written, without its markup: each piece on a line of its own.
fn words(markup: &str) -> Vec<String> {
    let texts = markup.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text).trim());
    texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn has(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word} is not in {page}");
    }
}

fn failure(code: ReasonCode, item: &str, request: &str) -> RunFailure {
    RunFailure {
        code,
        message: format!("Said of {item}"),
        item: Some(item.to_owned()),
        http_status: Some(409),
        request_id: Some(request.to_owned()),
    }
}

on_both_engines! {
    async fn what_a_run_came_to_is_told_with_causes_and_what_to_do(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let run = app.ensure(scope, json!({})).await.run().id;
        let (few, many) = (ReasonCode::Conflict, ReasonCode::LicenseMissing);
        let progress = RunChange::Progress {
            counts: SummaryCounts { total: 142, processed: 142, succeeded: 137, failed: 3, skipped: 2, ..SummaryCounts::default() },
            failures: vec![
                failure(few, "Kiosk wifi", "request-1"),
                failure(many, "Conditional access", "request-2"),
                failure(many, "App protection", "request-3"),
            ],
            progress: None,
        };
        for (attempt, change) in [(0, RunChange::Start), (1, progress), (1, RunChange::Complete { failure: None })] {
            app.core.runs.update_run(run, attempt, "w", change).await.unwrap();
        }
        let page = run_page(&auditor, run).await;
        has(&page, &["Partially succeeded"]);
        let counts = section(&page, "counts-title");
        has(counts, &["role=\"img\"", "aria-label=\"142 items: 137 succeeded, 3 failed, 2 skipped\""]);
        assert_eq!(words(counts), ["Items", "Total", "142", "Succeeded", "137", "Failed", "3", "Skipped", "2"]);

        let failures = section(&page, "failures-title");
        for code in [few, many] {
            has(failures, &[code.sentence(), code.hint(), &format!("<code class=\"code\">{code}<")]);
        }
        for (item, request) in [("Kiosk wifi", "request-1"), ("Conditional access", "request-2"), ("App protection", "request-3")] {
            has(failures, &[item, &format!("Said of {item}"), request]);
        }
        let place = |text: &str| failures.find(text).unwrap();
        assert!(place(many.as_str()) < place(few.as_str()), "the larger group stands first");
        assert!(place("App protection") < place("Kiosk wifi"), "each item stands by its cause");
    }

    async fn whoever_joined_a_run_is_told_whose_it_is(app: TestApp) {
        app.tenant("contoso").await;
        let web = Web::start(&app).await;
        let mut people = Vec::new();
        for name in ["ana", "ben"] {
            let email = format!("{name}@contoso.example");
            app.member(&email, "contoso", Role::Operator).await;
            people.push(web.signed_in(&email).await);
        }
        let [ana, ben] = &people[..] else { unreachable!() };
        let start = [("tenant", "contoso"), ("operation_type", "inventory.sync")];
        let (_, started) = ana.ask("operations/start", &start).await;
        let run: RunId = started["run"]["id"].as_str().unwrap().parse().unwrap();
        app.advance(TimeDelta::seconds(12));
        let (_, joined) = ben.ask("operations/start", &start).await;
        assert_eq!((&joined["created"], &joined["run"]["id"]), (&json!(false), &started["run"]["id"]));
        app.advance(TimeDelta::seconds(78));
        app.core.runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
        app.advance(TimeDelta::seconds(200));
        app.core.runs.update_run(run, 1, "w", RunChange::Complete { failure: None }).await.unwrap();

        let of_ben = run_page(ben, run).await;
        has(&of_ben, &["You joined this run, started ", " by ", "ana"]);
        assert!(!run_page(ana, run).await.contains("You joined this run"), "it is her own");

        let timeline = words(section(&of_ben, "timeline-title"));
        let places: Vec<_> = ["Created by ana", "ben joined", "+12 s", "Attempt 1 started", "+1:18", "Succeeded", "+3:20"]
            .iter()
            .map(|text| timeline.iter().position(|word| word == text).unwrap_or_else(|| panic!("{text}: {timeline:?}")))
            .collect();
        assert!(places.is_sorted(), "{timeline:?}");
        let phases = words(section(&of_ben, "phases-title"));
        let legend: Vec<_> = phases.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        assert!(legend.ends_with(&["Waiting", "1:30", "Attempt 1", "3:20"]), "{legend:?}");
    }

    async fn each_type_of_run_leads_to_what_it_worked_on(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let (set, backup) = place.backed_up(&app, &policies[..1], &[]).await;
        let restore = place.previewed(&app, set, &keys(&app, place.scope, set).await, false).await.run.id;
        let mut runs = vec![
            (OperationType::BackupSetAddPolicies, backup.run.id, Some(format!("/t/contoso/backups/{set}"))),
            (OperationType::RestoreExecute, RunId(restore.0), Some(format!("/t/contoso/restores/{restore}"))),
        ];
        for operation_type in OperationType::ALL.iter().copied() {
            if runs.iter().all(|(known, ..)| *known != operation_type) {
                let new = NewRun { operation_type, ..new_run(json!({})) };
                let run = app.core.runs.ensure_run(place.scope, new).await.unwrap().run().id;
                runs.push((operation_type, run, None));
            }
        }
        let covered: BTreeSet<&str> = runs.iter().map(|(operation, ..)| operation.as_str()).collect();
        assert_eq!(covered.len(), OperationType::ALL.len());
        for (operation, run, thing) in runs {
            let page = run_page(&place.owner, run).await;
            let links = section(&page, "places-title");
            let links: Vec<&str> = links.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
            assert!(!links.is_empty(), "{operation}");
            if let Some(thing) = thing {
                assert_eq!(links[0], thing, "{operation} leads to the very thing first");
            }
            for link in links {
                assert_eq!(place.owner.get(link).await.status(), StatusCode::OK, "{operation}: {link}");
            }
        }
    }
}
