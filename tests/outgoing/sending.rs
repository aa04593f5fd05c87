//! What is sent, to whom, how often.

use crate::{on_both_engines, support::*};
use runledger::model::run::Initiator;

use crate::common::TestApp;
use chrono::TimeDelta;
use reqwest::StatusCode;
use runledger::{
    model::{operation::OperationType, schedule::ScheduleDraft},
    server::{
        net::OutboundPolicy,
        notify::outgoing::{Mailer, OutgoingSettings, PATIENCE},
        runs::retention::prune,
    },
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

on_both_engines! {
    async fn a_webhook_is_signed_and_arrives_once_after_three_failures(app: TestApp) {
        let mut app = app;
        let World { contoso, fabrikam, ana, web: _web, .. } = world(&mut app, None).await;
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
        let World { contoso, ana, web: _web, .. } = world(&mut app, None).await;
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

    async fn a_receiver_that_is_down_does_not_delay_a_run_and_goes_with_it(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web, .. } = world(&mut app, None).await;
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
        let ana = web.signed_in("ana@contoso.example").await;
        assert!(log(&ana).await.is_empty());
    }

    async fn a_late_schedule_is_told_once_for_each_time_it_was_missed(app: TestApp) {
        let mut app = app;
        let World { contoso, ana, web, .. } = world(&mut app, None).await;
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
        app.core.schedules().save(contoso, Initiator { user_id: None, name: "Ana".to_owned() }, draft).await.unwrap().unwrap();
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
        let ana = web.signed_in("ana@contoso.example").await;
        assert!(log(&ana).await.is_empty());
        assert_eq!(ana.ask("notifications/list", &[("unread", "false")]).await.1["items"], json!([]));
    }

    async fn a_mail_goes_to_the_operators_server(app: TestApp) {
        let mut app = app;
        let (address, mails) = smtp_server(0).await;
        let mailer = Mailer::new(&address, Some("Runledger <runledger@example.com>"), PATIENCE).unwrap();
        let World { contoso, ana, web: _web, .. } = world(&mut app, Some(mailer)).await;
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
