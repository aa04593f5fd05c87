//! When tries end, and what one receiver can do to another: nothing.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::StatusCode;
use runledger::server::notify::outgoing::{Mailer, PATIENCE, clockwork};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    common::{TestApp, eventually, web::Visitor},
    on_both_engines,
    support::*,
};

/// It takes connections and never answers.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    (listener, address)
}

/// Nobody listens there.
async fn dead() -> String {
    silent().await.1
}

async fn newest(ana: &Visitor) -> Value {
    log(ana).await.remove(0)
}

/// How many seconds from now the newest delivery is tried again.
async fn pause(app: &TestApp, ana: &Visitor) -> i64 {
    let next: chrono::DateTime<chrono::Utc> = newest(ana).await["next_try_at"].as_str().unwrap().parse().unwrap();
    (next - app.core.clock.now()).num_seconds()
}

on_both_engines! {
    async fn a_receiver_that_is_gone_is_left_alone_at_once(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![410];
        add(&ana, "webhook", &receiver.clone().start().await).await;
        ended(&app, contoso, true, 0).await;
        assert_eq!(send_due(&app).await, 1);
        let line = newest(&ana).await;
        assert_eq!((&line["state"], &line["tries"], &line["status_code"]), (&json!("given_up"), &json!(1), &json!(410)));
        app.advance(TimeDelta::days(2));
        assert_eq!((send_due(&app).await, receiver.got().len()), (0, 1));
    }

    async fn a_receiver_may_ask_for_patience_up_to_an_hour(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![503, 429, 503];
        add(&ana, "webhook", &receiver.clone().start().await).await;
        ended(&app, contoso, true, 0).await;
        for (wish, seconds) in [("120", 120), ("86400", 3600), ("1", 1800)] {
            *receiver.retry_after.lock().unwrap() = Some(wish.to_owned());
            assert_eq!(send_due(&app).await, 1);
            assert_eq!(pause(&app, &ana).await, seconds, "it asked for {wish}");
            app.advance(TimeDelta::seconds(seconds));
        }
        assert_eq!(send_due(&app).await, 1);
        assert_eq!(newest(&ana).await["state"], "delivered");
    }

    async fn a_receiver_that_does_not_answer_in_time_is_noted_so(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        app.core.outgoing = app.core.outgoing.with_patience(Duration::from_millis(200));
        let (_listener, address) = silent().await;
        add(&ana, "webhook", &address).await;
        ended(&app, contoso, true, 0).await;
        assert_eq!(send_due(&app).await, 1);
        let line = newest(&ana).await;
        assert_eq!((&line["state"], &line["status_code"]), (&json!("waiting"), &Value::Null));
        assert!(line["error"].as_str().unwrap().contains("did not answer within"), "{line}");
    }

    async fn what_a_node_was_sending_when_it_died_is_due_again(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let (listener, address) = silent().await;
        add(&ana, "webhook", &address).await;
        ended(&app, contoso, true, 0).await;
        let outgoing = app.core.outgoing.clone();
        let dies = tokio::spawn(async move { outgoing.send_due().await });
        let held = listener.accept().await.unwrap();
        dies.abort();
        dies.await.unwrap_err();
        drop(held);
        assert_eq!(send_due(&app).await, 0, "it may still be under way");
        app.advance(TimeDelta::from_std(PATIENCE * 3).unwrap());
        let outgoing = app.core.outgoing.clone();
        let again = tokio::spawn(async move { outgoing.send_due().await });
        drop(listener.accept().await.unwrap());
        drop(listener);
        assert_eq!(again.await.unwrap().unwrap(), 1);
        let line = newest(&ana).await;
        assert_eq!((&line["tries"], &line["state"]), (&json!(2), &json!("waiting")), "{line}");
    }

    async fn a_dead_receiver_with_much_to_get_leaves_another_its_first_try(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        add(&ana, "webhook", &dead().await).await;
        for _ in 0..6 {
            ended(&app, contoso, true, 0).await;
        }
        let receiver = Receiver::default();
        add(&ana, "webhook", &receiver.clone().start().await).await;
        ended(&app, contoso, true, 0).await;
        assert_eq!((send_due(&app).await, receiver.got().len()), (5, 1));
    }

    async fn a_silent_receiver_does_not_keep_the_clock_from_the_next_look(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        // For longer than the test waits.
        app.core.outgoing = app.core.outgoing.with_patience(Duration::from_secs(600));
        let (listener, address) = silent().await;
        add(&ana, "webhook", &address).await;
        let receiver = Receiver::default();
        add(&ana, "webhook", &receiver.clone().start().await).await;
        let stopping = CancellationToken::new();
        let clock = tokio::spawn(clockwork(app.core.outgoing.clone(), stopping.clone()));
        ended(&app, contoso, true, 0).await;
        let _held = listener.accept().await.unwrap();
        for count in 1..=2 {
            eventually("the other receiver has got it", async || (receiver.got().len() == count).then_some(())).await;
            ended(&app, contoso, true, 0).await;
        }
        stopping.cancel();
        clock.await.unwrap();
    }

    async fn what_a_destination_waits_for_is_given_up_when_it_is_switched_off(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        *receiver.answers.lock().unwrap() = vec![500];
        let (_, added) = add(&ana, "webhook", &receiver.clone().start().await).await;
        ended(&app, contoso, true, 0).await;
        send_due(&app).await;
        assert_eq!(newest(&ana).await["state"], "waiting");
        let turn = async |on: &str| {
            let form = [("tenant", "contoso"), ("destination", added["id"].as_str().unwrap()), ("on", on)];
            assert_eq!(ana.call("outgoing/switch", &form).await.status(), StatusCode::OK);
        };
        turn("false").await;
        let line = newest(&ana).await;
        assert_eq!((&line["state"], &line["error"]), (&json!("given_up"), &json!("The destination was switched off.")));
        ended(&app, contoso, true, 0).await;
        app.advance(TimeDelta::days(1));
        assert_eq!((send_due(&app).await, log(&ana).await.len()), (0, 1));
        let again = [("tenant", "contoso"), ("delivery", line["id"].as_str().unwrap())];
        let (status, refused) = ana.ask("outgoing/redeliver", &again).await;
        assert!(status == StatusCode::CONFLICT && refused.to_string().contains("switched off"), "{refused}");
        assert_eq!(receiver.got().len(), 1);
        turn("true").await;
        assert_eq!(ana.ask("outgoing/redeliver", &again).await.1["state"], "delivered");
    }

    async fn a_mail_server_that_cannot_take_a_mail_is_asked_again(app: TestApp) {
        let mut app = app;
        let (address, mails) = smtp_server(1).await;
        let mailer = Mailer::new(&address, Some("Runledger <runledger@example.com>"), PATIENCE).unwrap();
        let World { contoso, ana, web: _web, .. } = world(&mut app, Some(mailer)).await;
        add(&ana, "email", "ops@contoso.example").await;
        ended(&app, contoso, false, 1).await;
        assert_eq!(send_due(&app).await, 1);
        let line = newest(&ana).await;
        assert_eq!((&line["state"], &line["status_code"]), (&json!("waiting"), &json!(450)), "{line}");
        assert!(line["error"].as_str().unwrap().contains("refused the mail with status 450"), "{line}");
        app.advance(TimeDelta::seconds(5));
        assert_eq!(send_due(&app).await, 1);
        assert_eq!(newest(&ana).await["state"], "delivered");
        let mail = mails.lock().unwrap().join("\n");
        assert!(mail.contains("Subject: CONTOSO: Inventory sync partially succeeded"), "{mail}");
    }

    async fn slack_gets_words_and_no_signature(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
        let receiver = Receiver::default();
        let (_, added) = add(&ana, "slack", &receiver.clone().start().await).await;
        assert_eq!(added["secret"], Value::Null);
        ended(&app, contoso, true, 0).await;
        send_due(&app).await;
        let (headers, body) = receiver.got().remove(0);
        let signed: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with("webhook")).collect();
        assert!(signed.is_empty(), "{signed:?}");
        let body: Value = serde_json::from_str(&body).unwrap();
        assert!(body["text"].as_str().unwrap().contains("Inventory sync failed"), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 1);
    }
}
