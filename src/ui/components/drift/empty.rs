//! What stands in the place of findings while there are none, by the reason why.

use leptos::prelude::*;

use crate::{
    model::drift::{DriftOverview, LastComparison},
    ui::components::{
        icon::{Glyph, Icon},
        when::{Exact, When},
    },
};

#[component]
pub fn NoFindings(
    overview: DriftOverview,
    /// Whether the list is narrowed down.
    narrow: bool,
    /// Whether the reader could do something about it.
    can_start: bool,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let policies = format!("/t/{tenant}/policies");
    let to_policies = move |words: &'static str| {
        can_start.then(|| view! { <p class="empty-actions"><a class="button" href=policies>{words}</a></p> })
    };
    let told = match overview {
        _ if narrow => view! {
            <h2>"No finding fits"</h2>
            <p>"Nothing that was found has what you look for."</p>
            <p class="empty-actions"><a class="button" href=format!("/t/{tenant}/drift")>"Show what is new"</a></p>
        }
        .into_any(),
        DriftOverview { syncs: 0, .. } => view! {
            <h2>"Nothing to compare yet"</h2>
            <p>"Drift is what differs between two states of the tenant's policies. Sync policies first."</p>
            {to_policies("Go to policies")}
        }
        .into_any(),
        DriftOverview { last: Some(last), .. } => view! { <NoDrift last/> }.into_any(),
        DriftOverview { syncs: 1, synced_at, .. } => view! {
            <h2>"One policy sync so far"</h2>
            <p>
                "The policies are known as of "
                {synced_at.map(|at| view! { <When at exact=Exact::Minute/> })}
                ". Sync them again to see what has changed since, or compare with a backup set or another tenant."
            </p>
            {to_policies("Go to policies")}
        }
        .into_any(),
        DriftOverview { .. } => view! {
            <h2>"Nothing compared yet"</h2>
            <p>
                {if can_start {
                    "Choose what to compare the newest policies with, and generate drift."
                } else {
                    "Nobody has compared the tenant's policies with anything yet."
                }}
            </p>
        }
        .into_any(),
    };
    view! {
        <section class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Swap/></span>
            {told}
        </section>
    }
}

#[component]
fn NoDrift(last: LastComparison) -> impl IntoView {
    let settled = last.known > 0 || last.new > 0;
    view! {
        <h2>{if settled { "Nothing left to decide" } else { "No drift" }}</h2>
        <p>
            {if settled { "Everything that differs is accepted or ignored, compared with " } else { "No drift since " }}
            <When at=last.baseline_at exact=Exact::Minute/> "."
        </p>
    }
}
