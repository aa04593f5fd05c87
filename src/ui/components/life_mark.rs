//! A running run that is silent: told before anything is done about it.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    model::{run::Run, time},
    ui::clock::{Clock, hydrated},
};

/// "No sign of life for 40 s", ticking; or that the run waits for another worker. Nothing for a run that is well.
#[component]
pub fn LifeMark(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let alive = hydrated();
    let text = Memo::new(move |_| {
        let run = run.read();
        if run.status.is_active() && run.released_at.is_some() {
            return Some("Waiting for another worker".to_owned());
        }
        // A run that has ended, or waits, does not listen to the clock.
        let now = if run.has_worker() && alive.get() { clock.now()? } else { return None };
        run.silence(now).map(|silence| format!("No sign of life for {}", time::span(silence)))
    });
    move || text.get().map(|text| view! { <span class="life-mark"><Icon glyph=Glyph::Pulse/>{text}</span> })
}
