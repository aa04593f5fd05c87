//! The HTML shell and the route table.

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    Lazy, SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

use crate::{
    model::theme::Theme,
    ui::{
        clock::Clock,
        pages::{home::HomePage, layout::TenantLayout, login::LoginPage, not_found::NotFoundPage, parts},
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
                    <Route path=path!("/groups") view={Lazy::<parts::Groups>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/inventory") view={Lazy::<parts::Inventory>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/policies") view={Lazy::<parts::Policies>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/policies/:family/:id") view={Lazy::<parts::Policy>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/operations") view={Lazy::<parts::Operations>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/drift") view={Lazy::<parts::Drift>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/drift/:finding") view={Lazy::<parts::Finding>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/operations/:run") view={Lazy::<parts::Run>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view={Lazy::<parts::Notifications>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/notifications/settings") view={Lazy::<parts::NotificationSettings>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/notifications/outgoing") view={Lazy::<parts::OutgoingNotifications>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/backups") view={Lazy::<parts::Backups>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/backups/new") view={Lazy::<parts::BackupNew>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/backups/load") view={Lazy::<parts::BackupLoad>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/backups/:set") view={Lazy::<parts::BackupSet>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/audit") view={Lazy::<parts::Audit>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/restores") view={Lazy::<parts::Restores>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/restores/:restore") view={Lazy::<parts::Restore>::new()} ssr=SsrMode::Async/>
                    <Route path=path!("/schedules") view={Lazy::<parts::Schedules>::new()} ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

fn document_title(page: String) -> String {
    if page.is_empty() { "Runledger".to_owned() } else { format!("{page} \u{b7} Runledger") }
}
