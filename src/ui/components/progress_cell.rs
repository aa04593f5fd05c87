//! The last column: how far a running run is, and what an ended one came to.

use leptos::prelude::*;

use crate::{
    model::run::{Run, RunProgress, RunState},
    ui::words,
};

#[component]
pub fn ProgressCell(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let told = Memo::new(move |_| {
        let run = run.read();
        // What another module does waits for a person there, not for a worker.
        let waits = if run.operation_type.is_shadow() { "Not confirmed yet" } else { "Waits for a worker" };
        (run.state(), run.progress.clone(), words::counts(&run.summary_counts), waits)
    });
    move || match told.get() {
        (RunState::Queued, _, _, waits) => view! { <span class="quiet">{waits}</span> }.into_any(),
        (RunState::Running, Some(progress), ..) => view! { <RunProgressBar progress/> }.into_any(),
        (RunState::Running, None, ..) => view! { <span class="quiet">"Starting"</span> }.into_any(),
        (RunState::Ended(_), _, counts, _) => view! { <span class="counts">{counts}</span> }.into_any(),
    }
}

/// "3 of 14 families · Device configurations" over a thin bar.
#[component]
pub fn RunProgressBar(progress: RunProgress) -> impl IntoView {
    let text = words::progress(&progress);
    let bar = progress.total.map(|total| {
        view! { <progress class="bar" max=total.max(1) value=progress.done.min(total) aria-label="Progress"></progress> }
    });
    view! {
        <div class="progress">
            <span class="progress-text">
                {text} {progress.step.map(|step| view! { <span class="quiet">{format!(" \u{b7} {step}")}</span> })}
            </span>
            {bar}
        </div>
    }
}
