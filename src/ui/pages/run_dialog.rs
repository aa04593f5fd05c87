//! The dialog in which a run opens over any page of the tenant. Closed, it is an empty element.

use leptos::{html, prelude::*};

use super::parts;
use crate::{
    model::ids::RunId,
    ui::{
        components::{
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            skeleton::DetailSkeleton,
            toasts::Toasts,
        },
        inbox::InboxStore,
        run_overlay::RunOverlay,
    },
};

#[component]
pub fn RunDialog(overlay: RunOverlay, inbox: InboxStore, #[prop(into)] tenant: Signal<String>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    // The browser's own modal dialog: it keeps the focus, makes the page below inert, closes on Escape, and gives the
    // focus back to where it was.
    Effect::new(move |_| {
        let open = overlay.run().is_some();
        let Some(dialog) = dialog.get() else { return };
        match (open, dialog.open()) {
            (true, false) => _ = dialog.show_modal(),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let beside = move |event: &web_sys::MouseEvent| {
        // The ground around the sheet counts as the dialog itself.
        dialog.get_untracked().is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref()))
    };
    view! {
        <dialog
            node_ref=dialog
            class="sheet"
            aria-label="Operation run"
            on:close=move |_| overlay.close()
            on:click=move |event| {
                if beside(&event) {
                    overlay.close();
                }
            }
        >
            {move || overlay.run().map(|run| view! { <Sheet overlay run/> })}
            <Show when=move || overlay.run().is_some()>
                <Toasts inbox tenant/>
            </Show>
        </dialog>
    }
}

#[component]
fn Sheet(overlay: RunOverlay, run: RunId) -> impl IntoView {
    view! {
        <div class="sheet-page">
            <div class="sheet-bar">
                <LiveMark/>
                <span class="grow"></span>
                <a class="icon-button" href="" rel="external" title="Open as a page" aria-label="Open as a page">
                    <Icon glyph=Glyph::Expand/>
                </a>
                <button
                    type="button"
                    class="icon-button"
                    title="Close (Esc)"
                    aria-label="Close"
                    autofocus
                    on:click=move |_| overlay.close()
                >
                    <Icon glyph=Glyph::Cross/>
                </button>
            </div>
            <Suspense fallback=|| view! { <DetailSkeleton/> }>
                {move || Suspend::new(parts::run(Some(run.to_string())))}
            </Suspense>
        </div>
    }
}
