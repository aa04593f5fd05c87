//! The HTML shell and the route table.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    model::theme::Theme,
    ui::{
        clock::Clock,
        pages::{
            audit::AuditPage,
            backup_load::BackupLoadPage,
            backup_new::BackupNewPage,
            backup_set::BackupSetPage,
            backups::BackupsPage,
            drift::DriftPage,
            finding::FindingPage,
            groups::GroupsPage,
            home::HomePage,
            items::{InventoryPage, PoliciesPage},
            layout::TenantLayout,
            login::LoginPage,
            not_found::NotFoundPage,
            notification_settings::NotificationSettingsPage,
            notifications::NotificationsPage,
            operations::OperationsPage,
            outgoing::OutgoingNotificationsPage,
            policy::PolicyPage,
            restore::RestorePage,
            restores::RestoresPage,
            run::RunPage,
            schedules::SchedulesPage,
        },
        theme::ThemeChoice,
    },
};

/// The document around the application.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    // Known before the first byte: a page never flashes in the other theme.
    let theme = use_context::<Theme>().unwrap_or(Theme::System);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=theme.schemes()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <HashedStylesheet options=options.clone() id="leptos"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The routes. Each page is rendered whole before it is sent: it reads without scripts and has the right status.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Clock::provide();
    ThemeChoice::provide();
    view! {
        <Title formatter=document_title/>
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("/t/:tenant") view=TenantLayout ssr=SsrMode::Async>
                    <Route path=path!("/groups") view=GroupsPage ssr=SsrMode::Async/>
                    <Route path=path!("/inventory") view=InventoryPage ssr=SsrMode::Async/>
                    <Route path=path!("/policies") view=PoliciesPage ssr=SsrMode::Async/>
                    <Route path=path!("/policies/:family/:id") view=PolicyPage ssr=SsrMode::Async/>
                    <Route path=path!("/operations") view=OperationsPage ssr=SsrMode::Async/>
                    <Route path=path!("/drift") view=DriftPage ssr=SsrMode::Async/>
                    <Route path=path!("/drift/:finding") view=FindingPage ssr=SsrMode::Async/>
                    <Route path=path!("/operations/:run") view=RunPage ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view=NotificationsPage ssr=SsrMode::Async/>
                    <Route path=path!("/notifications/settings") view=NotificationSettingsPage ssr=SsrMode::Async/>
                    <Route path=path!("/notifications/outgoing") view=OutgoingNotificationsPage ssr=SsrMode::Async/>
                    <Route path=path!("/backups") view=BackupsPage ssr=SsrMode::Async/>
                    <Route path=path!("/backups/new") view=BackupNewPage ssr=SsrMode::Async/>
                    <Route path=path!("/backups/load") view=BackupLoadPage ssr=SsrMode::Async/>
                    <Route path=path!("/backups/:set") view=BackupSetPage ssr=SsrMode::Async/>
                    <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async/>
                    <Route path=path!("/restores") view=RestoresPage ssr=SsrMode::Async/>
                    <Route path=path!("/restores/:restore") view=RestorePage ssr=SsrMode::Async/>
                    <Route path=path!("/schedules") view=SchedulesPage ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn document_title(page: String) -> String {
    if page.is_empty() { "Runledger".to_owned() } else { format!("{page} \u{b7} Runledger") }
}
