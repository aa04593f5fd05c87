//! The answer to a start for those without scripts: a band over the content, in the place of the toast.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    icon::{Glyph, Icon},
    notice::Alert,
};
use crate::{
    error::AppError,
    model::{operation::OperationType, run::Started},
    ui::{
        starting::{Starting, Told},
        words,
    },
};

#[component]
pub fn StartBand<S>(start: Starting<S>, operation: OperationType, #[prop(into)] tenant: String) -> impl IntoView
where
    S: ServerFn<Error = AppError, Output = Started> + Clone + Send + Sync + 'static,
{
    let told = move |Told { run, created }: Told| {
        let address = format!("/t/{tenant}/operations/{run}");
        view! {
            <p class="notice" role="status">
                <Icon glyph=if created { Glyph::CircleCheck } else { Glyph::Join }/>
                <span>{words::told(operation, created)} " " <a href=address>"View run"</a></span>
            </p>
        }
    };
    view! {
        {move || start.form_error().map(|error| view! { <Alert text=error.to_string()/> })}
        {move || start.form_told().map(&told)}
    }
}
