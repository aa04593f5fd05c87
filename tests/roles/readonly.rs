//! Pages as readonly users get them: all of what is there to see, and no form that they may not send.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use runledger::{
    model::{
        ids::RunId,
        run::{Run, RunOutcome, RunStatus},
        user::Role,
    },
    server::db::{rows::FullRun, runs},
};
use serde_json::json;

use super::{
    Who::{Anyone, Mutates, OwnThings, Reads},
    common::{TestApp, backups::Place, policies, restores::keys, web::Visitor},
    foreign::page_paths,
    lines,
};
use crate::on_both_engines;

const CONFIGS: &str = "deviceManagement/deviceConfigurations";

/// The functions that the forms of a page are sent to.
async fn actions(visitor: &Visitor, path: &str) -> BTreeSet<String> {
    let answer = visitor.get(path).await;
    let status = answer.status();
    assert!(status == StatusCode::OK || status == StatusCode::FORBIDDEN, "{path}: {status}");
    let page = answer.text().await.unwrap();
    let forms = page.split("action=\"/api/").skip(1);
    forms.map(|rest| format!("/api/{}", rest.split(['"', '?']).next().unwrap())).collect()
}

/// A tenant with something on every page, and the pages.
async fn furnished(app: &TestApp) -> (Place, Vec<String>) {
    let place = Place::new(app).await;
    let configs = place.of("device_configurations", CONFIGS).await;
    let (set, backup) = place.backed_up(app, &configs[..2], &[]).await;
    let all = keys(app, place.scope, set).await;
    let body = json!({ "description": "Changed by hand" });
    place.directory.send(Method::PATCH, &format!("{CONFIGS}/{}", all[0].graph_id), Some(&body)).await;
    policies::sync(app, place.scope).await;
    let form = [("tenant", "contoso"), ("baseline", &*format!("backup_set:{set}"))];
    let (status, started) = place.owner.ask("drift/generate", &form).await;
    assert_eq!(status, StatusCode::OK, "{started}");
    place.ended(app, &started).await;
    let (_, findings) = place.owner.ask("drift/list", &[("tenant", "contoso")]).await;
    let finding = findings["items"][0]["id"].as_str().unwrap_or_else(|| panic!("no finding: {findings}")).to_owned();
    let restore = place.previewed(app, set, &all, false).await.run.id;
    let mut pages = Vec::new();
    for path in page_paths() {
        let path = path
            .replace(":family", all[0].family.as_str())
            .replace(":id", &all[0].graph_id)
            .replace(":finding", &finding)
            .replace(":set", &set.to_string())
            .replace(":restore", &restore.to_string())
            .replace(":run", &backup.run.id.to_string());
        assert!(!path.contains(':'), "what stands in this address? {path}");
        pages.push(format!("/t/contoso{path}"));
    }
    let synced = policies::sync(app, place.scope).await.run;
    let active = Run { status: RunStatus::Running, outcome: None, completed_at: None, ..backup.run };
    for run in [active, Run { outcome: Some(RunOutcome::Failed), ..synced }] {
        pages.push(format!("/t/contoso/operations/{}", inserted(app, run).await));
    }
    (place, pages)
}

/// A run of its own in this state, which no worker knows of.
async fn inserted(app: &TestApp, like: Run) -> RunId {
    let run = Run { id: RunId(app.core.clock.new_id()), ..like };
    let (id, run_identity_hash) = (run.id, run.id.to_string());
    let full = FullRun { run, run_identity_hash, failures: Vec::new(), context: json!({}) };
    let mut tx = app.core.db.begin().await.unwrap();
    assert!(runs::insert(&mut tx, &full).await.unwrap());
    tx.commit().await.unwrap();
    id
}

on_both_engines! {
    async fn a_readonly_user_finds_no_form_that_they_may_not_send(app: TestApp) {
        let (place, pages) = furnished(&app).await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        let auditor = place._web.signed_in("auditor@contoso.example").await;
        let (mut of_owner, mut of_auditor) = (BTreeSet::new(), BTreeSet::new());
        for page in &pages {
            of_owner.extend(actions(&place.owner, page).await);
            for action in actions(&auditor, page).await {
                let line = lines().into_iter().find(|line| line.path == action).expect("the function has its line");
                let may = match line.who {
                    Anyone | OwnThings => true,
                    Reads(action) | Mutates(action) => Role::Readonly.can(action),
                };
                assert!(may, "{page} offers a readonly user what they may not do: {action}");
                of_auditor.insert(action);
            }
        }
        // The same pages have these forms for whoever may send them.
        for action in [
            "operations/start", "operations/cancel", "operations/retry", "drift/generate", "drift/decide", "backups/delete",
            "restores/create", "restores/confirm", "outgoing/add",
        ] {
            let action = format!("/api/{action}");
            assert!(of_owner.contains(&action), "{action}: {of_owner:?}");
            assert!(!of_auditor.contains(&action), "{action}: {of_auditor:?}");
        }
    }
}
