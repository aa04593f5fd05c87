//! What people decide about findings, over HTTP: who may, what it needs, how long it holds.

use reqwest::StatusCode;
use runledger::{
    model::{
        drift::{Finding, FindingState},
        finding_filter::StateFilter,
        user::Role,
    },
    server::db::scope::TenantScope,
};
use serde_json::{Value, json};

use crate::{
    common::{
        TestApp,
        graph::ProductWorkers,
        web::{Visitor, Web},
    },
    on_both_engines,
    support::{Policies, Syncs, device, findings, generate, own, previous, states},
};

fn with(value: i32) -> Policies {
    [device("a", json!({ "value": value, "other": value }))].into()
}

struct Stage {
    scope: TenantScope,
    syncs: Syncs,
    web: Web,
    operator: Visitor,
    _workers: ProductWorkers,
}

/// Two findings, `other` and `value`, and somebody who may decide about them.
async fn stage(app: &TestApp) -> Stage {
    let scope = app.tenant("contoso").await;
    app.member("operator@contoso.example", "contoso", Role::Operator).await;
    let mut syncs = Syncs::default();
    syncs.sync(app, scope, &with(1)).await;
    syncs.sync(app, scope, &with(2)).await;
    let _workers = ProductWorkers::start(&app.core);
    generate(app, scope, previous()).await;
    let web = Web::start(app).await;
    let operator = web.signed_in("operator@contoso.example").await;
    Stage { scope, syncs, web, operator, _workers }
}

async fn decide(who: &Visitor, decision: &str, reason: &str, findings: &[&Finding]) -> (StatusCode, Value) {
    let names: Vec<String> = (0..findings.len()).map(|index| format!("findings[{index}]")).collect();
    let mut form = vec![("tenant", "contoso"), ("decision", decision), ("reason", reason)];
    form.extend(names.iter().map(String::as_str).zip(findings.iter().map(|finding| finding.ticket.as_str())));
    who.ask("drift/decide", &form).await
}

async fn all(app: &TestApp) -> Vec<Finding> {
    findings(app, "contoso", StateFilter::All).await
}

on_both_engines! {
    async fn a_decision_says_who_when_and_why_and_can_be_taken_back(app: TestApp) {
        let stage = stage(&app).await;
        let found = all(&app).await;
        let (status, answer) = decide(&stage.operator, "ignore", "", &[&found[0]]).await;
        assert_eq!(status, 422, "{answer}");
        let (status, answer) = decide(&stage.operator, "ignore", "Pilot devices", &[&found[0]]).await;
        assert_eq!((status, answer["findings"].as_u64()), (StatusCode::OK, Some(1)));
        let ignored = all(&app).await.remove(0);
        assert_eq!(ignored.state, FindingState::Ignored);
        assert_eq!((ignored.decided_by.as_deref(), ignored.reason.as_deref()), (Some("operator"), Some("Pilot devices")));
        assert_eq!(ignored.decided_at, Some(app.core.clock.now()));
        // One entry of the audit log, and none for what was refused.
        let (_, log) = stage.operator.ask("audit/list", &[("tenant", "contoso"), ("action", "finding.ignored")]).await;
        let log = log["entries"]["items"].as_array().unwrap();
        assert_eq!((log.len(), &log[0]["action"], &log[0]["actor_name"]), (1, &json!("finding.ignored"), &json!("operator")));
        assert_eq!((&log[0]["subject"]["id"], &log[0]["detail"]), (&json!(found[0].id), &json!({ "reason": "Pilot devices" })));

        assert_eq!(decide(&stage.operator, "reopen", "", &[&found[0]]).await.0, 200);
        let again = all(&app).await.remove(0);
        assert_eq!((again.state, again.decided_by, again.reason), (FindingState::New, None, None));
        let id = again.id.to_string();
        let (_, detail) = stage.operator.ask("drift/show", &[("tenant", "contoso"), ("finding", &id)]).await;
        let history: Vec<_> = detail["events"].as_array().unwrap().iter()
            .map(|event| (event["kind"].as_str().unwrap(), event["actor"].as_str())).collect();
        assert_eq!(history, [("found", None), ("ignored", Some("operator")), ("reopened", Some("operator"))]);
    }

    async fn accepted_is_this_value_and_ignored_is_this_place(app: TestApp) {
        let mut stage = stage(&app).await;
        let found = all(&app).await;
        assert_eq!(decide(&stage.operator, "accept", "", &[&found[0]]).await.0, 200);
        assert_eq!(decide(&stage.operator, "ignore", "Noise", &[&found[1]]).await.0, 200);
        let run = generate(&app, stage.scope, previous()).await;
        assert_eq!((own(&run, "findings"), own(&run, "known")), (0, 2));
        assert_eq!(states(&all(&app).await), [("other", FindingState::Accepted), ("value", FindingState::Ignored)]);

        stage.syncs.sync(&app, stage.scope, &with(3)).await;
        let run = generate(&app, stage.scope, previous()).await;
        assert_eq!((own(&run, "findings"), own(&run, "known")), (1, 1));
        let now = all(&app).await;
        assert_eq!(states(&now), [("other", FindingState::New), ("value", FindingState::Ignored)]);
        assert_eq!((now[0].decided_by.as_deref(), now[1].decided_by.as_deref()), (None, Some("operator")));

        // What the person saw is not what is there now.
        let (status, answer) = decide(&stage.operator, "accept", "", &[&found[0]]).await;
        assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    }

    async fn several_are_decided_at_once_and_all_or_none(app: TestApp) {
        let mut stage = stage(&app).await;
        let found = all(&app).await;
        let nobody = Finding { ticket: app.core.clock.new_id().to_string(), ..found[0].clone() };
        assert_eq!(decide(&stage.operator, "accept", "", &[&found[0], &nobody]).await.0, 404);
        assert_eq!(findings(&app, "contoso", StateFilter::New).await.len(), 2);
        let (status, answer) = decide(&stage.operator, "accept", "Planned", &[&found[0], &found[1]]).await;
        assert_eq!((status, answer["findings"].as_u64()), (StatusCode::OK, Some(2)));
        assert!(findings(&app, "contoso", StateFilter::New).await.is_empty());
        assert_eq!(decide(&stage.operator, "accept", "", &[]).await.0, 422);
        assert_eq!(decide(&stage.operator, "delete", "", &[&found[0]]).await.0, 422);

        stage.syncs.sync(&app, stage.scope, &with(2)).await;
        generate(&app, stage.scope, previous()).await;
        assert_eq!(decide(&stage.operator, "accept", "", &[&found[0]]).await.0, StatusCode::CONFLICT);
    }

    async fn a_reader_sees_it_all_and_decides_nothing_and_others_see_nothing(app: TestApp) {
        let stage = stage(&app).await;
        let found = all(&app).await;
        app.tenant("fabrikam").await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let reader = stage.web.signed_in("reader@contoso.example").await;
        assert_eq!(decide(&reader, "accept", "", &[&found[0]]).await.0, StatusCode::FORBIDDEN);
        let generate = [("tenant", "contoso"), ("baseline", "previous")];
        assert_eq!(reader.ask("drift/generate", &generate).await.0, StatusCode::FORBIDDEN);
        let (id, page) = (found[0].id.to_string(), format!("/t/contoso/drift/{}", found[0].id));
        assert_eq!(reader.ask("drift/show", &[("tenant", "contoso"), ("finding", &id)]).await.0, 200);
        let shown = reader.get(&page).await;
        assert_eq!(shown.status(), 200);
        let html = shown.text().await.unwrap();
        assert!(html.contains("Policy a") && !html.contains("Accept") && html.contains("Read-only"));
        let list = reader.get("/t/contoso/drift").await.text().await.unwrap();
        assert!(list.contains("Policy a"));
        assert!(!list.contains("/api/drift/generate") && !list.contains("/api/drift/decide"));
        let list = stage.operator.get("/t/contoso/drift").await.text().await.unwrap();
        assert!(list.contains("/api/drift/generate") && list.contains("/api/drift/decide"));

        let stranger = stage.web.signed_in("owner@fabrikam.example").await;
        for form in [[("tenant", "contoso"), ("finding", id.as_str())], [("tenant", "fabrikam"), ("finding", &id)]] {
            assert_eq!(stranger.ask("drift/show", &form).await.0, 404);
        }
        assert_eq!(stranger.get(&page).await.status(), 404);
        assert_eq!(stranger.get(&format!("/t/fabrikam/drift/{id}")).await.status(), 404);
        assert_eq!(stranger.get("/t/fabrikam/drift/nothing").await.status(), 404);
        let (_, theirs) = stranger.ask("drift/list", &[("tenant", "fabrikam"), ("filter[state]", "all")]).await;
        assert_eq!(theirs["items"], json!([]));
    }

    async fn the_list_is_narrowed_by_its_address(app: TestApp) {
        let stage = stage(&app).await;
        let page = async |query: &str| stage.operator.get(&format!("/t/contoso/drift{query}")).await.text().await.unwrap();
        let paths = async |query: &str| {
            let html = page(query).await;
            ["other", "value"].into_iter().filter(|path| html.contains(&format!(">{path}<!></code>"))).collect::<Vec<_>>()
        };
        assert_eq!(paths("").await, ["other", "value"]);
        assert_eq!(paths("?search=POLICY+a").await, ["other", "value"]);
        assert_eq!(paths("?search=val").await, ["value"]);
        assert_eq!(paths("?search=100%25").await, [""; 0]);
        assert_eq!(paths("?state=accepted").await, [""; 0]);
        assert_eq!(paths("?severity=medium&family=device_configurations&baseline=previous").await, ["other", "value"]);
        assert_eq!(paths("?severity=high").await, [""; 0]);
        assert!(page("?state=odd&after=x").await.contains("makes no sense"));
    }
}
