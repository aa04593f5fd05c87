//! What an owner does on the page, and what it never shows.

use crate::{on_both_engines, support::*};

use crate::common::{TestApp, web::Web};
use reqwest::{Method, StatusCode, header};
use runledger::server::{db::Db, net::OutboundPolicy, notify::outgoing::OutgoingSettings};
use serde_json::{Value, json};

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

    async fn a_destination_that_is_edited_keeps_its_secret_and_what_is_left_empty(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web, .. } = world(&mut app, None).await;
        let (first, second) = (Receiver::default(), Receiver::default());
        let (_, added) = add(&ana, "webhook", &first.clone().start().await).await;
        let id = added["id"].as_str().unwrap();
        let edit = async |name: &str, address: &str, on: &str| {
            let form = [("tenant", "contoso"), ("destination", id), ("name", name), ("address", address), (on, "on")];
            ana.call("outgoing/edit", &form).await.status()
        };
        let shown = async || ana.ask("outgoing/list", &[("tenant", "contoso")]).await.1["destinations"][0].clone();
        let before = shown().await;
        assert_eq!(edit("Night watch", "", "on_failed").await, StatusCode::OK);
        let after = shown().await;
        assert_eq!((&after["name"], &after["on_partial"], &after["on_late"]), (&json!("Night watch"), &json!(false), &json!(false)));
        assert_eq!(after["shown_address"], before["shown_address"]);
        ended(&app, contoso, false, 1).await;
        assert_eq!(send_due(&app).await, 0, "what it does not want any more");
        ended(&app, contoso, true, 0).await;
        assert_eq!((send_due(&app).await, first.got().len()), (1, 1));
        let address = second.clone().start().await;
        assert_eq!(edit("Night watch", &address, "on_failed").await, StatusCode::OK);
        ended(&app, contoso, true, 0).await;
        assert_eq!((send_due(&app).await, first.got().len(), second.got().len()), (1, 1, 1));
        assert_signed(added["secret"].as_str().unwrap(), &second.got()[0]);
        for (name, address, on) in [(" ", "", "on_failed"), ("Hook", "", "on_nothing"), ("Hook", "nowhere", "on_failed")] {
            assert_eq!(edit(name, address, on).await, StatusCode::UNPROCESSABLE_ENTITY, "{name} {address} {on}");
        }
        assert_eq!(shown().await["name"], "Night watch");
        let eve = web.signed_in("eve@fabrikam.example").await;
        let theirs = [("tenant", "fabrikam"), ("destination", id), ("name", "Mine"), ("on_failed", "on")];
        assert_eq!(eve.call("outgoing/edit", &theirs).await.status(), StatusCode::NOT_FOUND);
    }

    async fn of_an_address_people_see_the_host_alone(app: TestApp) {
        let mut app = app;
        let World { ana, web: _web, .. } = world(&mut app, None).await;
        for kind in ["webhook", "slack"] {
            add(&ana, kind, "http://127.0.0.1:9/secret-path?key=word").await;
        }
        let (_, page) = ana.ask("outgoing/list", &[("tenant", "contoso")]).await;
        for shown in page["destinations"].as_array().unwrap() {
            assert_eq!(shown["shown_address"], "127.0.0.1:9");
        }
        assert!(!ana.get("/t/contoso/notifications/outgoing").await.text().await.unwrap().contains("secret-path"));
    }
}
