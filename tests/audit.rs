//! The audit log: every change that somebody makes over HTTP leaves one entry with who, when, from where and what; what
//! is refused leaves none; and nobody changes what is written.

mod common;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use common::{
    TestApp,
    audit::{Log, TENANT, entries, ok},
    backups::Place,
    restores::keys,
    web::{Visitor, Web},
    zips::with_form,
};
use reqwest::{Method, StatusCode};
use runledger::{
    model::{
        audit::{AuditAction, AuditEntry},
        run::Initiator,
        user::Role,
    },
    server::{
        db::{Db, Tx},
        router::plain_routes,
    },
};
use serde_json::json;

/// What changes something in a tenant, and leaves an entry. A new one is missing here until it does.
const NOTED: &str = "/api/operations/start /api/operations/cancel /api/operations/retry /api/drift/generate /api/drift/decide \
    /api/backups/add /api/backups/retry /api/backups/complete /api/backups/delete /api/schedules/save \
    /api/notifications/save_settings /api/restores/create /api/restores/preview /api/restores/confirm \
    /api/restores/cancel /api/restores/undo /api/outgoing/add /api/outgoing/edit /api/outgoing/switch /api/outgoing/remove \
    /api/outgoing/test /api/outgoing/redeliver /t/{tenant}/backups/{set}/download /t/{tenant}/backups/upload";

/// What only reads.
const READS: &str = "/api/session/viewer /api/operations/list /api/operations/filter_choices /api/operations/show \
    /api/audit/list /api/restores/list /api/restores/show /api/outgoing/list /api/groups/list /api/drift/overview /api/drift/list /api/drift/show /api/inventory/list \
    /api/policies/list /api/policies/show /api/backups/list /api/backups/show /api/backups/choices \
    /api/schedules/list /api/notifications/inbox /api/notifications/list /api/notifications/settings /healthz \
    /readyz /t/{tenant}/events /t/{tenant}/operations/export.csv /t/{tenant}/operations/export.ndjson \
    /t/{tenant}/operations/{run}/export.json";
/// What reads too, or changes a person's own session and inbox only, which belong to no tenant.
const OTHERS: &str = "/t/{tenant}/audit/export.csv /t/{tenant}/audit/export.ndjson /api/session/sign_in /api/session/sign_out \
    /api/session/theme /api/notifications/read /api/notifications/put_away";

#[test]
fn nothing_is_left_out() {
    let known: BTreeSet<&str> = [NOTED, READS, OTHERS].into_iter().flat_map(str::split_whitespace).collect();
    let functions = leptos::server_fn::axum::server_fn_paths().map(|(path, _)| path);
    let routes = plain_routes().into_iter().map(|(path, _)| path);
    let missing: Vec<_> = functions.chain(routes).filter(|path| !known.contains(path)).collect();
    assert!(missing.is_empty(), "does it leave an entry? Put each on a list of tests/audit.rs: {missing:#?}");
}

const SCHEDULE: [(&str, &str); 5] = [
    ("operation_type", "inventory.sync"),
    ("cron", "0 3 * * *"),
    ("time_zone", "UTC"),
    ("expected_hours", "26"),
    ("enabled", "on"),
];

on_both_engines! {
    async fn what_is_done_to_runs_and_schedules_leaves_one_entry_each_and_what_is_refused_none(app: TestApp) {
        app.tenant("contoso").await;
        for role in Role::ALL {
            app.member(&format!("{role}@contoso.example"), "contoso", *role).await;
        }
        let web = Web::start(&app).await;
        let (owner, reader) = (web.signed_in("owner@contoso.example").await, web.signed_in("readonly@contoso.example").await);
        let mut log = Log { app: &app, who: &owner, before: 0 };
        let started = ok(&owner, "operations/start", &[("operation_type", "inventory.sync")]).await;
        let run = started["run"]["id"].as_str().unwrap().to_owned();
        let entry = log.one("owner", AuditAction::RunStarted).await;
        assert_eq!((entry.subject.id, entry.detail), (run.clone(), json!({})));

        ok(&owner, "operations/start", &[("operation_type", "inventory.sync")]).await;
        let joined = log.one("owner", AuditAction::RunStarted).await;
        assert_eq!((joined.subject.id, joined.detail), (run.clone(), json!({ "joined": true })));

        ok(&owner, "operations/cancel", &[("run", &run)]).await;
        assert_eq!(log.one("owner", AuditAction::RunCancelled).await.subject.id, run);
        ok(&owner, "operations/retry", &[("run", &run)]).await;
        assert_eq!(log.one("owner", AuditAction::RunRetried).await.detail["retry_of"], run.as_str());
        ok(&owner, "schedules/save", &SCHEDULE).await;
        let saved = log.one("owner", AuditAction::ScheduleSaved).await;
        assert_eq!((saved.subject.id.as_str(), &saved.detail["cron"]), ("inventory.sync", &json!("0 3 * * *")));
        ok(&reader, "notifications/save_settings", &[("run_completed", "true")]).await;
        log.one("readonly", AuditAction::NotificationsSaved).await;

        // Refused by role, by state, and by what was typed.
        for (who, function, form, status) in [
            (&reader, "operations/start", vec![("operation_type", "inventory.sync")], 403),
            (&reader, "operations/cancel", vec![("run", run.as_str())], 403),
            (&reader, "schedules/save", SCHEDULE.to_vec(), 403),
            (&owner, "operations/cancel", vec![("run", run.as_str())], 409),
            (&owner, "operations/start", vec![("operation_type", "restore.execute")], 422),
            (&owner, "schedules/save", [&SCHEDULE[..1], &[("cron", "often")], &SCHEDULE[2..]].concat(), 422),
            (&owner, "drift/generate", vec![("baseline", "previous")], 409),
        ] {
            let (answered, text) = who.ask(function, &[&[TENANT], &form[..]].concat()).await;
            assert!(answered.is_client_error(), "{function}: {answered} instead of {status}: {text}");
        }
        log.none().await;

        // The system's own work is nobody's deed; the command line's is, from nowhere.
        let member = app.core.auth.member(app.core.auth.add_user("owner@contoso.example", "owner", common::PASSWORD).await.unwrap(), "contoso", runledger::model::user::Action::View).await.unwrap();
        let again = app.core.runs.list(member.scope(), &Default::default()).await.unwrap().runs[0].id;
        app.core.runs.cancel(member.scope(), again, Initiator { user_id: None, name: "command line".to_owned() }).await.unwrap();
        let owner = web.signed_in("owner@contoso.example").await;
        let newest = entries(&owner, &[]).await.remove(0);
        assert_eq!((newest.actor_name.as_str(), newest.actor_user_id, newest.actor_address), ("command line", None, None));
    }

    async fn what_is_done_to_backup_sets_and_restores_leaves_one_entry_each(app: TestApp) {
        let place = Place::new(&app).await;
        let policies: Vec<String> = place.of("device_configurations", "deviceManagement/deviceConfigurations").await.into_iter().take(2).collect();
        let mut log = Log { app: &app, who: &place.owner, before: 0 };
        let (set, _) = place.backed_up(&app, &policies[..1], &[("keep_open", "true")]).await;
        let id = set.to_string();
        let made = log.one("owner", AuditAction::BackupSetCreated).await;
        assert_eq!((made.subject.id.as_str(), made.subject.name.as_str(), &made.detail["policies"]), (id.as_str(), "Before the change", &json!(1)));
        assert!(made.detail["run"].is_string());
        let (_, started) = place.add(&[TENANT, ("set", &id)], &policies[1..]).await;
        place.ended(&app, &started).await;
        log.one("owner", AuditAction::BackupSetExtended).await;
        ok(&place.owner, "backups/complete", &[("set", &id)]).await;
        log.one("owner", AuditAction::BackupSetCompleted).await;
        let file = place.owner.get(&format!("/t/contoso/backups/{id}/download")).await;
        assert_eq!(file.status(), StatusCode::OK);
        let file = file.bytes().await.unwrap();
        log.one("owner", AuditAction::BackupSetDownloaded).await;
        let upload = || place.owner.request(Method::POST, "/t/contoso/backups/upload");
        assert_eq!(with_form(upload(), "Copy", Some(&file)).send().await.unwrap().status(), StatusCode::SEE_OTHER);
        let loaded = log.one("owner", AuditAction::BackupSetLoaded).await;
        assert_eq!(loaded.subject.name, "Copy");
        with_form(upload(), "Copy", Some(b"no zip")).send().await.unwrap();
        assert!(place.owner.ask("backups/delete", &[TENANT, ("set", &loaded.subject.id), ("name", "Other")]).await.0.is_client_error());
        log.none().await;
        ok(&place.owner, "backups/delete", &[("set", &loaded.subject.id), ("name", "Copy")]).await;
        assert_eq!(log.one("owner", AuditAction::BackupSetDeleted).await.subject, loaded.subject);

        // Restores by their service: who asks it, and from where, is the member's.
        let (member, keys) = (place.member(&app).await.coming_from(Some([192, 0, 2, 7].into())), keys(&app, place.scope, set).await);
        let actions = async || -> Vec<(AuditAction, Option<String>)> {
            entries(&place.owner, &[]).await.into_iter().rev().skip(6).map(|entry| (entry.action, entry.actor_address)).collect()
        };
        let restores = &app.core.restores;
        let run = restores.create(&member, set, keys.clone(), false).await.unwrap().id;
        let chosen = [("a".to_owned(), "b".to_owned())].into();
        place.reached(&app, run, runledger::model::restore::RestoreStatus::Previewed).await;
        restores.preview_again(&member, run, chosen).await.unwrap();
        place.reached(&app, run, runledger::model::restore::RestoreStatus::Previewed).await;
        assert!(restores.confirm(&member, run, "Contoso?").await.is_err());
        restores.confirm(&member, run, "CONTOSO").await.unwrap();
        place.reached(&app, run, runledger::model::restore::RestoreStatus::Completed).await;
        assert!(restores.cancel(&member, run).await.is_err());
        let other = restores.create(&member, set, keys, false).await.unwrap().id;
        restores.cancel(&member, other).await.unwrap();
        let from = Some("192.0.2.7".to_owned());
        let expected = [
            AuditAction::RestorePreviewed, AuditAction::RestoreMapped, AuditAction::RestoreConfirmed,
            AuditAction::RestorePreviewed, AuditAction::RestoreCancelled,
        ];
        assert_eq!(actions().await, expected.map(|action| (action, from.clone())));
    }

    async fn nobody_changes_or_removes_an_entry(app: TestApp) {
        let (owner, _web) = started(&app).await;
        let before = entries(&owner, &[]).await;
        assert_eq!(before.len(), 1);
        const SAME: &str = "INSERT INTO audit_entries SELECT * FROM audit_entries";
        for sql in ["UPDATE audit_entries SET actor_name = 'Mallory'", "DELETE FROM audit_entries", SAME] {
            assert!(refused(&app, sql).await, "{sql}");
        }
        match &app.core.db {
            Db::Sqlite(_) => assert!(refused(&app, "REPLACE INTO audit_entries SELECT * FROM audit_entries").await),
            Db::Postgres(_) => assert!(refused(&app, "TRUNCATE audit_entries").await),
        }
        assert!(refused(&app, "DELETE FROM tenants").await);
        assert_eq!(entries(&owner, &[]).await, before);
    }

    async fn the_list_is_filtered_and_paged_and_the_files_hold_the_same(app: TestApp) {
        let (owner, web) = started(&app).await;
        app.tenant("fabrikam").await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        app.member("readonly@contoso.example", "contoso", Role::Readonly).await;
        for day in 0..60 {
            app.advance(TimeDelta::days(i64::from(day == 30)));
            ok(&owner, "schedules/save", &SCHEDULE).await;
        }
        let reader = web.signed_in("readonly@contoso.example").await;
        let first = entries(&reader, &[]).await;
        let last = first.last().unwrap().id.to_string();
        let second = entries(&reader, &[("after", &last)]).await;
        assert_eq!((first.len(), second.len()), (50, 11));
        let all = [first, second].concat();
        assert!(all.is_sorted_by(|a, b| a.id > b.id));
        assert_eq!(entries(&reader, &[("action", "run.started")]).await, all[60..]);
        let day = all[60].at.format("%Y-%m-%d").to_string();
        assert_eq!(entries(&reader, &[("from", &day), ("to", &day)]).await, all[30..]);
        let me = all[0].actor_user_id.unwrap().to_string();
        assert_eq!(entries(&reader, &[("person", &me)]).await, all[..50]);
        assert!(entries(&reader, &[("person", &app.core.clock.new_id().to_string())]).await.is_empty());

        let file = reader.get("/t/contoso/audit/export.ndjson").await.text().await.unwrap();
        let told: Vec<AuditEntry> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told, all);
        let csv = reader.get("/t/contoso/audit/export.csv?action=run.started").await.text().await.unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("id,at,actor_user_id,") && lines[1].contains(",owner,127.0.0.1,run.started,run,"));
        assert_eq!(reader.get("/t/contoso/audit/export.csv?from=soon").await.status(), 422);

        let page = reader.get("/t/contoso/audit?action=run.started").await;
        assert_eq!(page.status(), 200);
        let html = page.text().await.unwrap();
        assert!(html.contains("127.0.0.1") && html.contains("Started a run") && html.contains("export.csv?action=run"));

        let stranger = web.signed_in("owner@fabrikam.example").await;
        assert_eq!(stranger.ask("audit/list", &[TENANT]).await.0, 404);
        assert_eq!(stranger.get("/t/contoso/audit/export.ndjson").await.status(), 404);
        let (_, theirs) = stranger.ask("audit/list", &[("tenant", "fabrikam"), ("person", &me)]).await;
        assert_eq!((&theirs["entries"]["items"], theirs["people"].as_array().unwrap().len()), (&json!([]), 1));
        assert_eq!(stranger.get("/t/fabrikam/audit/export.ndjson").await.text().await.unwrap(), "");
    }
}

/// An owner of a tenant whose log has one entry.
async fn started(app: &TestApp) -> (Visitor, Web) {
    app.tenant("contoso").await;
    app.member("owner@contoso.example", "contoso", Role::Owner).await;
    let web = Web::start(app).await;
    let owner = web.signed_in("owner@contoso.example").await;
    ok(&owner, "operations/start", &[("operation_type", "inventory.sync")]).await;
    (owner, web)
}

async fn refused(app: &TestApp, sql: &'static str) -> bool {
    match app.core.db.begin().await.unwrap() {
        Tx::Sqlite(mut tx) => sqlx::query(sql).execute(&mut *tx).await.is_err(),
        Tx::Postgres(mut tx) => sqlx::query(sql).execute(&mut *tx).await.is_err(),
    }
}
