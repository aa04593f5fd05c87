//! Restores end to end, against the simulator, which keeps state.

mod common;

use common::{
    TestApp,
    backups::Place,
    restores::{assert_shown, item, keys, plans, states},
};
use reqwest::Method;
use runledger::{
    error::AppError,
    model::{
        backup::{PolicyKey, SetSource, SetStatus},
        ids::{BackupSetId, RunId},
        reason::ReasonCode,
        restore::{RestorePlan, RestoreState, RestoreStatus},
        run::{Initiator, RunOutcome, RunStatus},
    },
    server::{
        db::{backup_items, backups},
        graph::content_hash,
        restore::RestoreError,
    },
};
use serde_json::{Value, json};

const CONFIGS: &str = "deviceManagement/deviceConfigurations";

/// Ten device configurations, backed up.
async fn ten(app: &TestApp, place: &Place) -> (BackupSetId, Vec<PolicyKey>) {
    let policies: Vec<String> = place.of("device_configurations", CONFIGS).await.into_iter().take(10).collect();
    let (set, _) = place.backed_up(app, &policies, &[]).await;
    (set, keys(app, place.scope, set).await)
}

fn config(id: &str) -> String {
    format!("{CONFIGS}/{id}")
}

async fn hash(place: &Place, id: &str) -> String {
    content_hash(&place.directory.get(&config(id)).await)
}

async fn change(place: &Place, id: &str, description: &str) {
    let body = json!({ "description": description });
    assert!(place.directory.send(Method::PATCH, &config(id), Some(&body)).await.status().is_success());
}

async fn delete(place: &Place, path: &str) {
    assert!(place.directory.send(Method::DELETE, path, None).await.status().is_success());
}

on_both_engines! {
    async fn what_was_deleted_comes_back_in_every_family_and_a_second_restore_writes_nothing(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.all_policies().await;
        let (set, _) = place.backed_up(&app, &policies, &[]).await;
        let mut deleted: Vec<PolicyKey> = Vec::new();
        for key in keys(&app, place.scope, set).await {
            if deleted.last().is_none_or(|last| last.family != key.family) {
                let family = runledger::server::backup::policy_family(&key.family).unwrap();
                delete(&place, &format!("{}/{}", family.path(), key.graph_id)).await;
                deleted.push(key);
            }
        }
        assert_eq!(deleted.len(), 7);
        let done = place.restored(&app, set, &deleted, true).await;
        assert!(states(&done).iter().all(|state| *state == RestoreState::Created), "{:#?}", done.items);
        for restored in &done.items {
            let family = runledger::server::backup::policy_family(&restored.key.family).unwrap();
            let new = restored.new_id.as_deref().unwrap();
            assert_ne!(new, restored.key.graph_id);
            let kept = backup_items::find(&app.core.db, place.scope, set, &restored.key).await.unwrap().unwrap();
            let word = [format!("{family}/{new}")];
            let (again, _) = place.backed_up(&app, &word, &[]).await;
            let now = backup_items::stretch(&app.core.db, place.scope, again, None, 1).await.unwrap().remove(0);
            assert_eq!(now.content_hash, kept.content_hash, "{family}");
            let targets = |value: &Value| -> Vec<Value> {
                let mut all: Vec<Value> = value.as_array().unwrap().iter().map(|one| one["target"].clone()).collect();
                all.sort_by_key(Value::to_string);
                all
            };
            assert_eq!(targets(&now.assignments), targets(&kept.assignments), "{family}");
        }
        assert_eq!(done.run.safety_set_id, None, "nothing was overwritten");
        let again = place.restored(&app, set, &deleted, true).await;
        assert!(plans(&again).iter().all(|plan| *plan == RestorePlan::Unchanged), "{:#?}", again.items);
        assert!(states(&again).iter().all(|state| *state == RestoreState::Unchanged));
    }

    async fn one_of_ten_is_restored_and_nine_are_untouched(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        for key in &all {
            change(&place, &key.graph_id, "Changed").await;
        }
        let before = place.directory.list(CONFIGS).await;
        let one = &all[3].graph_id;
        let preview = place.previewed(&app, set, &all[3..4], false).await;
        assert_eq!(plans(&preview), [RestorePlan::Update]);
        assert!(preview.items[0].changes.iter().any(|change| change.path == "description"), "{:?}", preview.items[0].changes);
        assert_eq!(place.directory.list(CONFIGS).await, before, "a preview writes nothing");
        place.confirm(&app, preview.run.id).await;
        let done = place.reached(&app, preview.run.id, RestoreStatus::Completed).await;
        assert_eq!(states(&done), [RestoreState::Updated]);
        for object in place.directory.list(CONFIGS).await {
            let id = object["id"].as_str().unwrap();
            let old = before.iter().find(|old| old["id"] == id).unwrap();
            assert_eq!(object == *old, id != one, "{id}");
        }
        let kept = backup_items::find(&app.core.db, place.scope, set, &all[3]).await.unwrap().unwrap();
        assert_eq!(hash(&place, one).await, kept.content_hash);
        // What was overwritten is kept, and is the way back.
        let safety = done.run.safety_set_id.expect("there is a safety backup");
        let found = backups::find(&app.core.db, place.scope, safety).await.unwrap().unwrap();
        assert_eq!((found.source, found.status, found.items), (SetSource::Safety, SetStatus::Complete, 1));
        let back = app.core.restores.undo(&place.member(&app).await, done.run.id).await.unwrap();
        let back = place.reached(&app, back.id, RestoreStatus::Previewed).await;
        assert_eq!(plans(&back), [RestorePlan::Update]);
        place.confirm(&app, back.run.id).await;
        place.reached(&app, back.run.id, RestoreStatus::Completed).await;
        assert_eq!(place.directory.get(&config(one)).await["description"], "Changed");
    }

    async fn a_name_that_two_policies_have_is_never_guessed(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        let id = &all[0].graph_id;
        let body = place.directory.get(&config(id)).await;
        delete(&place, &config(id)).await;
        let copy = json!({ "@odata.type": body["@odata.type"], "displayName": body["displayName"] });
        for _ in 0..2 {
            place.directory.send(Method::POST, CONFIGS, Some(&copy)).await;
        }
        let count = place.directory.ids(CONFIGS).await.len();
        let done = place.restored(&app, set, &all[..1], false).await;
        assert_eq!((done.items[0].plan, done.items[0].code), (RestorePlan::Blocked, Some(ReasonCode::Conflict)));
        assert_eq!(states(&done), [RestoreState::Failed]);
        assert_eq!(place.directory.ids(CONFIGS).await.len(), count);
        let shown = assert_shown(&app, place.scope, done.run.id).await;
        assert_eq!(shown.run.outcome, Some(RunOutcome::Failed));
    }

    async fn a_missing_group_is_shown_and_can_be_chosen_by_hand(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        let mut with_group = None;
        for key in &all {
            let kept = backup_items::find(&app.core.db, place.scope, set, key).await.unwrap().unwrap();
            if let Some((group, Some(name))) = kept.group_names.first_key_value() {
                with_group = Some((key.clone(), group.clone(), name.clone()));
                break;
            }
        }
        let (key, group, name) = with_group.expect("one of ten is assigned to a group");
        delete(&place, &config(&key.graph_id)).await;
        delete(&place, &format!("groups/{group}")).await;
        let preview = place.previewed(&app, set, std::slice::from_ref(&key), true).await;
        let blocked = item(&preview, &key.graph_id);
        assert_eq!((blocked.plan, blocked.code), (RestorePlan::Blocked, Some(ReasonCode::DependencyMissing)));
        assert!(blocked.message.as_deref().unwrap().contains(&name), "{blocked:?}");
        assert!(blocked.groups.iter().any(|found| found.id == group && found.here.is_none()));
        let other = place.directory.ids("groups").await.into_iter().next().unwrap();
        let chosen = place.choose_groups(&app, preview.run.id, &[(&group, &other)]).await;
        assert_eq!(plans(&chosen), [RestorePlan::Create]);
        place.confirm(&app, chosen.run.id).await;
        let done = place.reached(&app, chosen.run.id, RestoreStatus::Completed).await;
        let new = done.items[0].new_id.clone().unwrap();
        let made = place.directory.get(&format!("{}?$expand=assignments", config(&new))).await;
        let groups: Vec<_> =
            made["assignments"].as_array().unwrap().iter().map(|one| &one["target"]["groupId"]).collect();
        assert!(groups.contains(&&json!(other)), "{made:#}");
    }

    async fn throttling_and_lost_answers_in_the_middle_are_got_over_without_duplicates(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        let count = place.directory.ids(CONFIGS).await.len();
        for key in &all {
            delete(&place, &config(&key.graph_id)).await;
        }
        let preview = place.previewed(&app, set, &all, false).await;
        place.graph.set_faults(&["busy:3", "write_lost:4"]).await;
        place.confirm(&app, preview.run.id).await;
        let done = place.reached(&app, preview.run.id, RestoreStatus::Completed).await;
        assert!(states(&done).iter().all(|state| *state == RestoreState::Created), "{:#?}", done.items);
        place.graph.set_faults(&[]).await;
        assert_eq!(place.directory.ids(CONFIGS).await.len(), count, "each once");
    }

    async fn cancelling_on_the_ledger_stops_the_restore_after_the_policy_at_hand(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        for key in &all {
            delete(&place, &config(&key.graph_id)).await;
        }
        let preview = place.previewed(&app, set, &all, false).await;
        place.graph.set_faults(&["slow:60"]).await;
        place.confirm(&app, preview.run.id).await;
        common::eventually("one is written", async || {
            let detail = app.core.restores.detail(place.scope, preview.run.id).await.unwrap();
            states(&detail).contains(&RestoreState::Created).then_some(())
        })
        .await;
        let by = Initiator { user_id: None, name: "Ana".to_owned() };
        let asked = app.core.runs.cancel(place.scope, RunId(preview.run.id.0), &by).await.unwrap();
        assert_eq!(asked.status, RunStatus::Running);
        let done = place.reached(&app, preview.run.id, RestoreStatus::Cancelled).await;
        let (made, left): (Vec<_>, Vec<_>) = states(&done).into_iter().partition(|state| *state == RestoreState::Created);
        assert!(!made.is_empty() && !left.is_empty() && left.iter().all(|state| *state == RestoreState::Cancelled));
        assert_eq!(assert_shown(&app, place.scope, done.run.id).await.run.outcome, Some(RunOutcome::Cancelled));
    }

    async fn bad_input_gets_a_sentence(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        let member = place.member(&app).await;
        let restores = &app.core.restores;
        let refused = |result: Result<_, RestoreError>| match result {
            Err(RestoreError::Refused(error)) => error,
            other => panic!("{other:?}"),
        };
        assert!(matches!(refused(restores.create(&member, set, Vec::new(), false).await), AppError::Invalid { .. }));
        let elsewhere = BackupSetId(app.core.clock.new_id());
        assert!(matches!(refused(restores.create(&member, elsewhere, all.clone(), false).await), AppError::NotFound { .. }));
        let unknown = vec![PolicyKey { family: "device_configurations".into(), graph_id: "x".into() }];
        assert!(matches!(refused(restores.create(&member, set, unknown, false).await), AppError::NotFound { .. }));
        change(&place, &all[0].graph_id, "Changed").await;
        let preview = place.previewed(&app, set, &all[..1], false).await;
        assert!(matches!(refused(restores.confirm(&member, preview.run.id, "contoso").await), AppError::Invalid { .. }));
        // Changed since the preview: not written.
        change(&place, &all[0].graph_id, "Changed again").await;
        place.confirm(&app, preview.run.id).await;
        let done = place.reached(&app, preview.run.id, RestoreStatus::Completed).await;
        assert_eq!((done.items[0].state, done.items[0].code), (RestoreState::Failed, Some(ReasonCode::Conflict)));
        assert!(matches!(refused(restores.confirm(&member, preview.run.id, "CONTOSO").await), AppError::Conflict { .. }));
        assert!(matches!(refused(restores.cancel(&member, preview.run.id).await), AppError::Conflict { .. }));
        // A backup that does not fit its hash.
        let kept = backup_items::find(&app.core.db, place.scope, set, &all[1]).await.unwrap().unwrap();
        let mut tx = app.core.db.begin().await.unwrap();
        let spoilt = backup_items::BackupItem { content_hash: "0".repeat(64), ..kept };
        backup_items::put(&mut tx, place.scope, set, &spoilt).await.unwrap();
        tx.commit().await.unwrap();
        let preview = place.previewed(&app, set, &all[1..2], false).await;
        assert_eq!((preview.items[0].plan, preview.items[0].code), (RestorePlan::Blocked, Some(ReasonCode::InvalidPayload)));
    }

    async fn a_type_that_cannot_be_written_is_blocked_and_the_rest_is_not(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = ten(&app, &place).await;
        change(&place, &all[1].graph_id, "Changed").await;
        let mut secret = backup_items::find(&app.core.db, place.scope, set, &all[0]).await.unwrap().unwrap();
        secret.raw["omaSettings"] = json!([{ "isEncrypted": true }]);
        secret.content_hash = content_hash(&secret.raw);
        let mut future = secret.clone();
        future.key.family = "managed_app_policies".to_owned();
        future.raw = json!({ "@odata.type": "#microsoft.graph.somethingNew", "displayName": "New" });
        future.content_hash = content_hash(&future.raw);
        let mut tx = app.core.db.begin().await.unwrap();
        for odd in [&secret, &future] {
            backup_items::put(&mut tx, place.scope, set, odd).await.unwrap();
        }
        tx.commit().await.unwrap();
        let done = place.restored(&app, set, &[all[0].clone(), future.key.clone(), all[1].clone()], false).await;
        for (key, reason) in [(&all[0], "encrypted values"), (&future.key, "Policies of this type cannot be written")] {
            let blocked = done.items.iter().find(|item| item.key == *key).unwrap();
            assert_eq!((blocked.plan, blocked.state), (RestorePlan::Blocked, RestoreState::Failed));
            assert!(blocked.message.as_deref().unwrap().contains(reason), "{blocked:?}");
        }
        assert_eq!(item(&done, &all[1].graph_id).state, RestoreState::Updated);
    }
}
