//! The list over HTTP: its addresses, whatever stands in them, and the way back to them.

use proptest::prelude::*;
use reqwest::{Method, StatusCode, header};
use runledger::model::user::Role;
use serde_json::json;

use crate::{
    common::{
        PASSWORD, TestApp, start_of_time,
        web::{Visitor, Web},
    },
    on_both_engines,
    world::{Dice, Kind, run, write},
};

const LIST: &str = "/t/contoso/operations";

async fn contoso(app: &TestApp) -> (Web, Visitor) {
    app.tenant("contoso").await;
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    let web = Web::start(app).await;
    let auditor = web.signed_in("auditor@contoso.example").await;
    (web, auditor)
}

async fn text(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

fn location(answer: &reqwest::Response) -> String {
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

on_both_engines! {
    async fn the_address_filters_and_turns_without_a_script(app: TestApp) {
        let (_web, auditor) = contoso(&app).await;
        let scope = runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap().scope();
        let mut all = Vec::new();
        for n in 0..120 {
            let at = start_of_time() - chrono::TimeDelta::minutes(n);
            all.push(run(&app, scope, at, &Kind::PLAIN));
        }
        write(&app.core.db, &all).await;
        let (newest, oldest) = (all[0].run.id.to_string(), all[119].run.id.to_string());
        let first = text(&auditor, &format!("{LIST}?type=inventory.sync")).await;
        assert!(first.contains(&newest) && !first.contains(&oldest));
        assert!(first.contains(&format!("{LIST}?type=inventory.sync&amp;after=")), "the pager keeps the filter");
        let last = text(&auditor, &format!("{LIST}?after={}", all[99].run.id)).await;
        assert!(last.contains(&oldest) && !last.contains(&newest) && last.contains("before="));
        assert!(!text(&auditor, &format!("{LIST}?type=policy.sync")).await.contains(&newest));
        assert!(!text(&auditor, &format!("{LIST}?outcome=succeeded&outcome_is=not")).await.contains(&newest));
    }

    async fn a_run_id_or_its_start_goes_to_the_run(app: TestApp) {
        let (_web, auditor) = contoso(&app).await;
        let scope = runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap().scope();
        let other = app.tenant("fabrikam").await;
        let late = start_of_time() + chrono::TimeDelta::days(300);
        let mine = run(&app, scope, start_of_time(), &Kind::PLAIN);
        let twins = [run(&app, scope, late, &Kind::PLAIN), run(&app, scope, late, &Kind::PLAIN)];
        let theirs = run(&app, other, start_of_time(), &Kind::PLAIN);
        write(&app.core.db, &[mine.clone(), twins[0].clone(), twins[1].clone(), theirs.clone()]).await;
        let id = mine.run.id.to_string();
        let link = format!("https%3A%2F%2Frun.example{LIST}%2F{id}");
        for q in [&*id, &id.to_uppercase(), &id[..8], &id[..6], &link, &format!("+{id}+")] {
            let answer = auditor.get(&format!("{LIST}?q={q}&outcome=failed")).await;
            assert!(answer.status().is_redirection(), "{q}: {}", answer.status());
            assert_eq!(location(&answer), format!("{LIST}/{id}"), "{q}");
        }
        let both = text(&auditor, &format!("{LIST}?q={}", &twins[0].run.id.to_string()[..8])).await;
        assert!(twins.iter().all(|twin| both.contains(&twin.run.id.to_string())) && !both.contains(&id));
        let foreign = text(&auditor, &format!("{LIST}?q={}", theirs.run.id)).await;
        assert!(!foreign.contains(&format!("{LIST}/{}", theirs.run.id)));
    }

    async fn a_place_that_is_not_the_tenants_is_ignored_with_a_note(app: TestApp) {
        let (_web, auditor) = contoso(&app).await;
        let other = app.tenant("fabrikam").await;
        let theirs = app.ensure(other, json!({})).await.run().id.to_string();
        for id in [&*theirs, "01a20928-c782-7212-aa80-2b1d05d5643e", "garbage"] {
            for name in ["after", "before"] {
                let page = text(&auditor, &format!("{LIST}?{name}={id}")).await;
                assert!(page.contains("these are the newest runs"), "{name}={id}");
            }
        }
        // Nothing is older than the oldest run; that is no reason to say that there are no runs.
        let scope = runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap().scope();
        let only = app.ensure(scope, json!({})).await.run().id;
        for query in [format!("after={only}"), format!("type=inventory.sync&after={only}")] {
            let page = text(&auditor, &format!("{LIST}?{query}")).await;
            assert!(page.contains("these are the newest runs"), "{query}");
            assert!(page.contains(&format!("{LIST}/{only}")) && !page.contains("No runs yet"), "{query}");
        }
        let none = text(&auditor, &format!("{LIST}?type=policy.sync&after={only}")).await;
        assert!(none.contains("No run matches") && !none.contains("these are the newest runs"));
        let page = text(&auditor, &format!("{LIST}?colour=red&from=yesterday&q=wifi&from=2026-01-02")).await;
        assert!(page.contains("colour") && page.contains("yesterday") && page.contains("wifi"));
        let page = text(&auditor, &format!("{LIST}?from=2026-01-02&to=2026-01-01")).await;
        assert!(page.contains("ends before it begins"));
    }

    async fn whatever_stands_in_the_address_is_a_page(app: TestApp) {
        let (_web, auditor) = contoso(&app).await;
        app.ensure(runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap().scope(), json!({})).await;
        let mut dice = Dice::new();
        let names = ["type", "status", "outcome", "initiator", "reason", "from", "to", "zone", "q", "after", "before", "type_is", "x"];
        let value = prop_oneof![
            any::<Vec<u8>>().prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02X}")).collect::<String>()),
            "[!-\"$-~]{0,40}",
            "[0-9a-f]{6,32}",
            "[0-9]{1,30}-[0-9]{1,30}-[0-9]{1,30}",
            "-[0-9]{1,6}[hdm]",
            Just("x".repeat(10_000)),
        ];
        let pair = (proptest::sample::select(names.to_vec()), value).prop_map(|(name, value)| format!("{name}={value}"));
        let query = proptest::collection::vec(pair, 0..6).prop_map(|pairs| pairs.join("&"));
        for _ in 0..60 {
            let query = dice.draw(query.clone());
            let (status, page) = auditor.ask("operations/list", &[("tenant", "contoso"), ("query", &query)]).await;
            assert_eq!(status, StatusCode::OK, "{query}: {page}");
            let choices = auditor.ask("operations/filter_choices", &[("tenant", "contoso"), ("query", &query)]).await.0;
            assert_eq!(choices, StatusCode::OK, "{query}");
            // Not every byte is one of an address.
            if query.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%=&-_.".contains(&byte)) {
                let status = auditor.get(&format!("{LIST}?{query}")).await.status();
                assert!(status == StatusCode::OK || status.is_redirection(), "{query}: {status}");
            }
        }
    }

    async fn a_lost_session_comes_back_to_the_same_view(app: TestApp) {
        let (web, _) = contoso(&app).await;
        let view = format!("{LIST}?type=inventory.sync&type=policy.sync&type_is=not&from=2026-01-15T08:00:00%2B02:00&q=a%26b");
        let nobody = web.visitor();
        let answer = nobody.get(&view).await;
        assert!(answer.status().is_redirection());
        let login = location(&answer);
        let page = text(&nobody, &login).await;
        let next = page.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let form = [("email", "auditor@contoso.example"), ("password", PASSWORD), ("next", &next)];
        let answer = nobody.request(Method::POST, "/api/session/sign_in").header(header::ACCEPT, "text/html").form(&form).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        assert_eq!(location(&answer), view);
    }

    async fn an_address_has_one_spelling(app: TestApp) {
        let (_web, auditor) = contoso(&app).await;
        let answer = auditor.get(&format!("{LIST}/?outcome=failed")).await;
        assert_eq!((answer.status(), &*location(&answer)), (StatusCode::PERMANENT_REDIRECT, "/t/contoso/operations?outcome=failed"));
        for path in ["/t//operations", "/t/contoso//operations", "/t/contoso/operations//"] {
            assert_eq!(auditor.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let answer = auditor.request(Method::GET, "/").send().await.unwrap();
        assert_eq!((answer.status(), &*location(&answer)), (StatusCode::FOUND, LIST), "also without Accept");
    }
}
