//! The form that adds policies to a set: the policies with their boxes, and which set takes them.

use leptos::prelude::*;

use super::policy_table::PolicyTable;
use crate::{
    api::backups::AddToBackupSet,
    model::backup::{BackupSet, Keep, PolicyChoices},
    ui::{
        components::icon::{Glyph, Icon},
        words,
    },
};

#[component]
pub fn ChooseForm(
    action: ServerAction<AddToBackupSet>,
    choices: PolicyChoices,
    #[prop(into)] tenant: String,
    family: String,
    search: String,
    /// The set that was asked for, if it takes more policies.
    #[prop(optional_no_strip)]
    set: Option<BackupSet>,
) -> impl IntoView {
    let busy = action.pending();
    let all = words::all_policies(choices.matching);
    let destination = match &set {
        Some(set) => view! {
            <input type="hidden" name="set" value=set.id.to_string()/>
            <p class="choose-into">"Into " <strong>{set.name.clone()}</strong></p>
        }
        .into_any(),
        None => view! { <NewSet choices=choices.clone()/> }.into_any(),
    };
    view! {
        <ActionForm action attr:class="choose">
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="family" value=family/>
            <input type="hidden" name="search" value=search/>
            <PolicyTable policies=choices.page.policies times="Changed" choose=true/>
            <div class="choose-bar">
                <label class="check"><input type="checkbox" name="all" value="true"/>{all}</label>
                {destination}
                <button
                    type="submit"
                    class="button button-primary"
                    aria-disabled=move || busy.get().then_some("true")
                    on:click=move |event| {
                        if busy.get_untracked() {
                            event.prevent_default();
                        }
                    }
                >
                    {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { Glyph::Archive }/> }}
                    "Back up policies"
                </button>
            </div>
        </ActionForm>
    }
}

#[component]
fn NewSet(choices: PolicyChoices) -> impl IntoView {
    let keeps = Keep::ALL
        .iter()
        .map(|keep| view! { <option value=keep.as_str() selected=*keep == Keep::Year>{keep.label()}</option> })
        .collect_view();
    view! {
        <input type="hidden" name="new_set" value=choices.new_set.to_string()/>
        <label class="field">
            <span>"Name of the set"</span>
            <input type="text" name="name" value=choices.suggested_name required maxlength="200"/>
        </label>
        <label class="field">
            <span>"Keep it for"</span>
            <select name="keep" class="select">{keeps}</select>
        </label>
        <label class="check" title="A set that is not kept open is complete once its policies are in it, and stays as it is">
            <input type="checkbox" name="keep_open" value="true"/>
            "Keep it open for more policies"
        </label>
    }
}
