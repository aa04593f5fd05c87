//! The parts of a policy's page.

use leptos::prelude::*;

use super::{
    badge::Tag,
    copy_button::CopyButton,
    get_form::GetForm,
    icon::Glyph,
    when::{Exact, When},
};
use crate::{
    model::{
        item::ItemLine,
        policy::{AssignmentLine, PolicyVersion},
    },
    ui::words,
};

#[component]
pub fn PolicyFacts(policy: ItemLine, family: String) -> impl IntoView {
    let ItemLine { id, odata_type, version, first_seen_at, last_changed_at, removed_at, .. } = policy;
    let copied = id.clone();
    view! {
        <dl class="facts">
            <div><dt>"Family"</dt><dd>{family}</dd></div>
            {odata_type.map(|kind| view! { <div><dt>"Type"</dt><dd>{words::type_name(&kind)}</dd></div> })}
            <div><dt>"Version"</dt><dd>{version}</dd></div>
            {match removed_at {
                Some(at) => view! { <div><dt>"Removed"</dt><dd><When at exact=Exact::Second/></dd></div> },
                None => view! { <div><dt>"Last change"</dt><dd><When at=last_changed_at exact=Exact::Second/></dd></div> },
            }}
            <div><dt>"First seen"</dt><dd><When at=first_seen_at exact=Exact::Second/></dd></div>
            <div>
                <dt>"Id"</dt>
                <dd class="policy-id"><code>{id}</code><CopyButton text=copied label="Copy the id"/></dd>
            </div>
        </dl>
    }
}

/// A form whose fields are the address.
#[component]
pub fn ChooseVersions(numbers: Vec<i32>, from: i32, to: i32) -> impl IntoView {
    let options = move |chosen: i32| {
        let option = |number: &i32| {
            view! { <option value=number.to_string() selected=*number == chosen>{format!("Version {number}")}</option> }
        };
        numbers.iter().map(option).collect_view()
    };
    view! {
        <GetForm action="" class="group-filters">
            <label class="field-inline"><span class="sr-only">"From"</span><select name="from">{options(from)}</select></label>
            <span class="versions-to quiet">"to"</span>
            <label class="field-inline"><span class="sr-only">"To"</span><select name="to">{options(to)}</select></label>
            <button type="submit" class="button">"Compare"</button>
        </GetForm>
    }
}

/// Newest first; each leads to what changed with it and to the sync that found it.
#[component]
pub fn Versions(versions: Vec<PolicyVersion>, tenant: String) -> impl IntoView {
    let rows = versions.into_iter().map(|PolicyVersion { version, recorded_at, run, gone }| {
        let since = (version > 1)
            .then(|| view! { <a href=format!("?from={}&to={version}", version - 1)>"What changed"</a> });
        view! {
            <li>
                <span class="version-number">{format!("Version {version}")}</span>
                <When at=recorded_at exact=Exact::Minute/>
                {gone.then(|| view! { <Tag glyph=Glyph::CircleSlash text="Removed" title="The sync did not find it any more"/> })}
                {since}
                <a href=format!("/t/{tenant}/operations/{run}")>"View sync"</a>
            </li>
        }
    });
    view! { <ul class="versions">{rows.collect_view()}</ul> }
}

#[component]
pub fn Assignments(
    assignments: Vec<AssignmentLine>,
    /// Whether the family says in its content whom it concerns.
    conditional_access: bool,
) -> impl IntoView {
    if assignments.is_empty() {
        let text = match conditional_access {
            true => "A Conditional Access policy says in its conditions whom it concerns.",
            false => "It is assigned to nobody.",
        };
        return view! { <p class="quiet">{text}</p> }.into_any();
    }
    let rows = assignments.into_iter().map(|AssignmentLine { excluded, target, filter }| {
        view! {
            <li>
                <span class="assignment-mode quiet">{if excluded { "Excluded" } else { "Included" }}</span>
                <span>{target}</span>
                {filter.map(|filter| view! { <span class="quiet">{format!("with filter: {filter}")}</span> })}
            </li>
        }
    });
    view! { <ul class="assignments">{rows.collect_view()}</ul> }.into_any()
}
