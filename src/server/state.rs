//! What every request and every job of this process shares.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;

use super::{
    auth::AuthService,
    config::Config,
    live::Hub,
    notify::{InboxService, outgoing::Outgoing},
    restore::RestoreService,
    runs::OperationRunService,
};

/// Cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub leptos: LeptosOptions,
    pub config: Arc<Config>,
    pub auth: AuthService,
    pub runs: OperationRunService,
    pub restores: RestoreService,
    pub inbox: InboxService,
    pub outgoing: Outgoing,
    pub live: Hub,
    /// Cancelled when the process is asked to stop.
    pub stopping: CancellationToken,
}
