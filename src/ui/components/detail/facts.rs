//! The run's times and its attempt.

use leptos::prelude::*;

use crate::{
    model::{run::Run, time},
    ui::components::{
        run_duration::RunDuration,
        when::{Exact, When},
    },
};

#[component]
pub fn Facts(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let created = run.with_untracked(|run| run.created_at);
    let started = Memo::new(move |_| run.read().started_at);
    let completed = Memo::new(move |_| run.read().completed_at);
    let attempt = Memo::new(move |_| run.read().attempt);
    let point = |at: Memo<Option<_>>| {
        move || match at.get() {
            Some(at) => view! { <When at exact=Exact::Second/> }.into_any(),
            None => view! { <span class="nothing">"Not yet"</span> }.into_any(),
        }
    };
    let waited = move || started.get().map(|started| format!("after {}", time::span(started - created)));
    view! {
        <dl class="facts">
            <div><dt>"Created"</dt><dd><When at=created exact=Exact::Second ago=true/></dd></div>
            <div><dt>"Started"</dt><dd>{point(started)} <span class="fact-note">{waited}</span></dd></div>
            <div><dt>"Completed"</dt><dd>{point(completed)}</dd></div>
            <div><dt>"Duration"</dt><dd><RunDuration run/></dd></div>
            <div><dt>"Attempt"</dt><dd>{move || attempt.get()}</dd></div>
        </dl>
    }
}
