//! The list as its markup says it: a table with names, for those who hear it.

use chrono::TimeDelta;
use reqwest::StatusCode;
use runledger::model::{run::RunOutcome, user::Role};

use crate::{
    common::{TestApp, start_of_time, web::Web},
    on_both_engines,
    world::{Kind, run, write},
};

/// What stands between two texts, once for each time that it does.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    text.split(begin).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// The words of a piece of markup.
fn words(markup: &str) -> String {
    let texts: String = markup.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    texts.trim().to_owned()
}

on_both_engines! {
    async fn the_list_is_a_table_with_a_name_and_named_columns_and_rows(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let failed = Kind { outcome: Some(RunOutcome::Failed), ..Kind::PLAIN };
        let older = run(&app, scope, start_of_time() - TimeDelta::minutes(1), &Kind::PLAIN);
        write(&app.core.db, &[older, run(&app, scope, start_of_time(), &failed)]).await;
        let web = Web::start(&app).await;
        let answer = web.signed_in("auditor@contoso.example").await.get("/t/contoso/operations").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let page = answer.text().await.unwrap();
        let table = between(&page, "<table", "</table>");
        let [table] = table.as_slice() else { panic!("one table: {page}") };
        // On a phone the rows are cards: the roles keep them a table.
        assert!(table.starts_with(" role=\"table\""));
        assert_eq!(between(table, "<caption", "</caption>").len(), 1);
        assert!(table.contains("Operation runs, newest first</caption>"));
        let columns = between(table, "role=\"columnheader\"", "</th>");
        assert!(columns.iter().all(|column| column.contains("scope=\"col\"")));
        let names: Vec<String> = columns.iter().map(|column| words(&format!("<th{column}"))).collect();
        assert_eq!(names, ["Status", "Operation", "Initiator", "Started", "Duration", "Outcome", "Progress"]);
        let rows = between(table, "<tr role=\"row\"", "</tr>");
        assert_eq!(rows.len(), 3, "the head and two runs");
        for row in &rows[1..] {
            let headers = between(row, "role=\"rowheader\"", "</td>");
            assert_eq!(headers.len(), 1, "{row}");
            assert!(headers[0].contains("Inventory sync"), "a row is named by its operation");
            assert_eq!(between(row, "role=\"cell\"", "</td>").len(), names.len() - 1);
        }
        // Colour says nothing by itself: each state has its word, what is not there yet has one as well.
        assert!(words(rows[1]).contains("Failed") && words(rows[2]).contains("Succeeded"), "{rows:?}");
        assert!(words(rows[1]).contains("Not yet"));
    }
}
