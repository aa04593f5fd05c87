//! How a backup set stands: an icon and a word.

use leptos::prelude::*;

use crate::{
    model::backup::{BackupSet, SetStatus},
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn SetBadge(set: BackupSet) -> impl IntoView {
    let (glyph, state, word) = match (set.busy, set.status) {
        (true, _) => (Glyph::Arc, "state-running", "Being filled"),
        (false, SetStatus::Open) => (Glyph::Clock, "state-queued", SetStatus::Open.label()),
        (false, SetStatus::Complete) => (Glyph::CircleCheck, "state-succeeded", SetStatus::Complete.label()),
        (false, SetStatus::Incomplete) => (Glyph::Triangle, "state-partial", SetStatus::Incomplete.label()),
    };
    view! { <span class=format!("badge {state}")><Icon glyph/>{word}</span> }
}
