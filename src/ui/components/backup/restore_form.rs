//! The form that begins a restore: the policies of a set with their boxes, and what else is restored.

use leptos::prelude::*;

use super::policy_table::PolicyTable;
use crate::{
    api::restores::CreateRestore,
    model::{backup::PolicyPage, ids::BackupSetId},
    ui::{
        components::icon::{Glyph, Icon},
        restore_words,
    },
};

#[component]
pub fn RestoreForm(
    action: ServerAction<CreateRestore>,
    set: BackupSetId,
    page: PolicyPage,
    #[prop(into)] tenant: String,
    family: String,
    search: String,
) -> impl IntoView {
    let busy = action.pending();
    // How many a search finds is not counted.
    let count = search.is_empty().then(|| {
        let listed = page.families.iter().filter(|one| family.is_empty() || one.family == family);
        listed.map(|one| one.count).sum()
    });
    view! {
        <ActionForm action attr:class="choose">
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="set" value=set.to_string()/>
            <input type="hidden" name="family" value=family/>
            <input type="hidden" name="search" value=search/>
            <PolicyTable policies=page.policies times="Captured" choose=true/>
            <div class="choose-bar">
                <label class="check"><input type="checkbox" name="all" value="true"/>{restore_words::all_of(count)}</label>
                <label class="check" title="Without it, whom the policies are assigned to stays as it is in the tenant">
                    <input type="checkbox" name="assignments" value="true"/>
                    "Restore assignments too"
                </label>
                <button
                    type="submit"
                    class="button button-primary"
                    title="Shows what restoring them would do. Nothing is written yet"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=move |event| {
                        if busy.get_untracked() {
                            event.prevent_default();
                        }
                    }
                >
                    {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { Glyph::Undo }/> }}
                    "Restore\u{2026}"
                </button>
            </div>
        </ActionForm>
    }
}
