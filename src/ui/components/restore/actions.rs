//! What can be done to a restore beside confirming it: plain forms at the end of the title's line.

use leptos::prelude::*;

use crate::{
    api::restores::{CancelRestore, PreviewRestoreAgain, UndoRestore},
    model::restore::{RestoreRun, RestoreStatus},
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn RestoreActions(
    run: RestoreRun,
    preview: ServerAction<PreviewRestoreAgain>,
    cancel: ServerAction<CancelRestore>,
    undo: ServerAction<UndoRestore>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let id = run.id.to_string();
    let previews = run.status == RestoreStatus::Previewed;
    let cancels = !run.status.has_ended() && run.cancel_requested_at.is_none();
    let undoes = run.status.has_ended() && run.safety_set_id.is_some();
    let fields = |glyph, words| view! { <Fields tenant=tenant.clone() restore=id.clone() glyph words/> };
    let previews = previews.then(|| fields(Glyph::Sync, "Preview again"));
    let cancels = cancels.then(|| fields(Glyph::CircleSlash, "Cancel restore"));
    let undoes = undoes.then(|| fields(Glyph::Undo, "Restore the safety backup"));
    view! {
        {previews.map(|fields| view! { <ActionForm action=preview>{fields}</ActionForm> })}
        {cancels.map(|fields| view! { <ActionForm action=cancel>{fields}</ActionForm> })}
        {undoes.map(|fields| view! { <ActionForm action=undo>{fields}</ActionForm> })}
    }
}

#[component]
fn Fields(tenant: String, restore: String, glyph: Glyph, words: &'static str) -> impl IntoView {
    view! {
        <input type="hidden" name="tenant" value=tenant/>
        <input type="hidden" name="restore" value=restore/>
        <button type="submit" class="button"><Icon glyph/>{words}</button>
    }
}
