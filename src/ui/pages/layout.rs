//! `/t/{tenant}`: the frame around the pages of a tenant, who is looking at them, and the tenant's live stream.

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_params_map};

use crate::{
    api::session::get_viewer,
    ui::{
        components::{
            frame::{Areas, TopBar},
            shortcut_help::ShortcutHelp,
            toasts::Toasts,
        },
        context::{CurrentTenant, ViewerResource},
        inbox::InboxStore,
        live::{LiveFeed, provide_live_feed},
        pages::run_dialog::RunDialog,
        run_overlay::RunOverlay,
        shortcuts::Shortcuts,
    },
};

#[component]
pub fn TenantLayout() -> impl IntoView {
    let params = use_params_map();
    let tenant = Memo::new(move |_| params.read().get("tenant").unwrap_or_default());
    let viewer: ViewerResource = Resource::new(|| (), |()| get_viewer());
    provide_context(CurrentTenant(tenant));
    provide_context(viewer);
    provide_live_feed(CurrentTenant(tenant), viewer);
    let shortcuts = Shortcuts::provide();
    let overlay = RunOverlay::provide(CurrentTenant(tenant));
    let inbox = InboxStore::provide(expect_context::<LiveFeed>());
    view! {
        <a class="skip-link" href="#main">"Skip to the content"</a>
        <div class="frame">
            <header class="top-bar">
                // The pages say what is wrong when the viewer cannot be had; the bar just stays empty.
                <Suspense fallback=move || view! { <TopBar viewer=None tenant inbox/> }>
                    {move || Suspend::new(async move {
                        view! { <TopBar viewer=viewer.await.ok().flatten() tenant inbox/> }
                    })}
                </Suspense>
            </header>
            <aside class="side"><Areas tenant/></aside>
            <main id="main" class="main" tabindex="-1"><Outlet/></main>
        </div>
        // A dialog of the browser makes everything outside of it inert: toasts are where the reader is.
        <RunDialog overlay inbox tenant/>
        <Show when=move || overlay.run().is_none()>
            <Toasts inbox tenant/>
        </Show>
        <ShortcutHelp shortcuts/>
    }
}
