//! Restores over HTTP, as their pages ask for them: the whole way, who may what, and what bad input gets.

mod common;

use common::{
    TestApp,
    backups::Place,
    restores::{assert_shown, keys},
    web::Visitor,
};
use reqwest::{Method, StatusCode, header};
use runledger::model::{
    backup::PolicyKey,
    ids::{BackupSetId, RestoreRunId},
    restore::{RestoreDetail, RestoreStatus},
    run::RunOutcome,
    user::Role,
};
use serde_json::{Value, json};

const CONFIGS: &str = "deviceManagement/deviceConfigurations";

/// Three device configurations, backed up; the first is changed after that and the second deleted.
async fn changed(app: &TestApp, place: &Place) -> (BackupSetId, Vec<PolicyKey>) {
    let policies: Vec<String> = place.of("device_configurations", CONFIGS).await.into_iter().take(3).collect();
    let (set, _) = place.backed_up(app, &policies, &[]).await;
    let all = keys(app, place.scope, set).await;
    let body = json!({ "description": "Changed by hand" });
    place.directory.send(Method::PATCH, &format!("{CONFIGS}/{}", all[0].graph_id), Some(&body)).await;
    place.directory.send(Method::DELETE, &format!("{CONFIGS}/{}", all[1].graph_id), None).await;
    (set, all)
}

/// Sends the form of the set's page.
async fn create(visitor: &Visitor, set: &str, keys: &[PolicyKey], fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let words: Vec<String> = keys.iter().map(PolicyKey::word).collect();
    let mut form = vec![("tenant", "contoso"), ("set", set)];
    form.extend_from_slice(fields);
    form.extend(words.iter().map(|word| ("policies[]", word.as_str())));
    visitor.ask("restores/create", &form).await
}

async fn created(app: &TestApp, place: &Place, by: &Visitor, set: BackupSetId, keys: &[PolicyKey]) -> RestoreDetail {
    let (status, id) = create(by, &set.to_string(), keys, &[]).await;
    assert_eq!(status, StatusCode::OK, "{id}");
    let id: RestoreRunId = serde_json::from_value(id).unwrap();
    place.reached(app, id, RestoreStatus::Previewed).await
}

/// Sends a form of the restore's page.
async fn ask(visitor: &Visitor, function: &str, id: RestoreRunId, fields: &[(&str, &str)]) -> (StatusCode, Value) {
    let id = id.to_string();
    let mut form = vec![("tenant", "contoso"), ("restore", id.as_str())];
    form.extend_from_slice(fields);
    visitor.ask(&format!("restores/{function}"), &form).await
}

async fn page(visitor: &Visitor, path: &str) -> String {
    let answer = visitor.get(path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    answer.text().await.unwrap()
}

/// The page has each of these words.
fn has(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word} is not in {page}");
    }
}

async fn somebody(app: &TestApp, place: &Place, email: &str, role: Role) -> Visitor {
    app.member(email, "contoso", role).await;
    place._web.signed_in(email).await
}

on_both_engines! {
    async fn a_restore_goes_its_whole_way_over_http(app: TestApp) {
        let place = Place::new(&app).await;
        let empty = page(&place.owner, "/t/contoso/restores").await;
        has(&empty, &["No restores yet", "Open a backup set", "href=\"/t/contoso/backups\""]);
        let (set, all) = changed(&app, &place).await;
        let set_page = page(&place.owner, &format!("/t/contoso/backups/{set}")).await;
        has(&set_page, &["name=\"policies[]\"", "Restore assignments too", &all[0].word()]);

        let preview = created(&app, &place, &place.owner, set, &all).await;
        let id = preview.run.id;
        let address = format!("/t/contoso/restores/{id}");
        let seen = page(&place.owner, &address).await;
        has(&seen, &["Restore of Before the change", "1 to create, 1 to update, 1 without a change", "Changed by hand"]);
        has(&seen, &["1 policy will be created in CONTOSO, and 1 policy overwritten", "Restore 2 policies", "aria-current=\"step\""]);
        has(&seen, &[&format!("/t/contoso/operations/{id}"), &format!("/t/contoso/backups/{set}")]);

        let (status, error) = ask(&place.owner, "confirm", id, &[("name", "Contoso")]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error["message"].as_str().unwrap().contains("Type the name of the tenant exactly"), "{error}");
        let detail = app.core.restores.detail(place.scope, id).await.unwrap();
        assert_eq!(detail.run.status, RestoreStatus::Previewed, "nothing has begun");
        let (status, _) = ask(&place.owner, "confirm", id, &[("name", "CONTOSO")]).await;
        assert_eq!(status, StatusCode::OK);
        let done = place.reached(&app, id, RestoreStatus::Completed).await;

        let seen = page(&place.owner, &address).await;
        has(&seen, &["1 created, 1 updated, 1 needed no change", "Succeeded", "Restore the safety backup", "confirmed by"]);
        has(&seen, &[done.items.iter().find_map(|item| item.new_id.as_deref()).unwrap()]);
        let safety = done.run.safety_set_id.unwrap();
        has(&seen, &[&format!("/t/contoso/backups/{safety}")]);
        let listed = page(&place.owner, "/t/contoso/restores").await;
        has(&listed, &["Before the change", &address, "1 created, 1 updated, 1 needed no change"]);
        let run = page(&place.owner, &format!("/t/contoso/operations/{id}")).await;
        has(&run, &[&format!("href=\"{address}\"")]);
        assert!(!run.contains("Run again"), "a restore is not done again from the ledger");
        assert_eq!(assert_shown(&app, place.scope, id).await.run.outcome, Some(RunOutcome::Succeeded));

        let again = created(&app, &place, &place.owner, set, &all).await;
        let seen = page(&place.owner, &format!("/t/contoso/restores/{}", again.run.id)).await;
        has(&seen, &["Nothing has to be written", "3 without a change"]);
        assert!(!seen.contains("aria-current=\"step\""), "there is no next step");

        let (status, back) = ask(&place.owner, "undo", id, &[]).await;
        assert_eq!(status, StatusCode::OK, "{back}");
        let back = place.reached(&app, serde_json::from_value(back).unwrap(), RestoreStatus::Previewed).await;
        assert_eq!((back.run.backup_set_id, back.items.len()), (safety, 1));
        let (status, _) = ask(&place.owner, "cancel", back.run.id, &[]).await;
        assert_eq!(status, StatusCode::OK);
        place.reached(&app, back.run.id, RestoreStatus::Cancelled).await;
        assert_eq!(ask(&place.owner, "cancel", back.run.id, &[]).await.0, StatusCode::CONFLICT);
    }

    async fn without_scripts_each_form_leads_to_the_restore_or_back_with_the_reason(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = changed(&app, &place).await;
        let send = async |function: &str, referer: &str, form: &[(&str, &str)]| {
            let answer = place.owner.request(Method::POST, &format!("/api/restores/{function}"))
                .header(header::ACCEPT, "text/html,*/*")
                .header(header::REFERER, format!("{}{referer}", place._web.url))
                .form(form).send().await.unwrap();
            assert!(answer.status().is_redirection(), "{}", answer.status());
            answer.headers()[header::LOCATION].to_str().unwrap().replace(&place._web.url, "")
        };
        let (set, word) = (set.to_string(), all[0].word());
        let set_page = format!("/t/contoso/backups/{set}");
        let back = send("create", &set_page, &[("tenant", "contoso"), ("set", &set)]).await;
        has(&page(&place.owner, &back).await, &["Choose the policies to restore: at least one, at most 500."]);
        let leads = send("create", &set_page, &[("tenant", "contoso"), ("set", &set), ("policies[]", &word)]).await;
        let id: RestoreRunId = leads.strip_prefix("/t/contoso/restores/").unwrap().parse().unwrap();
        place.reached(&app, id, RestoreStatus::Previewed).await;
        let restore = id.to_string();
        let confirm = |name| vec![("tenant", "contoso"), ("restore", restore.as_str()), ("name", name)];
        let back = send("confirm", &leads, &confirm("FABRIKAM")).await;
        has(&page(&place.owner, &back).await, &["is not the name of this tenant", "Confirm"]);
        assert_eq!(send("confirm", &leads, &confirm("CONTOSO")).await, leads);
        place.reached(&app, id, RestoreStatus::Completed).await;
    }

    async fn what_makes_no_sense_is_refused_with_a_sentence(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = changed(&app, &place).await;
        let set = set.to_string();
        app.tenant("fabrikam").await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let (status, error) = create(&place.owner, &set, &[], &[]).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(error["message"].as_str().unwrap().contains("Choose at least one policy"), "{error}");
        let nothing = [("all", "true"), ("search", "no policy is called this")];
        assert_eq!(create(&place.owner, &set, &[], &nothing).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        for word in ["unreadable", "a/\0", "/"] {
            let (status, _) = create(&place.owner, &set, &[], &[("policies[]", word)]).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{word:?}");
        }
        // The set of another tenant does not exist, nor does its restore.
        let stranger = place._web.signed_in("owner@fabrikam.example").await;
        let foreign = [("tenant", "fabrikam"), ("set", &set), ("policies[]", &all[0].word())];
        assert_eq!(stranger.ask("restores/create", &foreign).await.0, StatusCode::NOT_FOUND);
        let whole = [("tenant", "fabrikam"), ("set", &set), ("all", "true")];
        assert_eq!(stranger.ask("restores/create", &whole).await.0, StatusCode::NOT_FOUND);
        let (status, id) = create(&place.owner, &set, &[], &[("all", "true")]).await;
        assert_eq!(status, StatusCode::OK, "{id}");
        let id: RestoreRunId = serde_json::from_value(id).unwrap();
        let preview = place.reached(&app, id, RestoreStatus::Previewed).await;
        assert_eq!(preview.items.len(), 3, "everything of the set");
        for tenant in ["contoso", "fabrikam"] {
            assert_eq!(stranger.get(&format!("/t/{tenant}/restores/{id}")).await.status(), StatusCode::NOT_FOUND);
        }
        for nonsense in ["x", "%00", "00000000-0000-7000-8000-000000000000"] {
            assert_eq!(place.owner.get(&format!("/t/contoso/restores/{nonsense}")).await.status(), StatusCode::NOT_FOUND);
        }
        has(&page(&place.owner, "/t/contoso/restores?after=x").await, &["this is the beginning"]);
        for here in ["../login", "a\0b", "two words"] {
            let (status, error) = ask(&place.owner, "preview", id, &[("groups[0][id]", "g"), ("groups[0][here]", here)]).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{here:?}: {error}");
        }
        assert_eq!(ask(&place.owner, "undo", id, &[]).await.0, StatusCode::CONFLICT);
    }

    async fn a_group_that_is_missing_is_chosen_on_the_page(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", CONFIGS).await;
        let (set, _) = place.backed_up(&app, &policies, &[]).await;
        let kept = common::backups::items(&app, place.scope, set).await;
        let (kept, group) = kept.iter().find_map(|item| Some((item, item.group_names.keys().next()?))).unwrap();
        place.directory.send(Method::DELETE, &format!("groups/{group}"), None).await;
        let (_, id) = create(&place.owner, &set.to_string(), std::slice::from_ref(&kept.key), &[("assignments", "true")]).await;
        let id: RestoreRunId = serde_json::from_value(id).unwrap();
        place.reached(&app, id, RestoreStatus::Previewed).await;
        let address = format!("/t/contoso/restores/{id}");
                has(&page(&place.owner, &address).await, &["groups[0][here]", group, "Not in this tenant", "Blocked", "Nothing can be written"]);
        let other = place.directory.ids("groups").await.into_iter().next().unwrap();
        let (status, error) = ask(&place.owner, "preview", id, &[("groups[0][id]", group), ("groups[0][here]", &other)]).await;
        assert_eq!(status, StatusCode::OK, "{error}");
        common::eventually("the choice is previewed", async || {
            let detail = app.core.restores.detail(place.scope, id).await.unwrap();
            let chosen = detail.items[0].groups.iter().any(|one| one.by == "hand" && one.here.as_deref() == Some(&*other));
            (detail.run.status == RestoreStatus::Previewed && chosen).then_some(())
        })
        .await;
        has(&page(&place.owner, &address).await, &["Chosen by hand", &other, "1 to update"]);
    }

    async fn operators_preview_managers_execute_and_readonly_sees_it(app: TestApp) {
        let place = Place::new(&app).await;
        let (set, all) = changed(&app, &place).await;
        let operator = somebody(&app, &place, "operator@contoso.example", Role::Operator).await;
        let manager = somebody(&app, &place, "manager@contoso.example", Role::Manager).await;
        let auditor = somebody(&app, &place, "auditor@contoso.example", Role::Readonly).await;
        assert_eq!(create(&auditor, &set.to_string(), &all, &[]).await.0, StatusCode::FORBIDDEN);
        has(&page(&auditor, "/t/contoso/restores").await, &["No restores yet", "As soon as somebody"]);
        let preview = created(&app, &place, &operator, set, &all[..1]).await;
        let id = preview.run.id;
        let address = format!("/t/contoso/restores/{id}");
        assert_eq!(ask(&operator, "confirm", id, &[("name", "CONTOSO")]).await.0, StatusCode::FORBIDDEN);
        let seen = page(&operator, &address).await;
        has(&seen, &["A manager or an owner of this tenant can confirm it.", "Cancel restore"]);
        assert!(!seen.contains("/api/restores/confirm"));
        let seen = page(&auditor, &address).await;
        has(&seen, &["1 to update", "Read-only", "Changed by hand"]);
        assert!(!seen.contains("/api/restores/"), "no form for whom only looks");
        assert!(!page(&auditor, &format!("/t/contoso/backups/{set}")).await.contains("/api/restores/"));
        for function in ["confirm", "cancel", "undo", "preview"] {
            assert_eq!(ask(&auditor, function, id, &[("name", "CONTOSO")]).await.0, StatusCode::FORBIDDEN, "{function}");
        }
        has(&page(&auditor, "/t/contoso/restores").await, &[&address, "Previewed"]);
        assert_eq!(ask(&manager, "confirm", id, &[("name", "CONTOSO")]).await.0, StatusCode::OK);
        place.reached(&app, id, RestoreStatus::Completed).await;
        has(&page(&auditor, &address).await, &["1 updated"]);
    }
}
