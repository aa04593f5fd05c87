//! The pages of a tenant as parts of the WebAssembly of their own: the browser loads the code of a page when it is opened.

use leptos::prelude::*;
use leptos_router::{LazyRoute, lazy_route};

use super::{
    audit::AuditPage,
    backup_load::BackupLoadPage,
    backup_new::BackupNewPage,
    backup_set::BackupSetPage,
    backups::BackupsPage,
    drift::DriftPage,
    finding::FindingPage,
    groups::GroupsPage,
    items::{InventoryPage, PoliciesPage},
    notification_settings::NotificationSettingsPage,
    notifications::NotificationsPage,
    operations::OperationsPage,
    outgoing::OutgoingNotificationsPage,
    policy::PolicyPage,
    restore::RestorePage,
    restores::RestoresPage,
    run::RunPage,
    schedules::SchedulesPage,
};

macro_rules! parts {
    ($($part:ident = $page:ident;)+) => {
        $(
            pub struct $part;

            #[lazy_route]
            impl LazyRoute for $part {
                fn data() -> Self {
                    Self
                }

                fn view(_part: Self) -> AnyView {
                    view! { <$page/> }.into_any()
                }
            }
        )+
    };
}

parts! {
    Audit = AuditPage;
    BackupLoad = BackupLoadPage;
    BackupNew = BackupNewPage;
    BackupSet = BackupSetPage;
    Backups = BackupsPage;
    Drift = DriftPage;
    Finding = FindingPage;
    Groups = GroupsPage;
    Inventory = InventoryPage;
    NotificationSettings = NotificationSettingsPage;
    Notifications = NotificationsPage;
    Operations = OperationsPage;
    OutgoingNotifications = OutgoingNotificationsPage;
    Policies = PoliciesPage;
    Policy = PolicyPage;
    Restore = RestorePage;
    Restores = RestoresPage;
    Run = RunPage;
    Schedules = SchedulesPage;
}
