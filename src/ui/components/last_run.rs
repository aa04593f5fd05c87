//! How fresh a page's data is: the newest run of its operation, how it stands, and the way to it.

use leptos::prelude::*;

use super::{
    badge::StateBadge,
    when::{Exact, When},
};
use crate::model::run::Run;

#[component]
pub fn LastRun(run: Run, #[prop(into)] tenant: String) -> impl IntoView {
    let address = format!("/t/{tenant}/operations/{}", run.id);
    let at = run.completed_at.unwrap_or(run.created_at);
    view! {
        <a class="last-run" href=address>
            <span class="sr-only">"Last sync: "</span>
            <StateBadge state=run.state()/>
            <When at exact=Exact::Minute/>
        </a>
    }
}
