//! The form that starts a comparison: what to compare with, and the button.

use leptos::prelude::*;

use crate::{
    api::drift::GenerateDrift,
    model::{
        drift::{BaselineChoice, BaselineKind},
        operation::OperationType,
    },
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn GenerateForm(
    action: ServerAction<GenerateDrift>,
    #[prop(into)] tenant: String,
    choices: Vec<BaselineChoice>,
) -> impl IntoView {
    let busy = action.pending();
    let group = |kind: BaselineKind, label: &'static str| {
        let options = choices
            .iter()
            .filter(|choice| choice.kind == kind)
            .map(|choice| view! { <option value=choice.value.clone()>{choice.name.clone()}</option> })
            .collect::<Vec<_>>();
        (!options.is_empty()).then(|| match kind {
            BaselineKind::Previous => options.into_any(),
            _ => view! { <optgroup label=label>{options}</optgroup> }.into_any(),
        })
    };
    let options = [
        group(BaselineKind::Previous, ""),
        group(BaselineKind::BackupSet, "Backup sets"),
        group(BaselineKind::Tenant, "Other tenants"),
    ];
    view! {
        <ActionForm action attr:class="generate">
            <input type="hidden" name="tenant" value=tenant/>
            <label class="select">
                <span>"Compare with"</span>
                <select name="baseline">{options}</select>
            </label>
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
                {move || view! { <Icon glyph=if busy.get() { Glyph::Arc } else { Glyph::Swap }/> }}
                {OperationType::DriftGenerate.action()}
            </button>
        </ActionForm>
    }
}
