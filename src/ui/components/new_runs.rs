//! New runs that wait until the reader wants them; and the switch that holds the whole list still.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::ui::{clock::hydrated, rows::RunRows, words};

/// "3 new runs", over the list. Those who hear the page are told by its announcer, which does not speak at each of them.
#[component]
pub fn NewRuns(rows: RunRows, #[prop(into)] show: Callback<()>) -> impl IntoView {
    let text = Memo::new(move |_| words::new_runs(rows.waiting()));
    view! {
        <div class="new-runs">
            {move || {
                text.get()
                    .map(|text| {
                        view! {
                            <button type="button" class="new-runs-pill" on:click=move |_| show.run(())>
                                <Icon glyph=Glyph::ArrowUp/>
                                {text}
                            </button>
                        }
                    })
            }}
        </div>
    }
}

/// Nothing in the list changes while it is paused. Without scripts nothing changes anyway.
#[component]
pub fn PauseButton(paused: RwSignal<bool>) -> impl IntoView {
    let alive = hydrated();
    view! {
        <button
            type="button"
            class="button button-plain pause"
            class:able=alive
            aria-pressed=move || if paused.get() { "true" } else { "false" }
            title="Hold the list still"
            on:click=move |_| paused.update(|paused| *paused = !*paused)
        >
            {move || view! { <Icon glyph=if paused.get() { Glyph::Play } else { Glyph::Pause }/> }}
            <span class="wide-only">{move || if paused.get() { "Resume" } else { "Pause" }}</span>
        </button>
    }
}
