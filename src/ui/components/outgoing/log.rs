//! The log of what was sent, newest first.

use leptos::prelude::*;

use crate::{
    model::outgoing::{Delivery, DeliveryState},
    ui::components::{
        icon::{Glyph, Icon},
        when::{Exact, When},
    },
};

#[component]
pub fn DeliveryLog(deliveries: Vec<Delivery>, #[prop(into)] tenant: String) -> impl IntoView {
    let rows = deliveries.into_iter().map(|delivery| view! { <Row delivery tenant=tenant.clone()/> }).collect_view();
    view! {
        <table role="table" class="runs outgoing-table">
            <caption class="sr-only">"Deliveries, newest first"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"What"</th>
                    <th role="columnheader" scope="col" class="cell-when">"Made"</th>
                    <th role="columnheader" scope="col">"State"</th>
                    <th role="columnheader" scope="col" class="cell-tries">"Tries"</th>
                    <th role="columnheader" scope="col" class="cell-when">"Next try"</th>
                    <th role="columnheader" scope="col" class="cell-acts"><span class="sr-only">"Actions"</span></th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(delivery: Delivery, tenant: String) -> impl IntoView {
    let what = delivery.event.label();
    let (token, glyph, word, act) = match delivery.state {
        DeliveryState::Waiting => ("queued", Glyph::Clock, "Waiting", "Try now"),
        DeliveryState::Delivered => ("succeeded", Glyph::CircleCheck, "Delivered", "Redeliver"),
        DeliveryState::GivenUp => ("failed", Glyph::CircleCross, "Given up", "Redeliver"),
    };
    let label = format!("{act}: {what}, {}", delivery.destination_name);
    view! {
        <tr role="row" class="run">
            <td role="cell">
                {match delivery.run_id {
                    Some(run) => view! { <a href=format!("/t/{tenant}/operations/{run}")>{what}</a> }.into_any(),
                    None => view! { <span>{what}</span> }.into_any(),
                }}
                <span class="outgoing-note">{delivery.kind.label()} " \u{b7} " {delivery.destination_name}</span>
            </td>
            <td role="cell" class="cell-when"><When at=delivery.created_at exact=Exact::Second/></td>
            <td role="cell">
                <span class=format!("badge state-{token}")><Icon glyph/>{word}</span>
                {delivery.status_code.map(|code| view! { <span class="outgoing-code">{code}</span> })}
                {delivery.error.map(|error| view! { <span class="outgoing-note">{error}</span> })}
            </td>
            <td role="cell" class="cell-tries">{delivery.tries}</td>
            <td role="cell" class="cell-when cell-next-try">
                {delivery.next_try_at.map(|at| view! { <When at exact=Exact::Second/> })}
            </td>
            <td role="cell" class="cell-acts">
                <form method="post" action="/api/outgoing/redeliver">
                    <input type="hidden" name="tenant" value=tenant/>
                    <input type="hidden" name="delivery" value=delivery.id.to_string()/>
                    <button type="submit" class="button" aria-label=label>{act}</button>
                </form>
            </td>
        </tr>
    }
}
