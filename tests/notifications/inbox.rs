//! The list and the bell: what is read is read on every device.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use runledger::server::runs::RunChange;
use serde_json::{Value, json};

use crate::{
    common::{
        TestApp,
        web::{Visitor, Web},
    },
    on_both_engines,
    support::*,
};

async fn page(visitor: &Visitor, wish: &[(&str, &str)]) -> Value {
    let (status, page) = visitor.ask("notifications/list", wish).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn a_made_up_place_in_the_list_shows_the_newest_with_a_note(app: TestApp) {
        let (_contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in("ana@contoso.example").await;
        let (status, page) = ana.ask("notifications/list", &[("unread", "true"), ("after", "nowhere")]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page["note"].as_str().unwrap().contains("newest"));
    }

    async fn one_that_is_read_is_read_on_the_other_device_and_its_toast_is_gone(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in(ANA).await;
        let run = start_as(&app, contoso, ANA, None).await;
        app.completed(contoso, run).await;
        app.core.live.flush().await;
        let mut phone = open_page(&ana).await;
        let end = ids(&page(&ana, &[("unread", "false")]).await).remove(0);
        assert_eq!(ana.ask("notifications/read", &[("id", &end)]).await, (StatusCode::OK, json!(1)));
        assert_eq!(put_away(&mut phone).await, (1, BTreeSet::from([end.clone()])));
        let unread = page(&ana, &[("unread", "true")]).await;
        assert_eq!((ids(&unread).len(), &unread["items"][0]["kind"]), (1, &json!("run_started")));
        let inbox = inbox(&ana).await;
        assert_eq!((&inbox["unread"], inbox["toasts"].as_array().unwrap().len()), (&json!(1), 1));
    }

    async fn marking_all_read_takes_every_toast_away_on_the_other_device(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in(ANA).await;
        let run = start_as(&app, contoso, ANA, Some("unlucky")).await;
        app.completed(contoso, run).await;
        app.core.live.flush().await;
        let mut phone = open_page(&ana).await;
        let both: BTreeSet<String> = ids(&page(&ana, &[("unread", "false")]).await).into_iter().collect();
        assert_eq!(ana.ask("notifications/read", &[]).await, (StatusCode::OK, json!(0)));
        assert_eq!(put_away(&mut phone).await, (0, both));
    }

    async fn a_form_without_scripts_marks_one_and_leads_back(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let ana = web.signed_in(ANA).await;
        queued(&app, contoso, ANA, json!({})).await;
        let id = ids(&page(&ana, &[("unread", "false")]).await).remove(0);
        let path = "/t/contoso/notifications?show=unread&kind=starts";
        let shown = ana.get(path).await.text().await.unwrap();
        assert!(shown.contains(&format!("value=\"{id}\"")) && shown.contains("Mark read"), "{shown}");
        let form = ana.request(reqwest::Method::POST, "/api/notifications/read").form(&[("id", &id)]);
        let form = form.header("accept", "text/html").header("referer", format!("{}{path}", web.url));
        let answer = form.send().await.unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        assert!(answer.headers()["location"].to_str().unwrap().ends_with(path));
        assert!(!ana.get(path).await.text().await.unwrap().contains("Mark read:"));
    }

    async fn the_list_goes_on_to_older_ones_and_shows_each_once(app: TestApp) {
        let contoso = ana(&app).await;
        let web = Web::start(&app).await;
        let ana = web.signed_in(ANA).await;
        for number in 0..26 {
            let run = queued(&app, contoso, ANA, json!({ "number": number })).await;
            app.core.runs.update_run(run, 0, "worker", RunChange::Complete { failure: None }).await.unwrap();
        }
        let first = page(&ana, &[("unread", "true")]).await;
        let next = first["next"].as_str().expect("there are more").to_owned();
        let second = page(&ana, &[("unread", "true"), ("after", &next)]).await;
        assert_eq!((ids(&first).len(), ids(&second).len(), &second["next"]), (50, 2, &Value::Null));
        let all: BTreeSet<String> = ids(&first).into_iter().chain(ids(&second)).collect();
        assert_eq!(all.len(), 52);
        assert_eq!(inbox(&ana).await["unread"], 52);
    }

    async fn a_kind_is_chosen_in_the_address_and_an_unknown_one_is_told(app: TestApp) {
        let (contoso, web, _workers) = people(&app).await;
        let ana = web.signed_in(ANA).await;
        for name in [None, Some("unlucky")] {
            let run = start_as(&app, contoso, ANA, name).await;
            app.completed(contoso, run).await;
        }
        for (topic, count) in [("failures", 1), ("ends", 2), ("starts", 2), ("late", 0), ("", 4)] {
            let found = page(&ana, &[("unread", "false"), ("topic", topic)]).await;
            assert_eq!((ids(&found).len(), &found["note"]), (count, &Value::Null), "{topic}");
        }
        let shown = ana.get("/t/contoso/notifications?kind=failures").await.text().await.unwrap();
        assert!(shown.contains("Inventory sync failed") && !shown.contains("Inventory sync started"));
        let odd = ana.get("/t/contoso/notifications?kind=maybe").await;
        assert_eq!(odd.status(), StatusCode::OK);
        assert!(odd.text().await.unwrap().contains("is no kind of notification"));
    }
}
