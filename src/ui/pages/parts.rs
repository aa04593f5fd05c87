//! The parts of the WebAssembly that the browser loads when they are needed: the list of runs, one run, and the other
//! areas. Not one a page: what several parts share becomes a file of its own for each set of them.

use leptos::prelude::*;
use leptos_router::LazyRoute;

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
    run_screen::RunScreen,
    schedules::SchedulesPage,
};

/// The list of runs.
#[lazy]
fn operations() -> AnyView {
    view! { <OperationsPage/> }.into_any()
}

/// A run: over another page, or the one of the page's own address.
#[lazy]
pub fn run(over: Option<String>) -> AnyView {
    match over {
        Some(run) => view! { <RunScreen run=Signal::stored(run)/> }.into_any(),
        None => view! { <RunPage/> }.into_any(),
    }
}

/// A page of any other area.
#[lazy]
fn area(page: AreaPage) -> AnyView {
    page.view()
}

/// Loads the part that the page at this path needs.
pub async fn load_for(path: &str) {
    let mut below = path.strip_prefix("/t/").unwrap_or_default().split('/').skip(1);
    match (below.next(), below.next()) {
        (None, _) => {}
        (Some("operations"), None) => Operations::preload().await,
        (Some("operations"), Some(_)) => Run::preload().await,
        (Some(_), _) => Audit::preload().await,
    }
}

/// A route whose view is in a part, which is loaded before the page changes.
macro_rules! route {
    ($route:ident, $view:expr, $preload:ident) => {
        pub struct $route;

        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            async fn view(_route: Self) -> AnyView {
                $view.await
            }

            async fn preload() {
                #[cfg(target_arch = "wasm32")]
                $preload().await;
            }
        }
    };
}

macro_rules! areas {
    ($($route:ident = $page:ident;)+) => {
        enum AreaPage {
            $($route,)+
        }

        impl AreaPage {
            fn view(self) -> AnyView {
                match self {
                    $(Self::$route => view! { <$page/> }.into_any(),)+
                }
            }
        }

        $(route!($route, area(AreaPage::$route), __preload_area);)+
    };
}

route!(Operations, operations(), __preload_operations);
route!(Run, run(None), __preload_run);

areas! {
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
    OutgoingNotifications = OutgoingNotificationsPage;
    Policies = PoliciesPage;
    Policy = PolicyPage;
    Restore = RestorePage;
    Restores = RestoresPage;
    Schedules = SchedulesPage;
}
