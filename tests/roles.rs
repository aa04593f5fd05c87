//! Who may what: every server function and every plain route, with every role, in one's own tenant and in another, and
//! without a session.
//!
//! A new server function or route makes `nothing_is_left_out` fail until it has a line below:
//!
//! ```text
//! function("schedules/save", Mutates(ManageSchedules), &[("tenant", "{tenant}"), ("cron", "0 0 * * *")]),
//! ```
//!
//! `Reads` and `Mutates` name the action that it asks `request::member` for; the arguments have to be good enough to be
//! read, or nobody is asked who they are. `{tenant}` stands for the slug, `{run}` for a completed run of the tenant,
//! `{id}` for something that does not exist. What belongs to no tenant is `OwnThings`
//! (it needs a session), or `Anyone` (it does not).

mod common;
#[path = "roles/foreign.rs"]
mod foreign;
#[path = "roles/readonly.rs"]
mod readonly;

use std::collections::BTreeSet;

use common::{
    TestApp,
    web::{Visitor, Web},
};
use reqwest::{Method, StatusCode};
use runledger::{
    model::user::{
        Action::{
            self, DeleteBackup, ExecuteRestore, MakeBackup, ManageDestinations, ManageSchedules, PreviewRestore,
            StartOperation, TriageDrift, View,
        },
        Role,
    },
    server::{router::plain_routes, runs::RunChange},
};
use serde_json::json;

use self::Who::{Anyone, Mutates, OwnThings, Reads};

#[derive(Debug, Clone, Copy)]
enum Who {
    Anyone,
    OwnThings,
    Reads(Action),
    Mutates(Action),
}

type Arguments = &'static [(&'static str, &'static str)];

#[derive(Debug)]
struct Line {
    method: Method,
    path: String,
    who: Who,
    arguments: Arguments,
}

fn function(name: &str, who: Who, arguments: Arguments) -> Line {
    Line { method: Method::POST, path: format!("/api/{name}"), who, arguments }
}

fn route(method: Method, path: &str, who: Who) -> Line {
    Line { method, path: path.to_owned(), who, arguments: &[] }
}

/// What exists nowhere: those who may are told so, the others are refused first.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";
const TENANT: Arguments = &[("tenant", "{tenant}")];
const RUN: Arguments = &[("tenant", "{tenant}"), ("run", "{run}")];
const SET: Arguments = &[("tenant", "{tenant}"), ("set", "{id}")];
const RESTORE: Arguments = &[("tenant", "{tenant}"), ("restore", "{id}")];

const DESTINATION: Arguments = &[
    ("tenant", "{tenant}"),
    ("kind", "webhook"),
    ("name", "Hook"),
    ("address", "https://192.0.2.1/hook"),
    ("on_failed", "on"),
];

const SCHEDULE: Arguments = &[
    ("tenant", "{tenant}"),
    ("operation_type", "inventory.sync"),
    ("cron", "0 3 * * *"),
    ("time_zone", "UTC"),
    ("expected_hours", "24"),
];

#[rustfmt::skip]
fn lines() -> Vec<Line> {
    vec![
        function("session/viewer", Anyone, &[]),
        function("session/sign_in", Anyone, &[("email", "nobody@contoso.example"), ("password", "wrong")]),
        function("session/sign_out", Anyone, &[]),
        function("session/theme", Anyone, &[("theme", "dark")]),
        function("operations/list", Reads(View), TENANT),
        function("operations/filter_choices", Reads(View), TENANT),
        function("operations/show", Reads(View), RUN),
        function("operations/start", Mutates(StartOperation), &[("tenant", "{tenant}"), ("operation_type", "inventory.sync")]),
        function("operations/cancel", Mutates(StartOperation), RUN),
        function("operations/retry", Mutates(StartOperation), RUN),
        function("audit/list", Reads(View), TENANT),
        function("groups/list", Reads(View), TENANT),
        function("drift/overview", Reads(View), TENANT),
        function("drift/list", Reads(View), TENANT),
        function("drift/show", Reads(View), &[("tenant", "{tenant}"), ("finding", "{id}")]),
        function("drift/generate", Mutates(StartOperation), TENANT),
        function("drift/decide", Mutates(TriageDrift), &[("tenant", "{tenant}"), ("findings[0]", "{id}"), ("decision", "accept")]),
        function("inventory/list", Reads(View), TENANT),
        function("policies/list", Reads(View), TENANT),
        function("policies/show", Reads(View), &[("tenant", "{tenant}"), ("family", "intents"), ("id", "{id}")]),
        function("backups/list", Reads(View), TENANT),
        function("backups/show", Reads(View), SET),
        function("backups/choices", Reads(MakeBackup), TENANT),
        function("backups/add", Mutates(MakeBackup), SET),
        function("backups/retry", Mutates(MakeBackup), SET),
        function("backups/complete", Mutates(MakeBackup), SET),
        function("backups/delete", Mutates(DeleteBackup), &[("tenant", "{tenant}"), ("set", "{id}"), ("name", "Before")]),
        function("restores/list", Reads(View), TENANT),
        function("restores/show", Reads(View), RESTORE),
        function("restores/create", Mutates(PreviewRestore), SET),
        function("restores/preview", Mutates(PreviewRestore), RESTORE),
        function("restores/confirm", Mutates(ExecuteRestore), &[("tenant", "{tenant}"), ("restore", "{id}"), ("name", "CONTOSO")]),
        function("restores/cancel", Mutates(PreviewRestore), RESTORE),
        function("restores/undo", Mutates(PreviewRestore), RESTORE),
        function("schedules/list", Reads(View), TENANT),
        function("schedules/save", Mutates(ManageSchedules), SCHEDULE),
        function("notifications/inbox", OwnThings, &[]),
        function("notifications/list", OwnThings, &[("unread", "false")]),
        function("notifications/read", OwnThings, &[]),
        function("notifications/put_away", OwnThings, &[("ids[0]", "{id}")]),
        function("notifications/settings", Reads(View), TENANT),
        // What a member wants to be told is the member's own business, whatever their role.
        function("notifications/save_settings", Mutates(View), TENANT),
        function("outgoing/list", Reads(ManageDestinations), TENANT),
        function("outgoing/add", Mutates(ManageDestinations), DESTINATION),
        function("outgoing/edit", Mutates(ManageDestinations), &[("tenant", "{tenant}"), ("destination", "{id}"), ("name", "Hook"), ("on_failed", "on")]),
        function("outgoing/switch", Mutates(ManageDestinations), &[("tenant", "{tenant}"), ("destination", "{id}"), ("on", "true")]),
        function("outgoing/remove", Mutates(ManageDestinations), &[("tenant", "{tenant}"), ("destination", "{id}")]),
        function("outgoing/test", Mutates(ManageDestinations), &[("tenant", "{tenant}"), ("destination", "{id}")]),
        function("outgoing/redeliver", Mutates(ManageDestinations), &[("tenant", "{tenant}"), ("delivery", "{id}")]),
        route(Method::GET, "/healthz", Anyone),
        route(Method::GET, "/readyz", Anyone),
        route(Method::GET, "/t/{tenant}/events", Reads(View)),
        route(Method::GET, "/t/{tenant}/operations/export.csv", Reads(View)),
        route(Method::GET, "/t/{tenant}/operations/export.ndjson", Reads(View)),
        route(Method::GET, "/t/{tenant}/operations/{run}/export.json", Reads(View)),
        route(Method::GET, "/t/{tenant}/audit/export.csv", Reads(View)),
        route(Method::GET, "/t/{tenant}/audit/export.ndjson", Reads(View)),
        route(Method::GET, "/t/{tenant}/backups/{set}/download", Reads(View)),
        route(Method::POST, "/t/{tenant}/backups/upload", Mutates(MakeBackup)),
    ]
}

/// Two tenants with a completed run each and somebody in every role.
struct Tenants {
    web: Web,
    runs: Vec<(&'static str, String)>,
}

const SLUGS: [&str; 2] = ["contoso", "fabrikam"];

impl Tenants {
    async fn make(app: &TestApp) -> Self {
        let mut runs = Vec::new();
        for slug in SLUGS {
            let scope = app.tenant(slug).await;
            for role in Role::ALL {
                app.member(&email(slug, *role), slug, *role).await;
            }
            let run = app.ensure(scope, json!({ "sample": slug })).await.run().id;
            app.core.runs.update_run(run, 0, "w", RunChange::Complete { failure: None }).await.unwrap();
            runs.push((slug, run.to_string()));
        }
        Self { web: Web::start(app).await, runs }
    }

    /// What the line answers the visitor when it is about this tenant.
    async fn ask(&self, visitor: &Visitor, line: &Line, tenant: &str) -> StatusCode {
        let (_, run) = self.runs.iter().find(|(slug, _)| *slug == tenant).unwrap();
        self.ask_for(visitor, line, tenant, run).await
    }

    /// The same for a run that need not be the tenant's.
    async fn ask_for(&self, visitor: &Visitor, line: &Line, tenant: &str, run: &str) -> StatusCode {
        let fill = |text: &str| {
            text.replace("{tenant}", tenant).replace("{run}", run).replace("{id}", NOTHING).replace("{set}", NOTHING)
        };
        let arguments: Vec<_> = line.arguments.iter().map(|(name, value)| (*name, fill(value))).collect();
        let request = visitor.request(line.method.clone(), &fill(&line.path));
        let request = if line.method == Method::GET { request } else { request.form(&arguments) };
        request.send().await.unwrap().status()
    }
}

fn email(slug: &str, role: Role) -> String {
    format!("{role}@{slug}.example")
}

/// Everything that the server answers to beside its pages: the method of a plain route is in its line.
#[test]
fn nothing_is_left_out() {
    let listed: BTreeSet<String> = lines().into_iter().map(|line| line.path).collect();
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path.to_owned());
    let routes = plain_routes().into_iter().map(|(path, _)| path.to_owned());
    let there: BTreeSet<String> = functions.chain(routes).collect();
    assert!(there.len() > 10, "the server functions are registered");
    let missing: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "who may what here? Give each a line in tests/roles.rs: {missing:#?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "these are gone: {gone:#?}");
}

on_both_engines! {
    async fn each_role_may_what_it_may_and_in_its_own_tenant_only(app: TestApp) {
        let tenants = Tenants::make(&app).await;
        let nobody = tenants.web.visitor();
        for line in lines() {
            let status = tenants.ask(&nobody, &line, "contoso").await;
            match line.who {
                Anyone => assert!(!status.is_server_error() && status != StatusCode::FORBIDDEN, "{line:?}: {status}"),
                _ => assert_eq!(status, StatusCode::UNAUTHORIZED, "without a session: {line:?}"),
            }
        }
        for role in Role::ALL {
            let visitor = tenants.web.signed_in(&email("contoso", *role)).await;
            for line in lines() {
                let (Reads(action) | Mutates(action)) = line.who else { continue };
                let foreign = tenants.ask(&visitor, &line, "fabrikam").await;
                assert_eq!(foreign, StatusCode::NOT_FOUND, "{role} of another tenant: {line:?}");
                let own = tenants.ask(&visitor, &line, "contoso").await;
                if role.can(action) {
                    let refused = matches!(own, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
                    assert!(!refused && !own.is_server_error(), "{role} may: {line:?}: {own}");
                } else {
                    assert_eq!(own, StatusCode::FORBIDDEN, "{role} may not: {line:?}");
                }
            }
            for line in lines().iter().filter(|line| matches!(line.who, OwnThings)) {
                let own = tenants.ask(&visitor, line, "contoso").await;
                assert!(own.is_success(), "{role}'s own things: {line:?}: {own}");
            }
        }
    }

    async fn a_route_answers_to_no_other_method(app: TestApp) {
        let tenants = Tenants::make(&app).await;
        let owner = tenants.web.signed_in(&email("contoso", Role::Owner)).await;
        for (path, _) in plain_routes() {
            let known: Vec<Method> = lines().into_iter().filter(|line| line.path == path).map(|line| line.method).collect();
            for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                if !known.contains(&method) {
                    let line = Line { method, path: path.to_owned(), who: Anyone, arguments: &[] };
                    let status = tenants.ask(&owner, &line, "contoso").await;
                    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "who may do this? Give it a line: {line:?}");
                }
            }
        }
    }
}
