//! The confirmation: what would happen, and the tenant's name to type.

use leptos::prelude::*;

use crate::{
    api::restores::ConfirmRestore,
    model::restore::{RestoreDetail, RestorePlan},
    ui::{
        components::icon::{Glyph, Icon},
        restore_words,
    },
};

#[component]
pub fn Confirm(
    detail: RestoreDetail,
    /// The form's action, for those who may.
    action: Option<ServerAction<ConfirmRestore>>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let writes = detail.to_write();
    let overwrites = detail.planned(RestorePlan::Update) > 0;
    let left_out = restore_words::left_out(detail.planned(RestorePlan::Blocked));
    if writes == 0 {
        let text = match left_out.is_some() {
            true => "Nothing can be written: what is not blocked is in the tenant already as it was backed up.",
            false => "Nothing has to be written: the tenant has these policies already as they were backed up.",
        };
        return view! { <p class="notice"><Icon glyph=Glyph::Info/>{text}</p> }.into_any();
    }
    let form = match action {
        None => view! { <p class="quiet">"A manager or an owner of this tenant can confirm it."</p> }.into_any(),
        Some(action) => view! { <TypeName detail=detail.clone() action tenant writes/> }.into_any(),
    };
    view! {
        <section class="panel restore-confirm" aria-labelledby="confirm-title">
            <h2 id="confirm-title">"Confirm"</h2>
            <p>
                {restore_words::consequence(&detail)}
                {overwrites.then_some(" What is overwritten is backed up first, as the way back.")}
            </p>
            {left_out.map(|text| view! { <p>{text}</p> })}
            {form}
        </section>
    }
    .into_any()
}

#[component]
fn TypeName(
    detail: RestoreDetail,
    action: ServerAction<ConfirmRestore>,
    tenant: String,
    /// How many policies would be written.
    writes: u64,
) -> impl IntoView {
    let busy = action.pending();
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="restore" value=detail.run.id.to_string()/>
            <label class="field">
                <span>"Type the name of the tenant to restore: " <strong>{detail.tenant_name}</strong></span>
                <input type="text" name="name" autocomplete="off" required/>
            </label>
            <button
                type="submit"
                class="button button-primary"
                aria-disabled=move || busy.get().then_some("true")
                on:click=move |event| {
                    if busy.get_untracked() {
                        event.prevent_default();
                    }
                }
            >
                {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { Glyph::Undo }/> }}
                {format!("Restore {}", restore_words::policies(writes))}
            </button>
        </ActionForm>
    }
}
