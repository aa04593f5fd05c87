//! What is changed of a destination: its name, what it is told, and its address where a new one is given.

use leptos::prelude::*;

use super::events::Events;
use crate::model::outgoing::{Destination, DestinationKind};

#[component]
pub fn EditForm(destination: Destination, tenant: String) -> impl IntoView {
    let Destination { id, kind, name, shown_address, on_failed, on_partial, on_late, .. } = destination;
    let below = format!("address-of-{id}");
    let hint = match kind {
        DestinationKind::Webhook => "Leave it empty to keep the address. The secret stays the same.",
        DestinationKind::Slack | DestinationKind::Email => "Leave it empty to keep the address.",
    };
    view! {
        <details class="outgoing-more">
            <summary class="button button-plain" aria-label=format!("Edit: {name}")>"Edit"</summary>
            <form method="post" action="/api/outgoing/edit" class="outgoing-edit">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="destination" value=id.to_string()/>
                <label class="field">
                    <span>"Name"</span>
                    <input name="name" value=name required maxlength="60" autocomplete="off"/>
                </label>
                <label class="field">
                    <span>"New address"</span>
                    <input
                        name="address"
                        placeholder=shown_address
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby=below.clone()
                    />
                    <small id=below class="field-hint">{hint}</small>
                </label>
                <Events on_failed on_partial on_late/>
                <button type="submit" class="button button-primary">"Save changes"</button>
            </form>
        </details>
    }
}
