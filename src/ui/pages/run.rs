//! `/t/{tenant}/operations/{run}`: one run on a page of its own.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::run_screen::RunScreen;
use crate::ui::{
    components::{
        icon::{Glyph, Icon},
        live_mark::LiveMark,
    },
    context::CurrentTenant,
};

#[component]
pub fn RunPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let params = use_params_map();
    let run = Memo::new(move |_| params.read().get("run").unwrap_or_default());
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=move || format!("/t/{}/operations", tenant.get())><Icon glyph=Glyph::ChevronLeft/>"Operations"</a>
            <LiveMark/>
        </nav>
        <RunScreen run/>
    }
}
