//! New runs that wait until the reader wants them; and the switch that holds the whole list still.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::ui::{clock::hydrated, rows::RunRows};

/// "3 new runs", over the list. Its place is kept for those who hear the page.
#[component]
pub fn NewRuns(rows: RunRows, #[prop(into)] show: Callback<()>) -> impl IntoView {
    let text = Memo::new(move |_| match rows.waiting() {
        0 => None,
        1 => Some("1 new run".to_owned()),
        count => Some(format!("{count} new runs")),
    });
    view! {
        <div class="new-runs" role="status">
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
