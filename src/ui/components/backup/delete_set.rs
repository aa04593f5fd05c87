//! Deleting a backup set: folded away, and only once its name was typed.

use leptos::prelude::*;

use crate::{
    api::backups::DeleteBackupSet,
    model::backup::BackupSet,
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn DeleteSet(action: ServerAction<DeleteBackupSet>, set: BackupSet, #[prop(into)] tenant: String) -> impl IntoView {
    let busy = action.pending();
    view! {
        <details class="fold danger">
            <summary><Icon glyph=Glyph::ChevronRight/>"Delete this set"</summary>
            <ActionForm action>
                <p>"The policies in it are removed from Runledger for good. Nothing changes in the tenant."</p>
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="set" value=set.id.to_string()/>
                <label class="field">
                    <span>"Type the name of the set to delete it: "<strong>{set.name}</strong></span>
                    <input type="text" name="name" autocomplete="off" required/>
                </label>
                <button type="submit" class="button button-danger" aria-disabled=move || busy.get().then_some("true")>
                    "Delete backup set"
                </button>
            </ActionForm>
        </details>
    }
}
