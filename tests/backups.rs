//! Backup sets end to end: the run that fills them, over HTTP as the page does it, against the simulator.

mod common;

use common::{
    TestApp,
    backups::{Place, items, set},
    web::Web,
};
use reqwest::StatusCode;
use runledger::{
    model::{
        backup::SetStatus,
        ids::{BackupSetId, RunId},
        reason::ReasonCode,
        run::RunOutcome,
        user::Role,
    },
    server::{db::backups, graph::content_hash, runs::retention},
};

const GONE: &str = "device_configurations/00000000-0000-0000-0000-00000000dead";

on_both_engines! {
    async fn every_family_is_backed_up_whole(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.all_policies().await;
        let (id, run) = place.backed_up(&app, &policies, &[]).await;
        assert_eq!(run.run.outcome, Some(RunOutcome::Succeeded), "{:?}", run.failures);
        let kept = items(&app, place.scope, id).await;
        assert_eq!(kept.len(), policies.len());
        assert_eq!(run.run.summary_counts.succeeded as usize, kept.len());
        for item in &kept {
            assert_eq!(item.content_hash, content_hash(&item.raw), "{}", item.name);
            assert_eq!(item.raw["id"], item.key.graph_id.as_str());
            assert!(!item.name.is_empty());
        }
        let family = |word: &'static str| kept.iter().filter(move |item| item.key.family == word);
        for item in family("configuration_policies") {
            let settings = item.raw["settings"].as_array().unwrap().len();
            assert_eq!(item.raw["settingCount"], settings, "{}", item.name);
        }
        assert!(family("configuration_policies").any(|item| item.raw["settings"].as_array().unwrap().len() > 25));
        assert!(family("device_compliance_policies").all(|item| item.raw["scheduledActionsForRule"].is_array()));
        assert!(family("device_management_scripts").all(|item| item.raw["scriptContent"].is_string()));
        assert!(family("group_policy_configurations").all(|item| {
            let values = item.raw["definitionValues"].as_array().unwrap();
            !values.is_empty() && values.iter().all(|v| v["presentationValues"].is_array() && v["definition"].is_object())
        }));
        assert!(family("managed_app_policies").all(|item| item.assignments.is_array() && item.raw["assignments"].is_array()));
        // Assignments come with the names of their groups.
        let names: Vec<_> = kept.iter().flat_map(|item| &item.group_names).collect();
        assert!(names.len() > 5 && names.iter().all(|(_, name)| name.is_some()), "{names:?}");
        let set = set(&app, place.scope, id).await;
        assert_eq!((set.status, set.items, set.missing), (SetStatus::Complete, policies.len() as u64, 0));
        assert!(set.expires_at.is_some() && set.completed_at.is_some());
    }

    async fn a_policy_that_is_gone_is_a_failed_item_and_not_in_the_set(app: TestApp) {
        let place = Place::new(&app).await;
        let mut policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        policies.push(GONE.to_owned());
        let (id, run) = place.backed_up(&app, &policies, &[]).await;
        assert_eq!(run.run.outcome, Some(RunOutcome::PartiallySucceeded));
        assert_eq!((run.failures.len(), run.failures[0].code), (1, ReasonCode::NotFound));
        let set = set(&app, place.scope, id).await;
        assert_eq!((set.status, set.items, set.missing), (SetStatus::Incomplete, policies.len() as u64 - 1, 1));
        let page = place.owner.get(&format!("/t/contoso/backups/{id}")).await.text().await.unwrap();
        assert!(page.contains("This set is incomplete") && page.contains("not_found"), "the page says so");
        assert!(page.contains(&format!("/t/contoso/operations/{}", run.run.id)), "with a link to the run");
        // The page offers to try again; it is gone still.
        let (status, started) = place.owner.ask("backups/retry", &[("tenant", "contoso"), ("set", &id.to_string())]).await;
        assert_eq!(status, StatusCode::OK, "{started}");
        let again = place.ended(&app, &started).await;
        assert_eq!(again.run.summary_counts.total, 1, "only what is missing is asked for");
    }

    async fn an_unreadable_family_leaves_the_set_incomplete_and_a_later_try_completes_it(app: TestApp) {
        let place = Place::new(&app).await;
        let mut policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        policies.extend(place.of("conditional_access_policies", "identity/conditionalAccess/policies").await);
        place.graph.set_faults(&["forbidden:deviceConfigurations"]).await;
        let (id, run) = place.backed_up(&app, &policies, &[]).await;
        assert_eq!(run.run.outcome, Some(RunOutcome::PartiallySucceeded));
        assert_eq!(set(&app, place.scope, id).await.status, SetStatus::Incomplete);
        place.graph.set_faults(&[]).await;
        let (_, started) = place.owner.ask("backups/retry", &[("tenant", "contoso"), ("set", &id.to_string())]).await;
        place.ended(&app, &started).await;
        let set = set(&app, place.scope, id).await;
        assert_eq!((set.status, set.items, set.missing), (SetStatus::Complete, policies.len() as u64, 0));
    }

    async fn a_run_that_fails_as_a_whole_says_what_is_missing(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        drop(place.graph);
        let set_id = BackupSetId(app.core.clock.new_id());
        let id = set_id.to_string();
        let mut form = vec![("tenant", "contoso"), ("new_set", id.as_str()), ("name", "In the dark")];
        form.extend(policies.iter().map(|policy| ("policies[]", policy.as_str())));
        let (_, started) = place.owner.ask("backups/add", &form).await;
        let run: RunId = started["run"]["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(app.completed(place.scope, run).await.run.outcome, Some(RunOutcome::Failed));
        let set = set(&app, place.scope, set_id).await;
        assert_eq!((set.status, set.items, set.missing), (SetStatus::Incomplete, 0, policies.len() as u64));
    }

    async fn the_same_choice_twice_is_one_set_and_one_run(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let turned: Vec<String> = policies.iter().rev().cloned().collect();
        let id = BackupSetId(app.core.clock.new_id()).to_string();
        let form = [("tenant", "contoso"), ("new_set", id.as_str()), ("name", "Twice")];
        place.graph.set_faults(&["slow:50"]).await;
        let ((_, first), (_, second)) = tokio::join!(place.add(&form, &policies), place.add(&form, &turned));
        assert_eq!(first["run"]["id"], second["run"]["id"]);
        assert_ne!(first["created"], second["created"]);
        place.ended(&app, &first).await;
        assert_eq!(backups::list(&app.core.db, place.scope, None, 10).await.unwrap().len(), 1);
        // The set is complete: it stays as it is.
        let (status, refused) = place.add(&[("tenant", "contoso"), ("set", &id)], &policies).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert!(refused["message"].as_str().unwrap().contains("complete"), "{refused}");
    }

    async fn a_set_that_is_kept_open_takes_more_until_it_is_completed(app: TestApp) {
        let place = Place::new(&app).await;
        let first = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let second = place.of("conditional_access_policies", "identity/conditionalAccess/policies").await;
        let (id, _) = place.backed_up(&app, &first, &[("keep_open", "true"), ("keep", "forever")]).await;
        assert_eq!(set(&app, place.scope, id).await.status, SetStatus::Open);
        let word = id.to_string();
        let (_, started) = place.add(&[("tenant", "contoso"), ("set", &word)], &second).await;
        place.ended(&app, &started).await;
        let open = set(&app, place.scope, id).await;
        assert_eq!((open.status, open.items), (SetStatus::Open, (first.len() + second.len()) as u64));
        assert_eq!(open.expires_at, None);
        let (status, _) = place.owner.ask("backups/complete", &[("tenant", "contoso"), ("set", &word)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(set(&app, place.scope, id).await.status, SetStatus::Complete);
        assert_eq!(place.add(&[("tenant", "contoso"), ("set", &word)], &second).await.0, StatusCode::CONFLICT);
    }

    async fn throttling_and_a_revoked_token_are_got_over(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("group_policy_configurations", "deviceManagement/groupPolicyConfigurations").await;
        place.graph.set_faults(&["throttle:3", "unavailable:2", "revoked:5"]).await;
        let (id, run) = place.backed_up(&app, &policies, &[]).await;
        assert_eq!(run.run.outcome, Some(RunOutcome::Succeeded), "{:?}", run.failures);
        assert_eq!(items(&app, place.scope, id).await.len(), policies.len());
    }

    async fn a_set_is_deleted_by_its_name_and_goes_when_its_time_has_come(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let (first, _) = place.backed_up(&app, &policies, &[("keep", "30")]).await;
        let (second, _) = place.backed_up(&app, &policies, &[("keep", "forever")]).await;
        app.advance(chrono::TimeDelta::days(29));
        assert_eq!(retention::prune(&app.core.runs, chrono::TimeDelta::days(90)).await.unwrap().backup_sets, 0);
        app.advance(chrono::TimeDelta::days(2));
        assert_eq!(retention::prune(&app.core.runs, chrono::TimeDelta::days(90)).await.unwrap().backup_sets, 1);
        assert!(backups::find(&app.core.db, place.scope, first).await.unwrap().is_none());
        // The session has ended in the meantime.
        let mut owner = place.owner.clone();
        owner.sign_in("owner@contoso.example", common::PASSWORD).await;
        let word = second.to_string();
        let delete_as = async |name: &str| {
            owner.ask("backups/delete", &[("tenant", "contoso"), ("set", &word), ("name", name)]).await.0
        };
        assert_eq!(delete_as("Something else").await, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(backups::find(&app.core.db, place.scope, second).await.unwrap().is_some());
        assert_eq!(delete_as("Before the change").await, StatusCode::OK);
        assert!(backups::find(&app.core.db, place.scope, second).await.unwrap().is_none());
    }

    async fn roles_and_tenants_are_kept_apart(app: TestApp) {
        let place = Place::new(&app).await;
        let policies = place.of("device_configurations", "deviceManagement/deviceConfigurations").await;
        let (id, _) = place.backed_up(&app, &policies, &[]).await;
        let word = id.to_string();
        app.tenant("fabrikam").await;
        app.member("auditor@contoso.example", "contoso", Role::Readonly).await;
        app.member("operator@contoso.example", "contoso", Role::Operator).await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let web = Web::start(&app).await;
        let auditor = web.signed_in("auditor@contoso.example").await;
        let operator = web.signed_in("operator@contoso.example").await;
        let foreign = web.signed_in("owner@fabrikam.example").await;
        let path = format!("/t/contoso/backups/{id}");
        let seen = auditor.get(&path).await;
        assert_eq!(seen.status(), StatusCode::OK);
        let page = seen.text().await.unwrap();
        assert!(!page.contains("Delete this set") && page.contains("Download"));
        assert_eq!(auditor.get("/t/contoso/backups/new").await.status(), StatusCode::FORBIDDEN);
        let add = [("tenant", "contoso"), ("set", word.as_str()), ("policies[]", policies[0].as_str())];
        assert_eq!(auditor.ask("backups/add", &add).await.0, StatusCode::FORBIDDEN);
        let delete = [("tenant", "contoso"), ("set", word.as_str()), ("name", "Before the change")];
        assert_eq!(operator.ask("backups/delete", &delete).await.0, StatusCode::FORBIDDEN);
        for path in [path.clone(), format!("{path}/download"), format!("/t/fabrikam/backups/{id}"), format!("/t/fabrikam/backups/{id}/download")] {
            assert_eq!(foreign.get(&path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let add = [("tenant", "fabrikam"), ("set", word.as_str()), ("policies[]", policies[0].as_str())];
        assert_eq!(foreign.ask("backups/add", &add).await.0, StatusCode::NOT_FOUND);
        let claim = [("tenant", "fabrikam"), ("new_set", word.as_str()), ("name", "Mine"), ("policies[]", policies[0].as_str())];
        assert_eq!(foreign.ask("backups/add", &claim).await.0, StatusCode::NOT_FOUND);
        let delete = [("tenant", "fabrikam"), ("set", word.as_str()), ("name", "Before the change")];
        assert_eq!(foreign.ask("backups/delete", &delete).await.0, StatusCode::NOT_FOUND);
    }

    async fn bad_input_gets_a_sentence(app: TestApp) {
        let place = Place::new(&app).await;
        let fresh = BackupSetId(app.core.clock.new_id()).to_string();
        let one = "device_configurations/1";
        for (form, status) in [
            (vec![("new_set", fresh.as_str()), ("name", "Nothing in it")], 422),
            (vec![("new_set", &fresh), ("name", ""), ("policies[]", one)], 422),
            (vec![("new_set", "x"), ("name", "No id"), ("policies[]", one)], 422),
            (vec![("new_set", &fresh), ("name", "No family"), ("policies[]", "mobile_apps/1")], 422),
            (vec![("new_set", &fresh), ("name", "No word"), ("policies[]", "nonsense")], 422),
            (vec![("new_set", &fresh), ("name", "Never"), ("keep", "7"), ("policies[]", one)], 422),
            (vec![("new_set", &fresh), ("name", "Nothing fits"), ("all", "true"), ("search", "%\u{0}_\\")], 422),
            (vec![("set", &fresh), ("policies[]", one)], 404),
            (vec![("set", "nonsense"), ("policies[]", one)], 404),
        ] {
            let mut form = form;
            form.push(("tenant", "contoso"));
            let (answered, body) = place.owner.ask("backups/add", &form).await;
            assert_eq!(answered.as_u16(), status, "{form:?}: {body}");
        }
        assert!(backups::list(&app.core.db, place.scope, None, 10).await.unwrap().is_empty(), "no set was made");
        for path in ["nonsense", "00000000-0000-0000-0000-000000000000", "nonsense/download"] {
            assert_eq!(place.owner.get(&format!("/t/contoso/backups/{path}")).await.status(), StatusCode::NOT_FOUND);
        }
        for query in ["after=nonsense", "after=%5B%22a%22%5D", "family=%00&search=%00&after=%00"] {
            for page in ["/t/contoso/backups", "/t/contoso/backups/new"] {
                assert_eq!(place.owner.get(&format!("{page}?{query}")).await.status(), StatusCode::OK, "{page}?{query}");
            }
        }
    }
}
