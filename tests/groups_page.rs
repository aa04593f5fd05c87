//! The groups page over HTTP: what it shows, finds and refuses.

mod common;

use common::{
    TestApp,
    graph::{Graph, ProductWorkers},
    web::{Visitor, Web},
};
use reqwest::StatusCode;
use runledger::model::{ids::RunId, user::Role};
use serde_json::json;

const START: [(&str, &str); 2] = [("tenant", "contoso"), ("operation_type", "directory_groups.sync")];

async fn contoso(app: &TestApp) -> (Graph, Web) {
    let graph = Graph::sample(&[]).await;
    app.tenant_at("contoso", &graph.url).await;
    app.member("owner@contoso.example", "contoso", Role::Owner).await;
    app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
    (graph, Web::start(app).await)
}

/// Starts a sync as the page's button does, and waits for its end.
async fn sync(app: &TestApp, visitor: &Visitor) {
    let (status, started) = visitor.ask("operations/start", &START).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    let run: RunId = started["run"]["id"].as_str().unwrap().parse().unwrap();
    let tenant = runledger::server::db::tenants::by_slug(&app.core.db, "contoso").await.unwrap().unwrap();
    app.completed(tenant.scope(), run).await;
}

async fn page(visitor: &Visitor, query: &str) -> String {
    let answer = visitor.get(&format!("/t/contoso/groups{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

on_both_engines! {
    async fn an_empty_page_says_how_to_begin(app: TestApp) {
        let (_graph, web) = contoso(&app).await;
        let owner = page(&web.signed_in("owner@contoso.example").await, "").await;
        assert!(owner.contains("No groups yet") && owner.contains("Sync groups"));
        let auditor = page(&web.signed_in("auditor@contoso.example").await, "").await;
        assert!(auditor.contains("No groups yet") && !auditor.contains("<button type=\"submit\" class=\"button button-primary\""));
    }

    async fn groups_are_listed_found_by_name_and_kind_and_turned_over(app: TestApp) {
        let (graph, web) = contoso(&app).await;
        let groups: Vec<_> = (0..60).map(|n| json!({ "id": format!("more-{n:02}"), "set": { "displayName": format!("Zz 100% {n:02}") } })).collect();
        graph.change_groups(groups.into()).await;
        let _workers = ProductWorkers::start(&app.core);
        let owner = web.signed_in("owner@contoso.example").await;
        sync(&app, &owner).await;

        let first = page(&owner, "").await;
        assert!(first.contains("All Company News") && first.contains("Last sync") && first.contains("More groups"));
        assert!(!first.contains("Zz 100% 59"));
        let next = first.split("/t/contoso/groups?after=").nth(1).unwrap().split('"').next().unwrap();
        let second = page(&owner, &format!("?after={next}")).await;
        assert!(second.contains("Zz 100% 59") && second.contains("First groups") && !second.contains("All Company News"));

        let found = page(&owner, "?q=company%20NEWS").await;
        assert!(found.contains("All Company News") && !found.contains("Department - Sales"));
        assert!(page(&owner, "?q=100%25%2005").await.contains("Zz 100% 05"), "a percent sign stands for itself");
        assert!(page(&owner, "?q=_").await.contains("No group matches"));
        let dynamic = page(&owner, "?kind=dynamic").await;
        assert!(dynamic.contains("MacMDM") && !dynamic.contains("Department - Sales"));
        let mail = page(&owner, "?kind=mail_enabled_security").await;
        assert!(mail.contains("Helpdesk Notifications") && !mail.contains("All Company News"));
        let wrong = page(&owner, "?kind=unicorns").await;
        assert!(wrong.contains("kind of group that does not exist") && wrong.contains("All Company News"));
    }

    async fn a_removed_group_stays_with_what_points_to_it(app: TestApp) {
        let (graph, web) = contoso(&app).await;
        graph.change_groups(json!([{ "id": "going", "set": { "displayName": "Going" } }])).await;
        let _workers = ProductWorkers::start(&app.core);
        let owner = web.signed_in("owner@contoso.example").await;
        sync(&app, &owner).await;
        graph.change_groups(json!([{ "id": "going", "remove": "changed" }])).await;
        sync(&app, &owner).await;
        let removed = page(&owner, "?kind=removed").await;
        assert!(removed.contains("Going") && removed.contains("can still be restored"), "{removed}");
        assert!(removed.contains("No policy is assigned to it any more"));
        assert!(!removed.contains("All Company News"));
    }

    async fn another_tenants_groups_do_not_exist(app: TestApp) {
        let (_graph, web) = contoso(&app).await;
        app.tenant("fabrikam").await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let stranger = web.signed_in("owner@fabrikam.example").await;
        assert_eq!(stranger.get("/t/contoso/groups").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.ask("groups/list", &[("tenant", "contoso")]).await.0, StatusCode::NOT_FOUND);
    }
}
