//! `/`: on to the operations of the first tenant, or to the sign-in page.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect};

use crate::{
    api::session::get_viewer,
    error::AppError,
    model::user::Viewer,
    ui::components::{error_panel::ErrorPanel, logo::Logo, person_menu::PersonMenu},
};

#[component]
pub fn HomePage() -> impl IntoView {
    let viewer = Resource::new(|| (), |()| get_viewer());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match viewer.await {
                    Err(AppError::Unauthenticated) | Ok(None) => on_to("/login".to_owned()),
                    Err(error) => view! { <main class="alone"><ErrorPanel error/></main> }.into_any(),
                    Ok(Some(viewer)) => match viewer.tenants.first() {
                        Some(tenant) => on_to(format!("/t/{}/operations", tenant.slug)),
                        None => view! { <NoTenant viewer/> }.into_any(),
                    },
                }
            })}
        </Suspense>
    }
}

fn on_to(path: String) -> AnyView {
    let options = NavigateOptions { replace: true, ..Default::default() };
    view! { <Redirect path options/> }.into_any()
}

#[component]
fn NoTenant(viewer: Viewer) -> impl IntoView {
    view! {
        <header class="top-bar">
            <Logo/>
            <span class="grow"></span>
            <PersonMenu name=viewer.name email=viewer.email/>
        </header>
        <main class="alone">
            <section class="empty">
                <h1>"No tenant yet"</h1>
                <p>"You are not a member of any tenant. Ask an owner of yours to add you, then reload this page."</p>
            </section>
        </main>
    }
}
