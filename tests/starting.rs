//! Starting operations from a page, with scripts and without them.

mod common;

use common::{
    TestApp,
    web::{Visitor, Web},
};
use reqwest::{Method, header};
use runledger::{model::user::Role, server::runs::RunChange};

/// Sends the start button's form as a browser without scripts does, and gives where that leads.
async fn press(visitor: &Visitor, web: &Web, page: &str, operation: &str) -> String {
    let answer = visitor
        .request(Method::POST, "/api/operations/start")
        .header(header::ACCEPT, "text/html,*/*")
        .header(header::REFERER, format!("{}{page}", web.url))
        .form(&[("tenant", "contoso"), ("operation_type", operation)])
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_redirection(), "{}", answer.status());
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

on_both_engines! {
    async fn two_who_press_at_once_get_one_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        for email in ["first@contoso.example", "second@contoso.example"] {
            app.member(email, "contoso", Role::Operator).await;
        }
        let web = Web::start(&app).await;
        let (first, second) = (web.signed_in("first@contoso.example").await, web.signed_in("second@contoso.example").await);
        for operation in ["inventory.sync", "policy.sync", "directory_groups.sync"] {
            let form = [("tenant", "contoso"), ("operation_type", operation)];
            let ((a, one), (b, two)) = tokio::join!(first.ask("operations/start", &form), second.ask("operations/start", &form));
            assert_eq!((a.as_u16(), b.as_u16()), (200, 200), "{one} {two}");
            assert_eq!(one["run"]["id"], two["run"]["id"], "{operation}");
            assert_ne!(one["created"], two["created"], "one has made the run of {operation} and one has joined it");
            let run = one["run"]["id"].as_str().unwrap().parse().unwrap();
            assert_eq!(app.detail(scope, run).await.run.joined_count, 1, "{operation}");
        }
    }

    async fn a_form_without_scripts_goes_back_to_its_page_which_tells_of_the_run(app: TestApp) {
        let scope = app.tenant("contoso").await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        let web = Web::start(&app).await;
        let operator = web.signed_in("operator@contoso.example").await;

        let started = press(&operator, &web, "/t/contoso/operations?after=", "inventory.sync").await;
        let run = started.split("started=").nth(1).expect("the address names the run").to_owned();
        assert_eq!(started, format!("/t/contoso/operations?after=&started={run}"));
        let page = operator.get(&started).await.text().await.unwrap();
        assert!(page.contains("Inventory sync started.") && page.contains(&format!("/t/contoso/operations/{run}")));

        // A second press joins; what the address said before is replaced.
        let joined = press(&operator, &web, &started, "inventory.sync").await;
        assert_eq!(joined, format!("/t/contoso/operations?after=&joined={run}"));
        let page = operator.get(&joined).await.text().await.unwrap();
        assert!(page.contains("Joined the inventory sync that is under way."));
        assert_eq!(app.detail(scope, run.parse().unwrap()).await.run.joined_count, 1);

        // Once it has ended, the button starts another.
        app.core.runs.update_run(run.parse().unwrap(), 0, "w", RunChange::Complete { failure: None }).await.unwrap();
        assert!(!press(&operator, &web, "/t/contoso/operations", "inventory.sync").await.contains(&run));
    }

    async fn an_address_cannot_say_what_it_likes_of_a_run(app: TestApp) {
        app.tenant("contoso").await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        let web = Web::start(&app).await;
        let operator = web.signed_in("operator@contoso.example").await;
        let page = operator.get("/t/contoso/operations?started=Your+account+is+locked").await.text().await.unwrap();
        assert!(!page.contains("Inventory sync started.") && !page.contains("account is locked"));
        // Another site as the page to go back to: only its path is kept.
        let back = operator.request(Method::POST, "/api/operations/start")
            .header(header::ACCEPT, "text/html")
            .header(header::REFERER, "https://evil.example//evil.example/x")
            .form(&[("tenant", "contoso"), ("operation_type", "inventory.sync")]).send().await.unwrap();
        let location = back.headers()[header::LOCATION].to_str().unwrap();
        assert!(location.starts_with("/?started="), "{location}");
    }
}
