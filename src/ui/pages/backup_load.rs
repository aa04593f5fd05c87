//! `/t/{tenant}/backups/load`: makes a backup set of a file.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    api::notifications::get_notification_settings,
    error::AppError,
    model::{
        backup::{Keep, LoadRefusal},
        user::Action,
    },
    ui::{
        components::{
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::Alert,
            page_header::PageHeader,
        },
        context::{CurrentTenant, ViewerResource, role_in},
    },
};

#[component]
pub fn BackupLoadPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let viewer = expect_context::<ViewerResource>();
    let query = use_query_map();
    // Nothing is read for the form; for whoever is no member of the tenant, its page does not exist.
    let place = Resource::new(move || tenant.get(), get_notification_settings);
    // Only a word of ours is taken from the address.
    let refused = move || query.read().get("refused").and_then(|word| word.parse::<LoadRefusal>().ok());
    view! {
        <Title text="Load a backup file"/>
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=move || format!("/t/{}/backups", tenant.get())><Icon glyph=Glyph::ChevronLeft/>"Backups"</a>
        </nav>
        <Transition>
            {move || Suspend::new(async move {
                let tenant = tenant.get_untracked();
                let (viewer, place) = (viewer.await, place.await);
                let error = match &viewer {
                    Err(error) => Some(error.clone()),
                    Ok(None) => Some(AppError::Unauthenticated),
                    Ok(Some(_)) if place.is_err() => place.err(),
                    Ok(Some(_)) => match role_in(&viewer, &tenant) {
                        None => Some(AppError::not_found("This tenant")),
                        Some(role) => (!role.can(Action::MakeBackup)).then_some(AppError::Forbidden),
                    },
                };
                match error {
                    Some(error) => {
                        view! { <ErrorPanel error way_out=(format!("/t/{tenant}/backups"), "Back to backups")/> }.into_any()
                    }
                    None => {
                        view! {
                            <PageHeader title="Load a backup file" beside=|| ()>""</PageHeader>
                            {refused().map(|refusal| view! { <Alert text=refusal.sentence()/> })}
                            <LoadForm tenant/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

#[component]
fn LoadForm(tenant: String) -> impl IntoView {
    let keeps = Keep::ALL
        .iter()
        .map(|keep| view! { <option value=keep.as_str() selected=*keep == Keep::Forever>{keep.label()}</option> })
        .collect_view();
    view! {
        <form class="load-form" method="post" action=format!("/t/{tenant}/backups/upload") enctype="multipart/form-data">
            <p class="quiet">
                "A file that was downloaded from a backup set, of this tenant or another one. Nothing changes in the tenant until you restore from it."
            </p>
            <label class="field">
                <span>"Name of the set"</span>
                <input type="text" name="name" maxlength="200" placeholder="The name in the file"/>
            </label>
            <label class="field">
                <span>"Keep it for"</span>
                <select name="keep" class="select">{keeps}</select>
            </label>
            <label class="field">
                <span>"File"</span>
                <input type="file" name="file" accept=".zip,application/zip" required/>
            </label>
            <button type="submit" class="button button-primary">"Load file"</button>
        </form>
    }
}
