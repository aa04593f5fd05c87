//! Another tenant as the baseline: who may, what belongs to what, who sees it.

use runledger::{
    model::{
        finding_filter::StateFilter,
        reason::ReasonCode,
        run::{Initiator, RunOutcome},
        user::Role,
    },
    server::db::scope::TenantScope,
};
use serde_json::{Value, json};

use crate::{
    common::{TestApp, graph::ProductWorkers, web::Web},
    on_both_engines,
    support::{CATALOG, Policies, Syncs, findings, generate, own, previous, tally},
};

fn named(id: &str, name: &str, value: i32) -> ((&'static str, String), (Value, Value)) {
    let body = json!({"@odata.type": "#microsoft.graph.x", "id": id, "displayName": name, "value": value});
    (("device_configurations", id.to_owned()), (body, json!([])))
}

fn catalog(id: &str, technologies: &str, value: i32) -> ((&'static str, String), (Value, Value)) {
    let body = json!({"id": id, "name": "Baseline", "technologies": technologies, "value": value});
    ((CATALOG, id.to_owned()), (body, json!([])))
}

async fn two_tenants(app: &TestApp, ours: Policies, theirs: Policies) -> (TenantScope, TenantScope) {
    let (contoso, fabrikam) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
    Syncs::default().sync(app, contoso, &ours).await;
    Syncs::default().sync(app, fabrikam, &theirs).await;
    (contoso, fabrikam)
}

fn fabrikam() -> Value {
    json!({"kind": "tenant", "slug": "fabrikam"})
}

/// Policy and path of what a member of both tenants sees.
async fn seen_by_provider(web: &Web) -> Vec<(String, String)> {
    let provider = web.signed_in("provider@example.org").await;
    let (status, page) = provider.ask("drift/list", &[("tenant", "contoso"), ("filter[state]", "all")]).await;
    assert_eq!(status, 200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| (text(&item["policy_name"]), text(&item["change"]["path"]))).collect()
}

on_both_engines! {
    async fn policies_belong_together_by_name_and_kind(app: TestApp) {
        let ours = [named("1", "Wi-Fi", 1), named("2", "VPN", 1), catalog("3", "mdm", 1), catalog("4", "sense", 5)];
        let theirs = [named("a", "Wi-Fi", 2), named("b", "Mail", 1), catalog("c", "sense", 5), catalog("d", "mdm", 1)];
        let (scope, _) = two_tenants(&app, ours.into(), theirs.into()).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = generate(&app, scope, fabrikam()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::Succeeded), [3, 0, 0]), "{:?}", run.failures);
        assert_eq!(run.run.summary_counts.total, 5);
        assert_eq!(tally(&generate(&app, scope, fabrikam()).await), [0, 3, 0]);
        app.member("provider@example.org", "contoso", Role::Operator).await;
        app.member("provider@example.org", "fabrikam", Role::Readonly).await;
        let web = Web::start(&app).await;
        let told = seen_by_provider(&web).await;
        let told: Vec<_> = told.iter().map(|(policy, path)| (policy.as_str(), path.as_str())).collect();
        assert_eq!(told, [("Mail", ""), ("VPN", ""), ("Wi-Fi", "value")]);
    }

    async fn a_name_that_two_policies_share_is_said_and_not_guessed(app: TestApp) {
        let ours = [named("1", "Wi-Fi", 1), named("2", "Twice", 1), named("3", "Twice", 2)];
        let theirs = [named("a", "Wi-Fi", 1), named("b", "Twice", 3), named("c", "Theirs", 1), named("d", "Theirs", 1)];
        let (scope, _) = two_tenants(&app, ours.into(), theirs.into()).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = generate(&app, scope, fabrikam()).await;
        assert_eq!((run.run.outcome, tally(&run)), (Some(RunOutcome::PartiallySucceeded), [0, 0, 0]));
        assert_eq!((run.run.summary_counts.failed, run.run.summary_counts.succeeded), (4, 1));
        assert!(run.failures.iter().all(|failure| failure.code == ReasonCode::Conflict));
        let items: Vec<_> = run.failures.iter().filter_map(|failure| failure.item.as_deref()).collect();
        assert_eq!(items, ["Twice", "Twice", "Theirs", "Theirs"]);
        assert!(run.failures[0].message.starts_with("2 in this tenant and 1 in the baseline"), "{:?}", run.failures[0]);
    }

    async fn a_group_that_has_no_name_is_unknown_and_no_drift(app: TestApp) {
        let to = |id: &str, group: &str| {
            let (key, (body, _)) = named(id, "Wi-Fi", 1);
            let target = json!({"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group});
            Policies::from([(key, (body, json!([{ "target": target }])))])
        };
        let (scope, _) = two_tenants(&app, to("1", "ours"), to("a", "theirs")).await;
        let _workers = ProductWorkers::start(&app.core);
        let run = generate(&app, scope, fabrikam()).await;
        assert_eq!((tally(&run), own(&run, "unknown_targets")), ([0, 0, 0], 2));
    }

    async fn only_a_member_of_both_compares_two_tenants_and_sees_what_differs(app: TestApp) {
        let (scope, _) = two_tenants(&app, [named("1", "Wi-Fi", 1)].into(), [named("a", "Wi-Fi", 2)].into()).await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        app.member("provider@example.org", "contoso", Role::Operator).await;
        app.member("provider@example.org", "fabrikam", Role::Readonly).await;
        let web = Web::start(&app).await;
        let (operator, provider) =
            (web.signed_in("operator@contoso.example").await, web.signed_in("provider@example.org").await);
        let form = [("tenant", "contoso"), ("baseline", "tenant:fabrikam")];
        assert_eq!(operator.ask("drift/generate", &form).await.0, 404);
        let (status, started) = provider.ask("drift/generate", &form).await;
        assert_eq!(status, 200, "{started}");
        let _workers = ProductWorkers::start(&app.core);
        let run = started["run"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(tally(&app.completed(scope, run).await), [1, 0, 0]);

        let told = seen_by_provider(&web).await;
        assert_eq!(told, [("Wi-Fi".to_owned(), "value".to_owned())]);
        assert!(findings(&app, "contoso", StateFilter::All).await.is_empty());
        let (_, page) = provider.ask("drift/list", &[("tenant", "contoso")]).await;
        let finding = page["items"][0]["id"].as_str().unwrap();
        let show = [("tenant", "contoso"), ("finding", finding)];
        assert_eq!((provider.ask("drift/show", &show).await.0, operator.ask("drift/show", &show).await.0), (200.try_into().unwrap(), 404.try_into().unwrap()));
        let accept = [("tenant", "contoso"), ("decision", "accept"), ("findings[0]", finding)];
        assert_eq!(operator.ask("drift/decide", &accept).await.0, 404);
        assert_eq!(provider.ask("drift/decide", &accept).await.0, 200);
    }

    async fn a_schedule_never_compares_with_another_tenant(app: TestApp) {
        let (scope, _) = two_tenants(&app, [named("1", "Wi-Fi", 1)].into(), [named("a", "Wi-Fi", 2)].into()).await;
        let inputs = json!({ "baseline": fabrikam() });
        let operation = runledger::model::operation::OperationType::DriftGenerate;
        let started =
            runledger::server::start::start(&app.core.runs, scope, operation, &inputs, Initiator::system()).await;
        assert!(started.is_err());
        // And a tenant is not compared with itself.
        let inputs = json!({"baseline": {"kind": "tenant", "slug": "contoso"}});
        let initiator = Initiator { user_id: None, name: "command line".to_owned() };
        assert!(runledger::server::start::start(&app.core.runs, scope, operation, &inputs, initiator).await.is_err());
        assert_eq!(previous()["kind"], "previous");
    }
}
