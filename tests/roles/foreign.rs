//! What another tenant's run is to somebody who asks for it under their own tenant's address; and pages of tenants that
//! one does not belong to.

use reqwest::StatusCode;
use runledger::{
    model::{ids::RunId, user::Role},
    server::db::tenants,
};
use serde_json::json;

use super::{
    Line, NOTHING, SLUGS, Tenants,
    Who::{Mutates, Reads},
    common::TestApp,
    email, lines,
};
use crate::on_both_engines;

/// The lines that are about a run.
fn of_runs() -> Vec<Line> {
    let about = |line: &Line| line.path.contains("{run}") || line.arguments.iter().any(|(_, value)| *value == "{run}");
    lines().into_iter().filter(about).collect()
}

on_both_engines! {
    async fn a_run_of_another_tenant_does_not_exist_under_ones_own(app: TestApp) {
        let tenants = Tenants::make(&app).await;
        let theirs = tenants::by_slug(&app.core.db, "fabrikam").await.unwrap().unwrap().scope();
        let active = app.ensure(theirs, json!({ "sample": "active" })).await.run().id;
        let (_, completed) = tenants.runs.iter().find(|(slug, _)| *slug == "fabrikam").unwrap();
        let completed: RunId = completed.parse().unwrap();
        let before = [app.detail(theirs, active).await, app.detail(theirs, completed).await];
        assert!(of_runs().len() > 3, "cancelling and retrying are among them");
        for role in Role::ALL {
            let visitor = tenants.web.signed_in(&email("contoso", *role)).await;
            for line in of_runs() {
                let (Reads(action) | Mutates(action)) = line.who else { panic!("a run belongs to a tenant: {line:?}") };
                let expected = if role.can(action) { StatusCode::NOT_FOUND } else { StatusCode::FORBIDDEN };
                for run in [active, completed] {
                    let status = tenants.ask_for(&visitor, &line, "contoso", &run.to_string()).await;
                    assert_eq!(status, expected, "{role} asks for another tenant's run: {line:?}");
                }
            }
            for run in [active, completed] {
                let page = visitor.get(&format!("/t/contoso/operations/{run}")).await;
                assert_eq!(page.status(), StatusCode::NOT_FOUND, "{role}");
            }
        }
        assert_eq!(before, [app.detail(theirs, active).await, app.detail(theirs, completed).await], "nothing was done to it");
    }
}

/// The pages of a tenant, as the route table has them.
pub fn page_paths() -> Vec<&'static str> {
    let paths = include_str!("../../src/app.rs").split("path!(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let known: Vec<_> = paths.filter(|path| !["/", "/login", "/t/:tenant"].contains(path)).collect();
    assert!(known.len() > 15, "the route table is read: {known:?}");
    known
}

on_both_engines! {
    async fn no_page_of_another_tenant_exists(app: TestApp) {
        let tenants = Tenants::make(&app).await;
        for role in Role::ALL {
            let visitor = tenants.web.signed_in(&email("contoso", *role)).await;
            for path in page_paths() {
                for (slug, run) in &tenants.runs {
                    let path = path.replace(":run", run);
                    // What exists in no tenant is not there for its members either.
                    let exists = *slug == SLUGS[0] && !path.contains(':');
                    let path = path.split('/').map(|part| if part.starts_with(':') { NOTHING } else { part });
                    let path = format!("/t/{slug}{}", path.collect::<Vec<_>>().join("/"));
                    let status = visitor.get(&path).await.status();
                    let refused = if exists { status == StatusCode::OK || status == StatusCode::FORBIDDEN } else { status == StatusCode::NOT_FOUND };
                    assert!(refused, "{role}: {path}: {status}");
                }
            }
        }
    }
}
