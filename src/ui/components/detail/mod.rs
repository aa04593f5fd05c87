//! One run in full. It is a page of its own, and can stand in a dialog over the list as it is.

use leptos::prelude::*;

use crate::model::run::RunDetail;

mod context_block;
mod counts;
mod facts;
mod failures;
mod head;
mod timeline;

use context_block::ContextBlock;
use counts::Counts;
use facts::Facts;
use failures::Failures;
use head::Head;
use timeline::Timeline;

/// Everything there is to tell of a run. Each part listens to its own share of the detail, so that a change repaints
/// only what changed.
#[component]
pub fn RunDetailView(#[prop(into)] detail: Signal<RunDetail>) -> impl IntoView {
    let run = Memo::new(move |_| detail.read().run.clone());
    let failures = Memo::new(move |_| detail.read().failures.clone());
    let events = Memo::new(move |_| detail.read().events.clone());
    let context = Memo::new(move |_| detail.read().context.clone());
    view! {
        <article class="detail">
            <Head run/>
            <Facts run/>
            <div class="detail-columns">
                <div class="detail-main">
                    <Counts run/>
                    <Failures failures/>
                    <ContextBlock context/>
                </div>
                <Timeline events/>
            </div>
        </article>
    }
}
