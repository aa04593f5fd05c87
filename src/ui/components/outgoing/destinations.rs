//! The destinations of a tenant, with what one can do to each.

use leptos::prelude::*;

use super::edit_form::EditForm;
use crate::{
    model::outgoing::Destination,
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn Destinations(destinations: Vec<Destination>, #[prop(into)] tenant: String) -> impl IntoView {
    let rows =
        destinations.into_iter().map(|destination| view! { <Row destination tenant=tenant.clone()/> }).collect_view();
    view! {
        <table role="table" class="runs outgoing-table">
            <caption class="sr-only">"Destinations"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Destination"</th>
                    <th role="columnheader" scope="col">"Told of"</th>
                    <th role="columnheader" scope="col" class="cell-state">"State"</th>
                    <th role="columnheader" scope="col" class="cell-acts"><span class="sr-only">"Actions"</span></th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(destination: Destination, tenant: String) -> impl IntoView {
    let (id, name, on) = (destination.id.to_string(), destination.name.clone(), destination.enabled);
    let owner = tenant.clone();
    let form = move |action: &'static str, label: &'static str, turned: Option<bool>| {
        view! {
            <form method="post" action=format!("/api/outgoing/{action}")>
                <input type="hidden" name="tenant" value=owner.clone()/>
                <input type="hidden" name="destination" value=id.clone()/>
                {turned.map(|on| view! { <input type="hidden" name="on" value=on.to_string()/> })}
                <button type="submit" class="button" aria-label=format!("{label}: {name}")>{label}</button>
            </form>
        }
    };
    let events = destination.events();
    let edit = view! { <EditForm destination=destination.clone() tenant=tenant.clone()/> };
    let hint = format!("Added by {}", destination.created_by_name);
    view! {
        <tr role="row" class="run">
            <td role="cell">
                <strong title=hint>{destination.name.clone()}</strong>
                <span class="outgoing-note">{destination.kind.label()} " \u{b7} " {destination.shown_address}</span>
            </td>
            <td role="cell" class="cell-told">{events}</td>
            <td role="cell" class="cell-state">
                {if on {
                    view! { <span class="badge state-succeeded"><Icon glyph=Glyph::CircleCheck/>"On"</span> }
                } else {
                    view! { <span class="badge state-cancelled"><Icon glyph=Glyph::CircleSlash/>"Off"</span> }
                }}
            </td>
            <td role="cell" class="cell-acts">
                {form("test", "Send a test", None)}
                {form("switch", if on { "Switch off" } else { "Switch on" }, Some(!on))}
                {edit}
                <details class="outgoing-more">
                    <summary class="button button-plain" aria-label=format!("Remove: {}", destination.name)>"Remove"</summary>
                    <p class="quiet">"Its log goes with it."</p>
                    {form("remove", "Remove it", None)}
                </details>
            </td>
        </tr>
    }
}
