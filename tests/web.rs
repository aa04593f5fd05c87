//! The server over HTTP: who sees and may do what, and what bad input gets.

mod common;

use std::time::Duration;

use axum::body::Bytes;
use common::{
    PASSWORD, TestApp,
    graph::{Graph, ProductWorkers},
    web::Web,
};
use futures::{Stream, StreamExt};
use reqwest::{Method, StatusCode, header};
use runledger::{
    model::user::Role,
    server::{auth::SESSION_DAYS, runs::RunChange},
};
use serde_json::json;

/// Contoso with an owner, an operator and an auditor; Fabrikam with an owner.
async fn two_tenants(app: &TestApp) {
    app.tenant("contoso").await;
    app.tenant("fabrikam").await;
    app.member("owner@contoso.example", "contoso", Role::Owner).await;
    app.member("operator@contoso.example", "contoso", Role::Operator).await;
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
}

/// What the stream tells next; fails when it is silent for too long.
async fn next_message(stream: &mut (impl Stream<Item = reqwest::Result<Bytes>> + Unpin)) -> String {
    let bytes = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("the stream tells something");
    String::from_utf8(bytes.unwrap().unwrap().to_vec()).unwrap()
}

const START: [(&str, &str); 2] = [("tenant", "contoso"), ("operation_type", "inventory.sync")];

on_both_engines! {
    async fn a_wrong_password_and_an_unknown_address_get_the_same_answer(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        for (email, password) in [("owner@contoso.example", "wrong password"), ("nobody@contoso.example", PASSWORD)] {
            let answer = web.visitor().sign_in(email, password).await;
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            assert!(answer.headers().get(header::SET_COOKIE).is_none());
            let error: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(error["kind"], "wrong_credentials");
        }
    }

    async fn a_form_that_fails_without_a_script_goes_back_to_its_page(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let form = [("email", "owner@contoso.example"), ("password", "wrong password"), ("next", "/t/contoso/operations")];
        let answer = web.visitor().request(Method::POST, "/api/session/sign_in")
            .header(header::ACCEPT, "text/html,*/*")
            .header(header::REFERER, format!("{}/login?next=%2Ft%2Fcontoso%2Foperations", web.url))
            .form(&form).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        let back = answer.headers()[header::LOCATION].to_str().unwrap().replace(&web.url, "");
        assert!(back.starts_with("/login?") && !back.contains("wrong"), "{back}");
        assert!(web.visitor().get(&back).await.text().await.unwrap().contains("do not match"));
    }

    async fn guessing_passwords_is_slowed_down(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let mut visitor = web.visitor();
        for _ in 0..10 {
            assert_eq!(visitor.sign_in("owner@contoso.example", "wrong").await.status(), StatusCode::UNAUTHORIZED);
        }
        let refused = visitor.sign_in("owner@contoso.example", PASSWORD).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
        app.advance(chrono::TimeDelta::minutes(6));
        assert_eq!(visitor.sign_in("owner@contoso.example", PASSWORD).await.status(), StatusCode::OK);
    }

    async fn the_session_cookie_is_for_the_server_only_and_ends(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let mut visitor = web.visitor();
        let answer = visitor.sign_in("OWNER@contoso.example ", PASSWORD).await;
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        assert_eq!(visitor.ask("operations/list", &[("tenant", "contoso")]).await.0, StatusCode::OK);

        app.advance(chrono::TimeDelta::days(SESSION_DAYS));
        assert_eq!(visitor.ask("operations/list", &[("tenant", "contoso")]).await.0, StatusCode::UNAUTHORIZED);
        let page = visitor.get("/t/contoso/operations").await;
        assert!(page.status().is_redirection());
        assert_eq!(page.headers()[header::LOCATION], "/login?next=%2Ft%2Fcontoso%2Foperations");
    }

    async fn signing_out_ends_the_session_on_the_server(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let visitor = web.signed_in("owner@contoso.example").await;
        visitor.call("session/sign_out", &[]).await;
        assert_eq!(visitor.ask("operations/list", &[("tenant", "contoso")]).await.0, StatusCode::UNAUTHORIZED);
    }

    async fn a_new_password_ends_the_sessions_of_the_old(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let visitor = web.signed_in("owner@contoso.example").await;
        app.core.auth.add_user("owner@contoso.example", "Owner", "another long password").await.unwrap();
        assert_eq!(visitor.ask("operations/list", &[("tenant", "contoso")]).await.0, StatusCode::UNAUTHORIZED);
    }

    async fn what_a_role_may_not_do_is_refused_and_absent(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let (status, error) = auditor.ask("operations/start", &START).await;
        assert_eq!((status, &error["kind"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
        let page = auditor.get("/t/contoso/operations").await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!page.text().await.unwrap().contains("Sync inventory"));

        let operator = web.signed_in("operator@contoso.example").await;
        assert!(operator.get("/t/contoso/operations").await.text().await.unwrap().contains("Sync inventory"));
        let (status, started) = operator.ask("operations/start", &START).await;
        assert_eq!((status, &started["created"]), (StatusCode::OK, &json!(true)));
        let (status, joined) = operator.ask("operations/start", &START).await;
        assert_eq!((status, &joined["created"]), (StatusCode::OK, &json!(false)));
        assert_eq!(joined["run"]["id"], started["run"]["id"]);
    }

    async fn another_tenant_does_not_exist(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let (_, started) = owner.ask("operations/start", &START).await;
        let run = started["run"]["id"].as_str().unwrap();
        let stranger = web.signed_in("owner@fabrikam.example").await;
        for tenant in ["contoso", "no-such-tenant"] {
            assert_eq!(stranger.ask("operations/list", &[("tenant", tenant)]).await.0, StatusCode::NOT_FOUND);
            let start = [("tenant", tenant), ("operation_type", "inventory.sync")];
            assert_eq!(stranger.ask("operations/start", &start).await.0, StatusCode::NOT_FOUND);
            assert_eq!(stranger.get(&format!("/t/{tenant}/operations")).await.status(), StatusCode::NOT_FOUND);
            assert_eq!(stranger.get(&format!("/t/{tenant}/events")).await.status(), StatusCode::NOT_FOUND);
        }
        // Neither under its own tenant nor under one's own.
        for tenant in ["contoso", "fabrikam"] {
            let show = [("tenant", tenant), ("run", run)];
            assert_eq!(stranger.ask("operations/show", &show).await.0, StatusCode::NOT_FOUND);
            assert_eq!(stranger.get(&format!("/t/{tenant}/operations/{run}")).await.status(), StatusCode::NOT_FOUND);
        }
    }

    async fn nobody_sees_anything_without_signing_in(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let nobody = web.visitor();
        assert_eq!(nobody.ask("operations/list", &[("tenant", "contoso")]).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(nobody.ask("operations/start", &START).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(nobody.get("/t/contoso/events").await.status(), StatusCode::UNAUTHORIZED);
        assert!(nobody.get("/t/contoso/operations?after=x").await.status().is_redirection());
    }

    async fn bad_input_is_told_and_never_a_server_error(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let long = "x".repeat(10_000);
        for query in ["after=garbage", "after=", "after=%00%ff", "nonsense=1&after[]=2", &format!("after={long}")] {
            let page = owner.get(&format!("/t/contoso/operations?{query}")).await;
            assert_eq!(page.status(), StatusCode::OK, "{query}");
        }
        let noted = owner.get("/t/contoso/operations?after=garbage").await.text().await.unwrap();
        assert!(noted.contains("these are the newest runs"), "the ignored cursor is told");
        for run in ["garbage", "01a20928-c782-7212-aa80-2b1d05d5643e", "%2e%2e%2e", &long] {
            let page = owner.get(&format!("/t/contoso/operations/{run}")).await;
            assert_eq!(page.status(), StatusCode::NOT_FOUND, "{run}");
        }
        for (function, arguments) in [
            ("operations/start", vec![("tenant", "contoso"), ("operation_type", "no.such")]),
            ("operations/start", vec![("tenant", "contoso")]),
            ("operations/start", vec![("tenant", "contoso"), ("operation_type", "restore.execute")]),
        ] {
            let (status, error) = owner.ask(function, &arguments).await;
            assert_eq!((status, &error["kind"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")), "{arguments:?}");
        }
        let unreadable = owner.request(Method::POST, "/api/operations/list").body(b"tenant=\xff".to_vec());
        let form = "application/x-www-form-urlencoded";
        let answer = unreadable.header(header::CONTENT_TYPE, form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        for address in ["/no/such/page", "//evil.example", "//evil.example/%2e%2e", "/t/contoso"] {
            assert_eq!(owner.get(address).await.status(), StatusCode::NOT_FOUND, "{address}");
        }
        for next in ["//evil.example", "/\r\nx: y", "/\u{1F600}", "https://evil.example"] {
            let form = [("email", "owner@contoso.example"), ("password", PASSWORD), ("next", next)];
            let answer = web.visitor().call("session/sign_in", &form).await;
            assert_eq!((answer.status(), &answer.headers()[header::LOCATION]), (StatusCode::OK, &"/".parse().unwrap()));
        }
    }

    async fn a_request_of_another_site_is_refused(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let foreign = owner.request(Method::POST, "/api/operations/start").header(header::ORIGIN, "https://evil.example");
        assert_eq!(foreign.form(&START).send().await.unwrap().status(), StatusCode::FORBIDDEN);
        let own = owner.request(Method::POST, "/api/operations/start").header(header::ORIGIN, &web.url);
        assert_eq!(own.form(&START).send().await.unwrap().status(), StatusCode::OK);
    }

    async fn pages_carry_a_policy_with_a_nonce_of_their_own(app: TestApp) {
        let web = Web::start(&app).await;
        let nonce = async || {
            let page = web.visitor().get("/login").await;
            let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
            assert!(!policy.contains("unsafe-inline"), "{policy}");
            let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
            assert!(page.text().await.unwrap().contains(&format!("nonce=\"{nonce}\"")));
            nonce
        };
        assert_ne!(nonce().await, nonce().await);
    }

    async fn the_list_reads_without_a_script_newest_first(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let empty = owner.get("/t/contoso/operations").await.text().await.unwrap();
        assert!(empty.contains("No runs yet"));
        let (_, started) = owner.ask("operations/start", &START).await;
        let run: runledger::model::run::Run = serde_json::from_value(started["run"].clone()).unwrap();
        app.core.runs.update_run(run.id, 0, "w", RunChange::Complete { failure: None }).await.unwrap();
        let page = owner.get("/t/contoso/operations").await.text().await.unwrap();
        assert!(page.contains("Succeeded") && page.contains(&format!("/t/contoso/operations/{}", run.id)));
        let detail = owner.get(&format!("/t/contoso/operations/{}", run.id)).await.text().await.unwrap();
        assert!(detail.contains("Succeeded") && detail.contains("Timeline"));
    }

    async fn viewers_see_each_change_of_their_tenant_and_none_of_another(app: TestApp) {
        let graph = Graph::sample(&[]).await;
        app.tenant_at("contoso", &graph.url).await;
        app.tenant_at("fabrikam", &graph.url).await;
        app.member("owner@contoso.example", "contoso", Role::Owner).await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        let stranger = web.signed_in("owner@fabrikam.example").await;
        let mut ours = owner.get("/t/contoso/events").await.bytes_stream();
        let mut theirs = stranger.get("/t/fabrikam/events").await.bytes_stream();

        let _workers = ProductWorkers::start(&app.core);
        owner.ask("operations/start", &START).await;
        let mut told = String::new();
        while !told.contains("\"outcome\":\"succeeded\"") {
            told.push_str(&next_message(&mut ours).await);
        }
        assert!(told.contains("\"status\":\"running\"") || told.contains("\"status\":\"queued\""), "{told}");

        stranger.ask("operations/start", &[("tenant", "fabrikam"), ("operation_type", "inventory.sync")]).await;
        let mut told = String::new();
        while !told.contains("\"outcome\":\"succeeded\"") {
            told.push_str(&next_message(&mut theirs).await);
        }
        let ids: std::collections::BTreeSet<_> = told.match_indices("\"tenant_id\":\"").map(|(at, _)| &told[at..at + 50]).collect();
        assert_eq!(ids.len(), 1, "only one tenant's runs: {ids:?}");
    }

    async fn a_database_that_is_gone_is_told_and_the_server_lives(app: TestApp) {
        two_tenants(&app).await;
        let web = Web::start(&app).await;
        let owner = web.signed_in("owner@contoso.example").await;
        assert_eq!(owner.get("/readyz").await.status(), StatusCode::OK);
        app.core.db.close().await;
        assert_eq!(owner.get("/readyz").await.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(owner.get("/healthz").await.status(), StatusCode::OK);
        let (status, error) = owner.ask("operations/start", &START).await;
        assert_eq!((status, &error["kind"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
        let page = owner.get("/t/contoso/operations").await;
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(page.text().await.unwrap().contains("database cannot be used"));
    }
}
