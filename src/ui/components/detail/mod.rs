//! One run in full. It is a page of its own, and can stand in a dialog over the list as it is.

use leptos::prelude::*;

use crate::model::{ids::UserId, run::RunDetail};

mod actions;
mod context_block;
mod counts;
mod facts;
mod failures;
mod head;
mod joined;
mod phases;
mod places;
mod timeline;

use actions::{Actions, Ties};
use context_block::ContextBlock;
use counts::Counts;
use facts::Facts;
use failures::Failures;
use head::Head;
use joined::Joined;
use phases::Phases;
use places::Places;
use timeline::Timeline;

/// Everything there is to tell of a run. Each part listens to its own share of the detail, so that a change repaints
/// only what changed.
#[component]
pub fn RunDetailView(
    #[prop(into)] detail: Signal<RunDetail>,
    /// Who is looking at it.
    viewer: Option<UserId>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let run = Memo::new(move |_| detail.read().run.clone());
    let failures = Memo::new(move |_| detail.read().failures.clone());
    let events = Memo::new(move |_| detail.read().events.clone());
    let retried_by = Memo::new(move |_| detail.read().retried_by.clone());
    let context = Memo::new(move |_| detail.read().context.clone());
    view! {
        <article class="detail">
            <Head run tenant=tenant.clone()/>
            <Joined run events viewer/>
            <Ties run retried_by/>
            <Actions detail/>
            <Facts run/>
            <div class="detail-columns">
                <div class="detail-main">
                    <Counts run/>
                    <Phases run events/>
                    <Failures failures/>
                    <ContextBlock context/>
                </div>
                <div class="detail-side">
                    <Timeline events/>
                    <Places run context tenant/>
                </div>
            </div>
        </article>
    }
}
