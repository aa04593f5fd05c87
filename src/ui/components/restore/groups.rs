//! The groups that the policies of a restore name: what each is here, and a form for those that are not clear.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    api::restores::PreviewRestoreAgain,
    model::restore::{GroupMatch, RestoreDetail},
    ui::{
        components::icon::{Glyph, Icon},
        restore_words,
    },
};

#[component]
pub fn RestoreGroups(
    detail: RestoreDetail,
    /// The form's action, for those who may choose and while they can.
    choose: Option<ServerAction<PreviewRestoreAgain>>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let (open, clear): (Vec<_>, Vec<_>) =
        detail.groups().into_iter().partition(|(group, _)| group.here.is_none() || group.by == "hand");
    // Groups that are the same here need no word.
    let clear: Vec<_> = clear.into_iter().filter(|(group, _)| group.by != "id").collect();
    if open.is_empty() && clear.is_empty() {
        return ().into_any();
    }
    let typed = detail.run.group_map.clone();
    let missing = open.iter().filter(|(group, _)| group.here.is_none()).count();
    let hint = (missing > 0).then_some(match choose {
        Some(_) => {
            "Policies of the backup name groups that cannot be told here. Give the object id of the group that each is in \
             this tenant, or leave it empty: then the policies that name it stay blocked."
        }
        None => "Policies of the backup name groups that cannot be told here; they are blocked.",
    });
    let rows = |groups: Vec<(GroupMatch, u64)>, typed: Option<BTreeMap<String, String>>| {
        let row = |(place, (group, policies))| view! { <GroupRow group policies place typed=typed.clone()/> };
        view! { <ul class="restore-groups">{groups.into_iter().enumerate().map(row).collect_view()}</ul> }
    };
    let open = (!open.is_empty()).then(|| match choose {
        None => rows(open, None).into_any(),
        Some(action) => {
            let busy = action.pending();
            let groups_page = format!("/t/{tenant}/groups");
            view! {
                <ActionForm action>
                    <input type="hidden" name="tenant" value=tenant.clone()/>
                    <input type="hidden" name="restore" value=detail.run.id.to_string()/>
                    {rows(open, Some(typed))}
                    <p class="restore-buttons">
                        <button type="submit" class="button" aria-disabled=move || busy.get().then_some("true")>
                            <Icon glyph=Glyph::Sync/>
                            "Preview with these groups"
                        </button>
                        <a class="button button-plain" href=groups_page>"Go to groups"</a>
                    </p>
                </ActionForm>
            }
            .into_any()
        }
    });
    view! {
        <section class="panel" aria-labelledby="groups-title">
            <h2 id="groups-title">"Groups"</h2>
            {hint.map(|text| view! { <p class="restore-hint">{text}</p> })}
            {open}
            {(!clear.is_empty()).then(|| rows(clear, None))}
        </section>
    }
    .into_any()
}

#[component]
fn GroupRow(
    group: GroupMatch,
    policies: u64,
    /// Where it stands in the form.
    place: usize,
    /// What was chosen by hand so far, where something can be chosen.
    typed: Option<BTreeMap<String, String>>,
) -> impl IntoView {
    let name = group.name.clone().unwrap_or_else(|| group.id.clone());
    let told = restore_words::group(&group);
    let colour = if group.here.is_some() { "quiet" } else { "state-failed" };
    let here = match typed {
        Some(typed) => {
            let value = typed.get(&group.id).cloned();
            view! {
                <input type="hidden" name=format!("groups[{place}][id]") value=group.id.clone()/>
                <label class="field">
                    <span>"Object id of the group here"</span>
                    <input
                        type="text"
                        name=format!("groups[{place}][here]")
                        value=value
                        autocomplete="off"
                        spellcheck="false"
                        maxlength="64"
                        placeholder="00000000-0000-0000-0000-000000000000"
                    />
                </label>
            }
            .into_any()
        }
        None => group.here.clone().map(|id| view! { <code>{id}</code> }).into_any(),
    };
    view! {
        <li>
            <div>
                <span class="policy-name" title=group.id.clone()>{name}</span>
                <span class="fact-note">
                    <span class=colour>{told}</span> {format!(" \u{b7} named by {}", restore_words::policies(policies))}
                </span>
            </div>
            {here}
        </li>
    }
}
