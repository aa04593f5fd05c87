//! The audit log of what people do with drift, incomplete backups and destinations: one entry each, and none for a read.

mod common;

use common::{
    TestApp,
    audit::{Log, TENANT, entries, ok},
    backups::Place,
    web::Web,
};
use reqwest::Method;
use runledger::{
    model::{audit::AuditAction, user::Role},
    server::{net::OutboundPolicy, notify::outgoing::OutgoingSettings},
};
use serde_json::{Value, json};

const CONFIGS: &str = "deviceManagement/deviceConfigurations";

/// Starts something, which leaves an entry, and waits for its end.
async fn done(app: &TestApp, place: &Place, log: &mut Log<'_>, function: &str, form: &[(&str, &str)]) {
    let started = ok(&place.owner, function, form).await;
    let entry = log.one("owner", AuditAction::RunStarted).await;
    assert_eq!(entry.subject.id, started["run"]["id"].as_str().unwrap());
    app.completed(place.scope, entry.subject.id.parse().unwrap()).await;
}

on_both_engines! {
    async fn drift_and_what_is_decided_about_it(app: TestApp) {
        let place = Place::new(&app).await;
        let mut log = Log { app: &app, who: &place.owner, before: 0 };
        let sync = [("operation_type", "policy.sync")];
        done(&app, &place, &mut log, "operations/start", &sync).await;
        let policy = place.directory.ids(CONFIGS).await.remove(0);
        let changed = json!({ "description": "Changed" });
        assert!(place.directory.send(Method::PATCH, &format!("{CONFIGS}/{policy}"), Some(&changed)).await.status().is_success());
        done(&app, &place, &mut log, "operations/start", &sync).await;
        done(&app, &place, &mut log, "drift/generate", &[("baseline", "previous")]).await;
        // The ticket names the finding as it is seen; each decision gives it a new one.
        let finding = async || {
            let (_, findings) = place.owner.ask("drift/list", &[TENANT, ("filter[state]", "all")]).await;
            let word = |name: &str| findings["items"][0][name].as_str().unwrap().to_owned();
            (word("id"), word("ticket"))
        };
        let (id, _) = finding().await;
        for (decision, action) in [
            ("accept", AuditAction::FindingAccepted),
            ("reopen", AuditAction::FindingReopened),
            ("ignore", AuditAction::FindingIgnored),
        ] {
            let (_, ticket) = finding().await;
            let form = [("decision", decision), ("reason", "Agreed"), ("findings[0]", &*ticket)];
            ok(&place.owner, "drift/decide", &form).await;
            assert_eq!(log.one("owner", action).await.subject.id, id);
        }
        place.owner.ask("drift/show", &[TENANT, ("finding", &id)]).await;
        log.none().await;
    }

    async fn an_incomplete_backup_that_is_tried_again(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", CONFIGS).await;
        place.graph.set_faults(&["forbidden:deviceConfigurations"]).await;
        let mut log = Log { app: &app, who: &place.owner, before: 0 };
        let (set, _) = place.backed_up(&app, &policies, &[]).await;
        log.one("owner", AuditAction::BackupSetCreated).await;
        let set = set.to_string();
        let started = ok(&place.owner, "backups/retry", &[("set", &set)]).await;
        let entry = log.one("owner", AuditAction::BackupSetExtended).await;
        assert_eq!((entry.subject.id.as_str(), &entry.detail["run"]), (set.as_str(), &started["run"]["id"]));
    }

    async fn destinations_and_their_deliveries(app: TestApp) {
        let mut app = app;
        let policy = OutboundPolicy { allow_private: true };
        app.core.outgoing = app.core.outgoing.with(OutgoingSettings { policy, mail: None, public_url: None });
        app.tenant("contoso").await;
        for role in [Role::Owner, Role::Readonly] {
            app.member(&format!("{role}@contoso.example"), "contoso", role).await;
        }
        let web = Web::start(&app).await;
        let (owner, reader) = (web.signed_in("owner@contoso.example").await, web.signed_in("readonly@contoso.example").await);
        let mut log = Log { app: &app, who: &owner, before: 0 };
        let form = [("kind", "webhook"), ("name", "Hook"), ("address", "http://127.0.0.1:9/secret-path"), ("on_failed", "on")];
        ok(&owner, "outgoing/add", &form).await;
        let added = log.one("owner", AuditAction::DestinationAdded).await;
        assert_eq!((added.subject.name.as_str(), &added.detail["kind"]), ("Hook", &json!("webhook")));
        let destination = [("destination", added.subject.id.as_str())];
        ok(&owner, "outgoing/test", &destination).await;
        assert_eq!(log.one("owner", AuditAction::DestinationTested).await.subject.id, added.subject.id);
        let (_, page) = owner.ask("outgoing/list", &[TENANT]).await;
        let delivery = page["deliveries"]["items"][0]["id"].as_str().unwrap().to_owned();
        ok(&owner, "outgoing/redeliver", &[("delivery", &delivery)]).await;
        assert_eq!(log.one("owner", AuditAction::DeliveryRepeated).await.subject.id, delivery);
        let edited = [destination[0], ("name", "Night watch"), ("address", "http://127.0.0.1:9/other-secret-path"), ("on_late", "on")];
        ok(&owner, "outgoing/edit", &edited).await;
        let edited = log.one("owner", AuditAction::DestinationEdited).await;
        assert_eq!((edited.subject.name.as_str(), &edited.detail["new_address"]), ("Night watch", &json!(true)));
        ok(&owner, "outgoing/switch", &[destination[0], ("on", "false")]).await;
        assert_eq!(log.one("owner", AuditAction::DestinationSwitched).await.detail["on"], json!(false));

        for (who, function, form) in [
            (&reader, "outgoing/test", destination),
            (&reader, "outgoing/remove", destination),
            (&owner, "outgoing/remove", [("destination", "no-id")]),
            (&owner, "outgoing/redeliver", [("delivery", "no-id")]),
        ] {
            let (status, text): (_, Value) = who.ask(function, &[TENANT, form[0]]).await;
            assert!(status.is_client_error(), "{function}: {status} {text}");
        }
        log.none().await;
        ok(&owner, "outgoing/remove", &destination).await;
        assert_eq!(log.one("owner", AuditAction::DestinationRemoved).await.subject.id, added.subject.id);
        // What a destination is told under is a secret as good as a password.
        let log = serde_json::to_string(&entries(&owner, &[]).await).unwrap();
        assert!(!log.contains("secret-path") && !log.contains("whsec_"), "{log}");
    }
}
