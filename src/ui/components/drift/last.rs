//! What the last comparison was and came to, on a line.

use leptos::prelude::*;

use crate::{
    model::drift::LastComparison,
    ui::{
        components::when::{Exact, When},
        drift_words,
    },
};

#[component]
pub fn LastComparisonLine(last: LastComparison, #[prop(into)] tenant: String) -> impl IntoView {
    let run = format!("/t/{tenant}/operations/{}", last.run);
    let found = drift_words::comparison(last.new, last.known, last.resolved, last.failed);
    view! {
        <p class="last-comparison">
            <span>
                {drift_words::policies(last.policies)} " compared with " <strong>{drift_words::baseline(last.baseline.kind(), &last.baseline_name)}</strong>
                " of " <When at=last.baseline_at exact=Exact::Minute/>
            </span>
            <span>{found}</span>
            <a href=run>"View run"</a>
        </p>
    }
}
