//! A restore on the ledger: the operation run says what the restore says, in every life, and again after a replay.

mod common;

use common::{
    TestApp,
    backups::Place,
    restores::{assert_shown, keys},
};
use runledger::{
    model::{
        ids::{BackupSetId, RestoreRunId, RunId},
        operation::OperationType,
        restore::RestoreStatus,
        run::{Initiator, RunEventKind, RunOutcome, RunStatus},
    },
    server::{
        db::{Db, restores, runs, tasks},
        restore::{RestoreEvent, RestoreListener},
        restore_shadow::SyncRestoreRunToOperation,
    },
};
use serde_json::json;

async fn backed_up(app: &TestApp, place: &Place) -> BackupSetId {
    let path = "deviceManagement/deviceConfigurations";
    let policies: Vec<String> = place.of("device_configurations", path).await.into_iter().take(2).collect();
    place.backed_up(app, &policies, &[]).await.0
}

async fn kinds(app: &TestApp, place: &Place, id: RestoreRunId) -> Vec<RunEventKind> {
    app.detail(place.scope, RunId(id.0)).await.events.iter().map(|event| event.kind).collect()
}

/// Forgets the shadow and tells every event again, twice: the row is the same.
async fn replay(app: &TestApp, place: &Place, id: RestoreRunId) {
    let before = runs::find(&app.core.db, place.scope, RunId(id.0)).await.unwrap().unwrap();
    let listener = SyncRestoreRunToOperation::new(app.core.runs.clone());
    let shadow = "DELETE FROM operation_runs WHERE id = $1";
    match &app.core.db {
        Db::Sqlite(db) => drop(sqlx::query(shadow).bind(RunId(id.0)).execute(db.write()).await.unwrap()),
        Db::Postgres(pool) => drop(sqlx::query(shadow).bind(RunId(id.0)).execute(pool).await.unwrap()),
    }
    let mut tx = app.core.db.begin().await.unwrap();
    for _ in 0..2 {
        for event in restores::events(&app.core.db, place.scope, id).await.unwrap() {
            let event: RestoreEvent = serde_json::from_value(event).unwrap();
            listener.hear(&mut tx, &event).await.unwrap();
        }
    }
    tx.commit().await.unwrap();
    assert_eq!(runs::find(&app.core.db, place.scope, RunId(id.0)).await.unwrap().unwrap(), before);
}

on_both_engines! {
    async fn a_restore_is_seen_from_its_draft_to_its_end_and_a_replay_gives_the_same(app: TestApp) {
        let place = Place::new(&app).await;
        let set = backed_up(&app, &place).await;
        let all = keys(&app, place.scope, set).await;
        let preview = place.previewed(&app, set, &all, false).await;
        let id = preview.run.id;
        let shown = assert_shown(&app, place.scope, id).await;
        assert_eq!((shown.run.operation_type, shown.run.status), (OperationType::RestoreExecute, RunStatus::Queued));
        assert_eq!(shown.context, json!({ "restore_run_id": id }));
        assert_eq!(tasks::count(&app.core.db, RunId(id.0)).await.unwrap(), 0, "no worker is asked for it");
        place.confirm(&app, id).await;
        place.reached(&app, id, RestoreStatus::Completed).await;
        let shown = assert_shown(&app, place.scope, id).await;
        assert_eq!(shown.run.outcome, Some(RunOutcome::Succeeded));
        assert_eq!((shown.run.summary_counts.total, shown.run.summary_counts.own["unchanged"]), (2, 2));
        use RunEventKind::{Completed, Created, Started};
        assert_eq!(kinds(&app, &place, id).await, [Created, Started, Completed]);
        replay(&app, &place, id).await;
        assert_eq!(kinds(&app, &place, id).await, [Created, Started, Completed]);
    }

    async fn cancelling_a_preview_on_either_side_ends_both(app: TestApp) {
        let place = Place::new(&app).await;
        let set = backed_up(&app, &place).await;
        let all = keys(&app, place.scope, set).await;
        let on_the_ledger = place.previewed(&app, set, &all, false).await.run.id;
        let by = Initiator { user_id: None, name: "Ana".to_owned() };
        app.core.runs.cancel(place.scope, RunId(on_the_ledger.0), &by).await.unwrap();
        let here = place.previewed(&app, set, &all, false).await.run.id;
        app.core.restores.cancel(&place.member(&app).await, here).await.unwrap();
        for id in [on_the_ledger, here] {
            let detail = app.core.restores.detail(place.scope, id).await.unwrap();
            assert_eq!(detail.run.status, RestoreStatus::Cancelled);
            let shown = assert_shown(&app, place.scope, id).await;
            assert_eq!(shown.run.outcome, Some(RunOutcome::Cancelled));
            assert_eq!(kinds(&app, &place, id).await.last(), Some(&RunEventKind::Completed));
            replay(&app, &place, id).await;
        }
    }
}
