//! One run in full, kept up to date: what the run's page and the dialog over other pages both show.

use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;

use crate::{
    api::operations::show_run,
    error::AppError,
    model::run::{LiveEvent, RunDetail},
    ui::{
        announcer::Announcer,
        components::{detail::RunDetailView, error_panel::ErrorPanel, skeleton::DetailSkeleton},
        context::{CurrentTenant, ViewerResource},
        live::LiveFeed,
        throttle::once_a_second,
    },
};

#[component]
pub fn RunScreen(#[prop(into)] run: Signal<String>) -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let detail = Resource::new(move || (tenant.get(), run.get()), |(tenant, run)| show_run(tenant, run));
    // The run on the screen now, for what comes in later.
    let shown = StoredValue::new(None::<ArcRwSignal<RunDetail>>);

    // The last request of a second is never dropped, so the final state always arrives.
    let refresh = once_a_second(move || {
        let asked = (tenant.get_untracked(), run.get_untracked());
        spawn_local(async move {
            match show_run(asked.0, asked.1).await {
                Ok(newer) => with_shown(shown, |shown| take(shown, newer)),
                Err(AppError::Unauthenticated | AppError::NotFound { .. }) => detail.refetch(),
                // Away for a moment: what is on the screen stays, and the stream says that it reconnects.
                Err(_) => {}
            }
        });
    });
    let announcer = Announcer::on_this_page();
    expect_context::<LiveFeed>().listen(move |event| match event {
        LiveEvent::Gap => refresh(),
        LiveEvent::Notification { .. }
        | LiveEvent::Inbox { .. }
        | LiveEvent::Clock { .. }
        | LiveEvent::DatabaseAway => {}
        LiveEvent::Run { run } => with_shown(shown, |shown| {
            let before = shown.with_untracked(|shown| run.replaces(&shown.run).then(|| shown.run.state()));
            if let Some(before) = before {
                if before != run.state() {
                    announcer.changed(run.operation_type, run.state());
                }
                // The run itself is in the event; its history and failures have to be asked for.
                shown.update(|shown| shown.run = *run);
                refresh();
            }
        }),
    });

    view! {
        // A line of its own: while a dialog is open, nothing of the page below it is read.
        <p class="sr-only" role="status" aria-live="polite">{move || announcer.text()}</p>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let viewer = viewer.await.ok().flatten().map(|viewer| viewer.id);
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
                            <RunDetailView detail=RwSignal::from(detail) viewer tenant=tenant.get_untracked()/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// Works on the run on the screen, if it is still there.
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
