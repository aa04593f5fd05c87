//! What the signed-in person was told, and what they want to be told.

use leptos::prelude::*;

use crate::{
    error::AppError,
    model::{
        ids::NotificationId,
        listing::Listing,
        notification::{Inbox, Notification, NotificationSettings},
        operation::OperationType,
    },
};

/// The unread count, and the toasts that were not seen on any device yet.
#[server(prefix = "/api", endpoint = "notifications/inbox")]
pub async fn get_inbox() -> Result<Inbox, AppError> {
    use crate::server::{auth::request, error::shown};
    let user = request::signed_in().await?;
    request::state().inbox.inbox(&user).await.map_err(shown)
}

/// A page of the person's notifications of all their tenants, newest first; `topic` is a word of `NotificationTopic`.
#[server(prefix = "/api", endpoint = "notifications/list")]
pub async fn list_notifications(
    unread: bool,
    topic: Option<String>,
    after: Option<String>,
) -> Result<Listing<Notification>, AppError> {
    use crate::server::{auth::request, error::shown};
    let user = request::signed_in().await?;
    request::state().inbox.list(&user, unread, topic.as_deref(), after.as_deref()).await.map_err(shown)
}

/// Marks one as read, or all when `id` is absent. Gives how many are still unread.
#[server(prefix = "/api", endpoint = "notifications/read")]
pub async fn read_notifications(id: Option<NotificationId>) -> Result<u64, AppError> {
    use crate::server::{auth::request, error::shown};
    let user = request::signed_in().await?;
    request::state().inbox.read(&user, id).await.map_err(shown)
}

/// Puts toasts away, on every device. Gives how many notifications are still unread.
#[server(prefix = "/api", endpoint = "notifications/put_away")]
pub async fn put_away_toasts(ids: Vec<NotificationId>) -> Result<u64, AppError> {
    use crate::server::{auth::request, error::shown};
    let user = request::signed_in().await?;
    request::state().inbox.put_away(&user, &ids).await.map_err(shown)
}

/// What the member wants to be told in this tenant.
#[server(prefix = "/api", endpoint = "notifications/settings")]
pub async fn get_notification_settings(tenant: String) -> Result<NotificationSettings, AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    request::state().inbox.settings(&member).await.map_err(shown)
}

/// Saves what the member wants to be told in this tenant; a box that is not ticked is not sent.
#[server(prefix = "/api", endpoint = "notifications/save_settings")]
pub async fn save_notification_settings(
    tenant: String,
    #[server(default)] run_started: bool,
    #[server(default)] run_completed: bool,
    #[server(default)] quiet: bool,
    #[server(default)] run_failed: Vec<OperationType>,
    #[server(default)] schedule_late: Vec<OperationType>,
) -> Result<(), AppError> {
    use crate::{
        model::user::Action,
        server::{auth::request, error::shown},
    };
    let member = request::member(&tenant, Action::View).await?;
    let settings = NotificationSettings { run_started, run_completed, quiet, run_failed, schedule_late };
    request::state().inbox.save_settings(&member, &settings).await.map_err(shown)
}
