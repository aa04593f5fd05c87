//! Downloads of the list and of a run.

use chrono::TimeDelta;
use futures::StreamExt;
use reqwest::{Response, StatusCode, header};
use runledger::{
    model::{
        operation::OperationType,
        run::{Run, RunDetail},
        user::Role,
    },
    server::db::scope::TenantScope,
};

use crate::{
    common::{
        TestApp, start_of_time,
        web::{Visitor, Web},
    },
    on_both_engines,
    world::{Kind, run, write, write_many},
};

const RUNS: i64 = 3_200;

async fn contoso(app: &TestApp) -> (Web, Visitor, TenantScope) {
    let scope = app.tenant("contoso").await;
    app.tenant("fabrikam").await;
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
    let web = Web::start(app).await;
    let auditor = web.signed_in("auditor@contoso.example").await;
    (web, auditor, scope)
}

fn header_of(answer: &Response, name: header::HeaderName) -> &str {
    answer.headers()[name].to_str().unwrap()
}

on_both_engines! {
    async fn the_filtered_list_is_downloaded_whole(app: TestApp) {
        let (web, auditor, scope) = contoso(&app).await;
        let kind = |n| if n % 2 == 0 { Kind { operation_type: OperationType::PolicySync, ..Kind::PLAIN } } else { Kind::PLAIN };
        write_many(&app, scope, RUNS, start_of_time(), kind).await;
        let mut evil = run(&app, scope, start_of_time() + TimeDelta::minutes(1), &Kind::PLAIN);
        evil.run.initiator.name = "=cmd|' /C calc'!A0".to_owned();
        write(&app.core.db, &[evil.clone()]).await;

        let all = auditor.get("/t/contoso/operations/export.ndjson").await;
        assert_eq!((all.status(), header_of(&all, header::CONTENT_TYPE)), (StatusCode::OK, "application/x-ndjson"));
        assert_eq!(
            header_of(&all, header::CONTENT_DISPOSITION),
            "attachment; filename=\"runledger-contoso-operations-2026-01-15.ndjson\""
        );
        let runs: Vec<Run> = all.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(runs.len(), usize::try_from(RUNS).unwrap() + 1);
        assert!(runs.is_sorted_by(|a, b| a.id > b.id) && runs[0].id == evil.run.id);

        // Where one is in the list is no part of the filter.
        let query = format!("type=inventory.sync&after={}", runs[900].id);
        let csv = auditor.get(&format!("/t/contoso/operations/export.csv?{query}")).await;
        assert_eq!(header_of(&csv, header::CONTENT_TYPE), "text/csv; charset=utf-8");
        let text = csv.text().await.unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        assert_eq!(lines.len(), 2 + usize::try_from(RUNS / 2).unwrap());
        assert!(lines[0].starts_with("id,type,status,outcome,initiator,"));
        assert!(lines[1].contains(",'=cmd|' /C calc'!A0,"), "{}", lines[1]);

        let none = auditor.get("/t/contoso/operations/export.csv?type=restore.execute").await.text().await.unwrap();
        assert_eq!(none.lines().count(), 1, "the head alone");
        let unclear = auditor.get("/t/contoso/operations/export.csv?outcome=faild").await;
        assert_eq!(unclear.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(unclear.text().await.unwrap().contains("faild"));

        let stranger = web.signed_in("owner@fabrikam.example").await;
        for path in ["export.csv", "export.ndjson", &format!("{}/export.json", evil.run.id)] {
            let asked = format!("/t/contoso/operations/{path}");
            assert_eq!(stranger.get(&asked).await.status(), StatusCode::NOT_FOUND, "{path}");
            assert_eq!(web.visitor().get(&asked).await.status(), StatusCode::UNAUTHORIZED, "{path}");
        }
        let theirs = format!("/t/fabrikam/operations/{}/export.json", evil.run.id);
        assert_eq!(stranger.get(&theirs).await.status(), StatusCode::NOT_FOUND);
    }

    async fn a_run_is_downloaded_with_all_there_is_to_tell(app: TestApp) {
        let (_web, auditor, scope) = contoso(&app).await;
        let made = app.ensure(scope, serde_json::json!({ "sample": 1 })).await.run().id;
        let answer = auditor.get(&format!("/t/contoso/operations/{made}/export.json")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let name = format!("attachment; filename=\"runledger-run-{made}.json\"");
        assert_eq!(header_of(&answer, header::CONTENT_DISPOSITION), name);
        let detail: RunDetail = answer.json().await.unwrap();
        assert_eq!(detail, app.detail(scope, made).await);
        assert_eq!(auditor.get("/t/contoso/operations/garbage/export.json").await.status(), StatusCode::NOT_FOUND);
    }

    /// The rest of the list is not read for a browser that went away: what was read last stays what was read last.
    async fn a_broken_off_download_ends_and_holds_nothing(app: TestApp) {
        let (_web, auditor, scope) = contoso(&app).await;
        write_many(&app, scope, RUNS, start_of_time(), |_| Kind::PLAIN).await;
        for _ in 0..20 {
            let mut part = auditor.get("/t/contoso/operations/export.ndjson").await.bytes_stream();
            assert!(!part.next().await.unwrap().unwrap().is_empty());
        }
        // More downloads than there are connections were left open: all of them have been given back.
        let whole = auditor.get("/t/contoso/operations/export.ndjson").await.text().await.unwrap();
        assert_eq!(whole.lines().count(), usize::try_from(RUNS).unwrap());
    }
}
