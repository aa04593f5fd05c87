//! `/t/{tenant}/operations/{run}`: one run in full, kept up to date.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    api::operations::show_run,
    error::AppError,
    model::run::{LiveEvent, RunDetail},
    ui::{
        components::{
            detail::RunDetailView,
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            live_mark::LiveMark,
            skeleton::DetailSkeleton,
        },
        context::CurrentTenant,
        live::LiveFeed,
        throttle::once_a_second,
    },
};

#[component]
pub fn RunPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("run").unwrap_or_default());
    let detail = Resource::new(move || (tenant.get(), id.get()), |(tenant, run)| show_run(tenant, run));
    // The run on the screen now, for what comes in later.
    let shown = StoredValue::new(None::<ArcRwSignal<RunDetail>>);

    // The last request of a second is never dropped, so the final state always arrives.
    let refresh = once_a_second(move || {
        let (tenant, run) = (tenant.get_untracked(), id.get_untracked());
        spawn_local(async move {
            match show_run(tenant, run).await {
                Ok(newer) => with_shown(shown, |shown| take(shown, newer)),
                Err(AppError::Unauthenticated | AppError::NotFound { .. }) => detail.refetch(),
                // Away for a moment: what is on the screen stays, and the stream says that it reconnects.
                Err(_) => {}
            }
        });
    });
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Gap => refresh(),
        LiveEvent::Notification { .. } | LiveEvent::Inbox { .. } => {}
        LiveEvent::Run { run } => with_shown(shown, |shown| {
            if shown.with_untracked(|shown| shown.run.id == run.id) {
                // The run itself is in the event; its history and failures have to be asked for.
                shown.update(|shown| shown.run = *run);
                refresh();
            }
        }),
    });

    let list = move || format!("/t/{}/operations", tenant.get());
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=list><Icon glyph=Glyph::ChevronLeft/>"Operations"</a>
            <LiveMark/>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                match detail.await {
                    Err(error) => {
                        let way_out = (format!("/t/{}/operations", tenant.get_untracked()), "Back to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(detail) => {
                        let title = detail.run.operation_type.label();
                        let detail = ArcRwSignal::new(detail);
                        shown.set_value(Some(detail.clone()));
                        view! {
                            <Title text=title/>
                            <RunDetailView detail=RwSignal::from(detail)/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// Works on the run on the screen, if the page is still there.
fn with_shown(shown: StoredValue<Option<ArcRwSignal<RunDetail>>>, work: impl FnOnce(&ArcRwSignal<RunDetail>)) {
    if let Some(Some(shown)) = shown.try_get_value() {
        work(&shown);
    }
}

/// Shows a newer state; an answer that was overtaken on its way, or belongs to another run, is dropped.
fn take(shown: &ArcRwSignal<RunDetail>, newer: RunDetail) {
    let fits = shown.with_untracked(|shown| {
        shown.run.id == newer.run.id && shown.run.updated_at <= newer.run.updated_at && *shown != newer
    });
    if fits {
        shown.set(newer);
    }
}
