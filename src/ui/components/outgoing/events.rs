//! The boxes for what a destination is told.

use leptos::prelude::*;

#[component]
pub fn Events(on_failed: bool, on_partial: bool, on_late: bool) -> impl IntoView {
    let boxes = [
        ("on_failed", "Failed runs", on_failed),
        ("on_partial", "Partially succeeded runs", on_partial),
        ("on_late", "Late schedules", on_late),
    ];
    view! {
        <fieldset class="outgoing-events">
            <legend>"Tell it of"</legend>
            {boxes
                .map(|(name, words, checked)| {
                    view! {
                        <label class="choice">
                            <input type="checkbox" name=name value="on" checked=checked/>
                            <span>{words}</span>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
    }
}
