//! The way of a restore: preview, confirmation, writing; and where it is on it.

use leptos::prelude::*;

use crate::{
    model::restore::RestoreStatus,
    ui::components::icon::{Glyph, Icon},
};

const STEPS: [&str; 3] = ["Preview", "Confirm", "Restore"];

/// The number of the step that is being taken; none once the restore has ended.
const fn current(status: RestoreStatus) -> Option<usize> {
    match status {
        RestoreStatus::Draft => Some(0),
        RestoreStatus::Previewed => Some(1),
        RestoreStatus::Running => Some(2),
        RestoreStatus::Completed | RestoreStatus::Failed | RestoreStatus::Cancelled => None,
    }
}

#[component]
pub fn Steps(status: RestoreStatus) -> impl IntoView {
    current(status).map(|current| {
        let steps = STEPS
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let mark = match index < current {
                    true => view! { <Icon glyph=Glyph::Check/> }.into_any(),
                    false => (index + 1).into_any(),
                };
                view! {
                    <li class:step-done=index < current aria-current=(index == current).then_some("step")>
                        <span class="step-mark">{mark}</span>
                        {*name}
                        {(index < current).then(|| view! { <span class="sr-only">", done"</span> })}
                    </li>
                }
            })
            .collect_view();
        view! { <ol class="steps" aria-label="Steps of the restore">{steps}</ol> }
    })
}
