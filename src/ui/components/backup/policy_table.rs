//! Policies by family: to look at, or to choose from.

use leptos::prelude::*;

use crate::{
    model::backup::PolicyLine,
    ui::components::{
        badge::Nothing,
        when::{Exact, When},
    },
};

#[component]
pub fn PolicyTable(
    policies: Vec<PolicyLine>,
    /// What the times are: "Captured", "Changed".
    times: &'static str,
    /// Whether each has a box to choose it, named `policies[]`.
    #[prop(optional)]
    choose: bool,
) -> impl IntoView {
    let columns = if choose { 4 } else { 3 };
    let mut family = String::new();
    let mut rows = Vec::new();
    for policy in policies {
        if policy.family_label != family {
            family.clone_from(&policy.family_label);
            rows.push(view! { <FamilyRow label=family.clone() columns/> }.into_any());
        }
        rows.push(view! { <PolicyRow policy choose/> }.into_any());
    }
    view! {
        <table class="policies">
            <caption class="sr-only">"Policies by family"</caption>
            <thead>
                <tr>
                    {choose.then(|| view! { <th scope="col" class="policy-box"><span class="sr-only">"Chosen"</span></th> })}
                    <th scope="col">"Policy"</th>
                    <th scope="col" class="policy-type">"Type"</th>
                    <th scope="col" class="policy-when">{times}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn FamilyRow(label: String, columns: u8) -> impl IntoView {
    view! { <tr class="policy-family"><th scope="rowgroup" colspan=columns.to_string()>{label}</th></tr> }
}

#[component]
fn PolicyRow(policy: PolicyLine, choose: bool) -> impl IntoView {
    let word = policy.key.word();
    let name = match policy.name.is_empty() {
        true => policy.key.graph_id.clone(),
        false => policy.name.clone(),
    };
    let label = match choose {
        true => view! { <label class="policy-name" for=word.clone()>{name}</label> }.into_any(),
        false => view! { <span class="policy-name">{name}</span> }.into_any(),
    };
    let kind = match policy.odata_type {
        Some(kind) => view! { <span class="clip">{kind}</span> }.into_any(),
        None => view! { <Nothing meaning="The family has one type"/> }.into_any(),
    };
    view! {
        <tr class="policy">
            {choose
                .then(|| {
                    view! {
                        <td class="policy-box"><input type="checkbox" id=word.clone() name="policies[]" value=word.clone()/></td>
                    }
                })}
            <td class="policy-main" title=policy.key.graph_id>{label}</td>
            <td class="policy-type">{kind}</td>
            <td class="policy-when"><When at=policy.at exact=Exact::Minute/></td>
        </tr>
    }
}
