//! Restores through the service, as the pages ask for them.

use std::{
    collections::BTreeMap,
    path::Path,
    process::{Child, Command, Stdio},
};

use runledger::{
    model::{
        backup::PolicyKey,
        ids::{BackupSetId, RestoreRunId, RunId},
        restore::{RestoreDetail, RestoreItem, RestorePlan, RestoreRun, RestoreState, RestoreStatus},
        user::Action,
    },
    server::{
        db::{DbSettings, backup_items, members::Membership, restores, rows::FullRun, runs, scope::TenantScope},
        restore_shadow::shadow_of,
    },
};

use super::{TestApp, TestDatabase, backups::Place, eventually};

impl Place {
    pub async fn member(&self, app: &TestApp) -> Membership {
        let user = runledger::server::db::members::user_by_email(&app.core.db, "owner@contoso.example")
            .await
            .unwrap()
            .unwrap();
        app.core.auth.member(user.id, "contoso", Action::ExecuteRestore).await.unwrap()
    }

    /// A draft of these policies of a set, once it is previewed.
    pub async fn previewed(
        &self,
        app: &TestApp,
        set: BackupSetId,
        keys: &[PolicyKey],
        assignments: bool,
    ) -> RestoreDetail {
        let member = self.member(app).await;
        let run = app.core.restores.create(&member, set, keys.to_vec(), assignments).await.unwrap();
        self.reached(app, run.id, RestoreStatus::Previewed).await
    }

    /// The restore once it has this status.
    pub async fn reached(&self, app: &TestApp, id: RestoreRunId, status: RestoreStatus) -> RestoreDetail {
        eventually(&format!("the restore is {status}"), async || {
            let detail = app.core.restores.detail(self.scope, id).await.unwrap();
            assert!(detail.run.status == status || !detail.run.status.has_ended(), "{:?}", detail.run);
            (detail.run.status == status).then_some(detail)
        })
        .await
    }

    pub async fn confirm(&self, app: &TestApp, id: RestoreRunId) -> RestoreRun {
        app.core.restores.confirm(&self.member(app).await, id, "CONTOSO").await.unwrap()
    }

    /// Previewed, confirmed and done.
    pub async fn restored(
        &self,
        app: &TestApp,
        set: BackupSetId,
        keys: &[PolicyKey],
        assignments: bool,
    ) -> RestoreDetail {
        let detail = self.previewed(app, set, keys, assignments).await;
        self.confirm(app, detail.run.id).await;
        let detail = self.reached(app, detail.run.id, RestoreStatus::Completed).await;
        assert_shown(app, self.scope, detail.run.id).await;
        detail
    }

    pub async fn choose_groups(&self, app: &TestApp, id: RestoreRunId, chosen: &[(&str, &str)]) -> RestoreDetail {
        let chosen: BTreeMap<String, String> = chosen.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        app.core.restores.preview_again(&self.member(app).await, id, chosen).await.unwrap();
        self.reached(app, id, RestoreStatus::Previewed).await
    }
}

/// The operation run that shows the restore says what the restore says.
pub async fn assert_shown(app: &TestApp, scope: TenantScope, id: RestoreRunId) -> FullRun {
    let shown = runs::find(&app.core.db, scope, RunId(id.0)).await.unwrap().expect("a restore has its shadow");
    let last = restores::events(&app.core.db, scope, id).await.unwrap().pop().unwrap();
    let event: runledger::server::restore::RestoreEvent = serde_json::from_value(last).unwrap();
    assert_eq!(shown, shadow_of(event.run()).unwrap());
    shown
}

/// Every policy of a set.
pub async fn keys(app: &TestApp, scope: TenantScope, set: BackupSetId) -> Vec<PolicyKey> {
    backup_items::keys(&app.core.db, scope, set, None, 1_000).await.unwrap()
}

pub fn plans(detail: &RestoreDetail) -> Vec<RestorePlan> {
    detail.items.iter().map(|item| item.plan).collect()
}

pub fn states(detail: &RestoreDetail) -> Vec<RestoreState> {
    detail.items.iter().map(|item| item.state).collect()
}

pub fn item<'a>(detail: &'a RestoreDetail, graph_id: &str) -> &'a RestoreItem {
    detail.items.iter().find(|item| item.key.graph_id == graph_id).unwrap()
}

/// The program's own worker, as another process on the same database.
pub fn spawn_worker(database: &TestDatabase, elsewhere: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runledger"));
    command.arg("worker").env("RUNLEDGER_SECRET_KEY", "11".repeat(32)).env("RUNLEDGER_ALLOW_PRIVATE_ADDRESSES", "true");
    match database.settings() {
        DbSettings::Sqlite { file, .. } => {
            command.env_remove("DATABASE_URL").env("RUNLEDGER_DATA_DIR", file.parent().unwrap())
        }
        DbSettings::Postgres { url, .. } => command.env("DATABASE_URL", url).env("RUNLEDGER_DATA_DIR", elsewhere),
    };
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
