//! An error in the place of the page's content, with its cause and the way out. Whoever is not signed in is sent to
//! sign in. The HTTP status comes from the server function that failed.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{NavigateOptions, components::Redirect};

use super::icon::{Glyph, Icon};
use crate::{error::AppError, ui::context::sign_in_address};

#[component]
pub fn ErrorPanel(
    error: AppError,
    /// Where to go from here, with the words of the link.
    #[prop(optional)]
    way_out: Option<(String, &'static str)>,
) -> impl IntoView {
    if error == AppError::Unauthenticated {
        let options = NavigateOptions { replace: true, ..Default::default() };
        return view! { <Redirect path=sign_in_address() options/> }.into_any();
    }
    // What may be different the next time is worth another try.
    let retry = matches!(
        error,
        AppError::Unavailable { .. } | AppError::Internal { .. } | AppError::Offline | AppError::TooMany { .. }
    );
    let glyph = if retry { Glyph::Triangle } else { Glyph::CircleSlash };
    view! {
        <Title text=error.title()/>
        <section class="empty" role="alert">
            <span class="empty-icon"><Icon glyph/></span>
            <h1>{error.title()}</h1>
            <p>{error.to_string()}</p>
            <p class="empty-actions">
                {retry.then(|| view! { <a class="button" href="" rel="external">"Try again"</a> })}
                {way_out.map(|(address, words)| view! { <a class="button" href=address>{words}</a> })}
            </p>
        </section>
    }
    .into_any()
}
