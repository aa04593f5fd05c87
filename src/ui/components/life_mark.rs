//! A running run that is silent: told before anything is done about it.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{
    model::{run::Run, time},
    ui::{
        clock::{Clock, hydrated},
        live::LiveFeed,
    },
};

/// "No sign of life for 40 s", ticking; or that the run waits for another worker. Nothing for a run that is well, and
/// nothing while the page itself hears of nobody.
#[component]
pub fn LifeMark(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let clock = expect_context::<Clock>();
    let feed = use_context::<LiveFeed>();
    let alive = hydrated();
    let text = Memo::new(move |_| {
        let run = run.read();
        if run.status.is_active() && run.released_at.is_some() {
            return Some("Waiting for another worker".to_owned());
        }
        // A run that has ended, or waits, does not listen to the clock.
        if !run.has_worker() || feed.is_some_and(LiveFeed::is_cut_off) {
            return None;
        }
        let now = if alive.get() { clock.now() } else { clock.rendered() };
        let silence = run.silence(now?, clock.silent_after())?;
        Some(format!("No sign of life for {}", time::span(silence)))
    });
    move || text.get().map(|text| view! { <span class="life-mark"><Icon glyph=Glyph::Pulse/>{text}</span> })
}
