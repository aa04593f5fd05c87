//! The button that starts an operation: a form, so that it works without scripts, and busy until there is an answer.

use leptos::prelude::*;

use super::{busy_button::BusyButton, icon::Glyph};
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
            <BusyButton busy class="button button-primary" glyph=Glyph::Sync words=operation.action()/>
        </ActionForm>
    }
}
