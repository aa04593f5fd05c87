//! What an owner does on the page, and what it never shows.

use crate::{on_both_engines, support::*};

use crate::common::{TestApp, web::Web};
use reqwest::{Method, StatusCode, header};
use runledger::server::{db::Db, net::OutboundPolicy, notify::outgoing::OutgoingSettings};
use serde_json::Value;

on_both_engines! {
    async fn a_test_is_sent_at_once_and_only_once(app: TestApp) {
        let mut app = app;
        let World { ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![200, 404];
        let (_, added) = add(&ana, "webhook", &receiver.clone().start().await).await;
        let form = [("tenant", "contoso"), ("destination", added["id"].as_str().unwrap())];
        assert_eq!(ana.ask("outgoing/test", &form).await.1["state"], "delivered");
        assert_eq!(ana.ask("outgoing/test", &form).await.1["state"], "given_up");
        let body: Value = serde_json::from_str(&receiver.got()[0].1).unwrap();
        assert_eq!(body["type"], "test");
        assert_eq!((send_due(&app).await, receiver.got().len()), (0, 2));
    }

    async fn a_private_address_is_refused_with_a_sentence_at_save_and_at_send(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        add(&ana, "webhook", &receiver.clone().start().await).await;
        let policy = OutboundPolicy { allow_private: false };
        app.core.outgoing = app.core.outgoing.with(OutgoingSettings { policy, mail: None, public_url: None });
        let web = Web::start(&app).await;
        let ana = web.signed_in("ana@contoso.example").await;
        for address in ["https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://10.1.2.3/x"] {
            let (status, answer) = add(&ana, "webhook", address).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{address}");
            assert!(answer.to_string().contains("private network"), "{answer}");
        }
        let (status, answer) = add(&ana, "slack", "http://example.com/x").await;
        assert!(status == StatusCode::UNPROCESSABLE_ENTITY && answer.to_string().contains("https"), "{answer}");
        // What was saved while it was allowed is not sent any more.
        ended(&app, contoso, true, 0).await;
        assert_eq!((send_due(&app).await, receiver.got().len()), (1, 0));
        assert!(log(&ana).await[0]["error"].as_str().unwrap().starts_with("Nothing was sent"));
    }

    async fn a_secret_is_shown_once_and_stored_nowhere_in_the_clear(app: TestApp) {
        let mut app = app;
        let World { ana, web: _web, .. } = world(&mut app, None).await;
        let address = Receiver::default().start().await;
        let form = [("tenant", "contoso"), ("kind", "webhook"), ("name", "Hook"), ("address", address.as_str()), ("on_failed", "on")];
        let answer = ana.request(Method::POST, "/api/outgoing/add").header(header::ACCEPT, "text/html").form(&form).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(!format!("{place} {cookie}").contains("whsec_") && cookie.contains("HttpOnly"), "{cookie}");
        let note = cookie.split(';').next().unwrap();
        let shown = ana.with_cookie(note).get(&place).await;
        assert_eq!(shown.status(), StatusCode::OK);
        let back = shown.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(back.contains("Max-Age=0"), "{back}");
        let page = shown.text().await.unwrap();
        assert!(page.contains("whsec_"));
        assert!(!ana.get(&place).await.text().await.unwrap().contains("whsec_"));
        assert!(!ana.ask("outgoing/list", &[("tenant", "contoso")]).await.1.to_string().contains("whsec_"));
        let sql = "SELECT secret, address FROM outgoing_destinations";
        let (secret, stored): (Vec<u8>, Vec<u8>) = match &app.core.db {
            Db::Sqlite(db) => sqlx::query_as(sql).fetch_one(db.read()).await.unwrap(),
            Db::Postgres(pool) => sqlx::query_as(sql).fetch_one(pool).await.unwrap(),
        };
        for sealed in [secret, stored] {
            let text = String::from_utf8_lossy(&sealed).into_owned();
            assert!(!text.contains("whsec_") && !text.contains("127.0.0.1"));
        }
    }

    async fn a_refused_form_comes_back_with_what_was_typed(app: TestApp) {
        let mut app = app;
        let World { ana, web: _web, .. } = world(&mut app, None).await;
        let form = [("tenant", "contoso"), ("kind", "webhook"), ("name", "Night watch"), ("address", "nowhere"), ("on_failed", "on")];
        let answer = ana.request(Method::POST, "/api/outgoing/add").header(header::ACCEPT, "text/html").form(&form).send().await.unwrap();
        let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let shown = ana.with_cookie(cookie.split(';').next().unwrap()).get(&place).await;
        assert_eq!(shown.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = shown.text().await.unwrap();
        assert!(page.contains("Night watch") && page.contains("Write a whole address"));
    }
}
