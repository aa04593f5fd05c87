//! The button that starts an operation: a form, so that it works without scripts, and busy until there is an answer.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::{api::operations::StartOperation, model::operation::OperationType};

#[component]
pub fn StartButton(
    action: ServerAction<StartOperation>,
    operation: OperationType,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let busy = action.pending();
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="operation_type" value=operation.as_str()/>
            // Not `disabled`: the button keeps the focus while it is busy.
            <button
                type="submit"
                class="button button-primary"
                aria-disabled=move || busy.get().then_some("true")
                aria-busy=move || busy.get().then_some("true")
                on:click=move |event| {
                    if busy.get_untracked() {
                        event.prevent_default();
                    }
                }
            >
                {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { Glyph::Sync }/> }}
                {operation.action()}
            </button>
        </ActionForm>
    }
}
