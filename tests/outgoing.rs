//! Notifications that leave Runledger: once each, signed, tried again, and only where the tenant wants them.

mod common;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use common::{
    TestApp, new_run,
    web::{Visitor, Web},
};
use reqwest::{Method, StatusCode, header};
use ring::hmac;
use runledger::{
    model::{
        ids::RunId,
        operation::OperationType,
        reason::ReasonCode,
        run::{RunFailure, SummaryCounts},
        schedule::ScheduleDraft,
        user::Role,
    },
    server::{
        db::{Db, scope::TenantScope},
        net::OutboundPolicy,
        notify::outgoing::{Mailer, OutgoingSettings, PATIENCE},
        runs::{NewRun, RunChange, retention::prune},
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// A receiver that answers what it is told to, and keeps what it got.
#[derive(Clone, Default)]
struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(self) -> String {
        async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
            receiver.got.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
            let mut answers = receiver.answers.lock().unwrap();
            let answer = if answers.is_empty() { 200 } else { answers.remove(0) };
            StatusCode::from_u16(answer).unwrap()
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().route("/hook", post(take)).with_state(self)).into_future());
        url
    }

    fn got(&self) -> Vec<(HeaderMap, String)> {
        self.got.lock().unwrap().clone()
    }
}

fn id_of((headers, _): &(HeaderMap, String)) -> String {
    headers["webhook-id"].to_str().unwrap().to_owned()
}

/// What a receiver does with a signature.
fn assert_signed(secret: &str, (headers, body): &(HeaderMap, String)) {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert!((24..=64).contains(&key.len()));
    let signature = STANDARD.decode(text("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &signature)
        .expect("the signature is right");
}

struct World {
    contoso: TenantScope,
    fabrikam: TenantScope,
    web: Web,
    ana: Visitor,
}

/// Contoso with Ana and Fabrikam with Eve, on a server whose operator allows private addresses.
async fn world(app: &mut TestApp, mail: Option<Mailer>) -> World {
    let policy = OutboundPolicy { allow_private: true };
    app.core.outgoing = app.core.outgoing.with(OutgoingSettings { policy, mail, public_url: None });
    let (contoso, fabrikam) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
    app.member("ana@contoso.example", "contoso", Role::Owner).await;
    app.member("eve@fabrikam.example", "fabrikam", Role::Owner).await;
    let web = Web::start(app).await;
    let ana = web.signed_in("ana@contoso.example").await;
    World { contoso, fabrikam, web, ana }
}

async fn add(visitor: &Visitor, kind: &str, address: &str) -> (StatusCode, Value) {
    let form = [
        ("tenant", "contoso"),
        ("kind", kind),
        ("name", "Hook"),
        ("address", address),
        ("on_failed", "on"),
        ("on_partial", "on"),
        ("on_late", "on"),
    ];
    visitor.ask("outgoing/add", &form).await
}

async fn log(visitor: &Visitor) -> Vec<Value> {
    let (status, page) = visitor.ask("outgoing/list", &[("tenant", "contoso")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["deliveries"]["items"].as_array().unwrap().clone()
}

/// A run that ends: failed, or with so many failed items.
async fn ended(app: &TestApp, scope: TenantScope, failure: bool, failed: u64) -> RunId {
    let runs = &app.core.runs;
    let run = runs.ensure_run(scope, NewRun { ..new_run(json!({})) }).await.unwrap().run().id;
    runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
    let counts = SummaryCounts { total: 3, processed: 3, succeeded: 3 - failed, failed, ..SummaryCounts::default() };
    runs.update_run(run, 1, "w", RunChange::Progress { counts, failures: Vec::new(), progress: None }).await.unwrap();
    let failure = failure.then(|| RunFailure {
        code: ReasonCode::AuthFailed,
        message: "The sign-in failed.".to_owned(),
        item: None,
        http_status: None,
        request_id: None,
    });
    runs.update_run(run, 1, "w", RunChange::Complete { failure }).await.unwrap();
    run
}

async fn send_due(app: &TestApp) -> usize {
    app.core.outgoing.send_due().await.unwrap()
}

on_both_engines! {
    async fn a_webhook_is_signed_and_arrives_once_after_three_failures(app: TestApp) {
        let mut app = app;
        let World { contoso, fabrikam, ana, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![500, 503, 302];
        let (status, added) = add(&ana, "webhook", &receiver.clone().start().await).await;
        assert_eq!(status, StatusCode::OK, "{added}");
        let secret = added["secret"].as_str().unwrap();
        // What ends well, and what is another tenant's, is told to nobody.
        ended(&app, contoso, false, 0).await;
        ended(&app, fabrikam, true, 0).await;
        assert_eq!(send_due(&app).await, 0);
        let run = ended(&app, contoso, true, 0).await;
        for (pause, tries, next) in [(0, 1, true), (5, 2, true), (300, 3, true), (1800, 4, false)] {
            app.advance(TimeDelta::seconds(pause));
            assert_eq!(send_due(&app).await, 1, "after {pause} seconds");
            assert_eq!(send_due(&app).await, 0, "not before its time");
            let line = &log(&ana).await[0];
            assert_eq!((&line["tries"], line["next_try_at"].is_string()), (&json!(tries), next), "{line}");
        }
        let got = receiver.got();
        assert_eq!(got.len(), 4);
        for one in &got {
            assert_signed(secret, one);
            assert_eq!(id_of(one), id_of(&got[0]));
        }
        let body: Value = serde_json::from_str(&got[3].1).unwrap();
        assert_eq!((&body["type"], &body["data"]["run_id"]), (&json!("run.failed"), &json!(run)));
        assert_eq!(body["data"]["tenant"], "contoso");
        let lines = log(&ana).await;
        assert_eq!((lines.len(), &lines[0]["state"], &lines[0]["status_code"]), (1, &json!("delivered"), &json!(200)));
        app.advance(TimeDelta::days(2));
        assert_eq!(send_due(&app).await, 0);
    }

    async fn of_many_nodes_one_sends(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        add(&ana, "slack", &receiver.clone().start().await).await;
        ended(&app, contoso, false, 1).await;
        let other = app.another_node().await;
        let policy = OutboundPolicy { allow_private: true };
        let other = other.outgoing.with(OutgoingSettings { policy, mail: None, public_url: None });
        let (here, there) = tokio::join!(app.core.outgoing.send_due(), other.send_due());
        assert_eq!(here.unwrap() + there.unwrap(), 1);
        let got = receiver.got();
        assert_eq!(got.len(), 1);
        let body: Value = serde_json::from_str(&got[0].1).unwrap();
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("Inventory sync partially succeeded") && text.contains("1 failed"), "{text}");
    }

    async fn what_never_arrives_is_given_up_and_redelivered_under_its_id(app: TestApp) {
        let mut app = app;
        let World { contoso, web, ana, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![500; 8];
        add(&ana, "webhook", &receiver.clone().start().await).await;
        ended(&app, contoso, true, 0).await;
        for _ in 0..10 {
            send_due(&app).await;
            app.advance(TimeDelta::hours(11));
        }
        let line = log(&ana).await.remove(0);
        assert_eq!((receiver.got().len(), &line["state"], &line["tries"]), (8, &json!("given_up"), &json!(8)));
        assert!(line["error"].as_str().unwrap().contains("status 500"));
        let again = [("tenant", "contoso"), ("delivery", line["id"].as_str().unwrap())];
        let (status, answer) = ana.ask("outgoing/redeliver", &again).await;
        assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("delivered")));
        let got = receiver.got();
        assert_eq!((got.len(), id_of(&got[8])), (9, id_of(&got[0])));
        // Of another tenant there is nothing to redeliver.
        let eve = web.signed_in("eve@fabrikam.example").await;
        let theirs = [("tenant", "fabrikam"), ("delivery", line["id"].as_str().unwrap())];
        assert_eq!(eve.call("outgoing/redeliver", &theirs).await.status(), StatusCode::NOT_FOUND);
    }

    async fn a_test_is_sent_at_once_and_only_once(app: TestApp) {
        let mut app = app;
        let World { ana, .. } = world(&mut app, None).await;
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
        let World { contoso, ana, .. } = world(&mut app, None).await;
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
        let World { ana, .. } = world(&mut app, None).await;
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
        let World { ana, .. } = world(&mut app, None).await;
        let form = [("tenant", "contoso"), ("kind", "webhook"), ("name", "Night watch"), ("address", "nowhere"), ("on_failed", "on")];
        let answer = ana.request(Method::POST, "/api/outgoing/add").header(header::ACCEPT, "text/html").form(&form).send().await.unwrap();
        let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let shown = ana.with_cookie(cookie.split(';').next().unwrap()).get(&place).await;
        assert_eq!(shown.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = shown.text().await.unwrap();
        assert!(page.contains("Night watch") && page.contains("Write a whole address"));
    }

    async fn a_receiver_that_is_down_does_not_delay_a_run_and_goes_with_it(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, .. } = world(&mut app, None).await;
        // It takes connections and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        add(&ana, "webhook", &format!("http://{}/", silent.local_addr().unwrap())).await;
        let first = ended(&app, contoso, true, 0).await;
        let outgoing = app.core.outgoing.clone();
        let sending = tokio::spawn(async move { outgoing.send_due().await });
        let (_held, _) = silent.accept().await.unwrap();
        // While it is being sent, other runs begin and end.
        let second = ended(&app, contoso, true, 0).await;
        assert_ne!(first, second);
        assert!(!sending.is_finished());
        sending.abort();
        assert_eq!(log(&ana).await.len(), 2);
        app.advance(TimeDelta::days(91));
        assert_eq!(prune(&app.core.runs, TimeDelta::days(90)).await.unwrap().runs, 2);
        assert!(log(&ana).await.is_empty());
    }

    async fn a_late_schedule_is_told_once_for_each_time_it_was_missed(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        add(&ana, "webhook", &receiver.clone().start().await).await;
        ana.call("notifications/save_settings", &[("tenant", "contoso"), ("schedule_late[]", "inventory.sync")]).await;
        let draft = ScheduleDraft {
            operation_type: OperationType::InventorySync,
            cron: "0 2 * * *".to_owned(),
            time_zone: "UTC".to_owned(),
            expected_hours: "26".to_owned(),
            enabled: true,
        };
        app.core.schedules().save(contoso, "Ana", draft).await.unwrap().unwrap();
        let other = app.another_node().await.schedules();
        let mut told = Vec::new();
        for hours in [26, 1, 48] {
            app.advance(TimeDelta::hours(hours));
            let schedules = app.core.schedules();
            let (here, there) = tokio::join!(schedules.tell_late(), other.tell_late());
            told.push(here.unwrap() + there.unwrap());
        }
        assert_eq!(told, [0, 1, 0]);
        ended(&app, contoso, false, 0).await;
        app.advance(TimeDelta::hours(27));
        assert_eq!(app.core.schedules().tell_late().await.unwrap(), 1);
        send_due(&app).await;
        let types: Vec<Value> = receiver.got().iter().map(|(_, body)| serde_json::from_str::<Value>(body).unwrap()["type"].clone()).collect();
        assert_eq!(types, ["schedule.late", "schedule.late"]);
        let (_, page) = ana.ask("notifications/list", &[("unread", "false")]).await;
        let kinds: Vec<&str> = page["items"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["schedule_late", "schedule_late"]);
        // With no run to go with, it goes by its age.
        app.advance(TimeDelta::days(91));
        prune(&app.core.runs, TimeDelta::days(90)).await.unwrap();
        assert!(log(&ana).await.is_empty());
        assert_eq!(ana.ask("notifications/list", &[("unread", "false")]).await.1["items"], json!([]));
    }

    async fn a_mail_goes_to_the_operators_server(app: TestApp) {
        let mut app = app;
        let (address, mails) = smtp_server().await;
        let mailer = Mailer::new(&address, Some("Runledger <runledger@example.com>"), PATIENCE).unwrap();
        let World { contoso, ana, .. } = world(&mut app, Some(mailer)).await;
        assert_eq!(add(&ana, "email", "ops@contoso.example, eve@fabrikam.example").await.0, StatusCode::UNPROCESSABLE_ENTITY);
        let (status, added) = add(&ana, "email", "ops@contoso.example").await;
        assert_eq!((status, &added["secret"]), (StatusCode::OK, &Value::Null), "{added}");
        ended(&app, contoso, true, 0).await;
        assert_eq!(send_due(&app).await, 1);
        let line = log(&ana).await.remove(0);
        assert_eq!((&line["state"], &line["status_code"]), (&json!("delivered"), &json!(250)), "{line}");
        let mail = mails.lock().unwrap().join("\n");
        for part in ["RCPT TO:<ops@contoso.example>", "Subject: CONTOSO: Inventory sync failed", "Message-ID: <msg_"] {
            assert!(mail.contains(part), "{part}: {mail}");
        }
    }
}

/// A mail server in as few words as lettre needs.
async fn smtp_server() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("smtp://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 test\r\n").await.unwrap();
            let mut data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push(line.clone());
                let answer = match line.as_str() {
                    "." if data => "250 taken\r\n",
                    _ if data => continue,
                    "DATA" => "354 go on\r\n",
                    "QUIT" => "221 bye\r\n",
                    _ => "250 ok\r\n",
                };
                data = line == "DATA";
                if write.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, heard)
}
