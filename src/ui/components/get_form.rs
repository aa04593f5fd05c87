//! A form whose fields become the address.

use leptos::{ev, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, UrlSearchParams};

/// What a form says, as its address would.
pub fn said(form: &HtmlFormElement) -> Option<String> {
    let data = FormData::new_with_form(form).ok()?;
    let params = UrlSearchParams::new_with_str_sequence_sequence(data.unchecked_ref()).ok()?;
    params.to_string().as_string()
}

/// Goes to the address without loading the page anew, where scripts run. (leptos_router's own form adds its nameless
/// button to the address.) Fields that say nothing are left out.
#[component]
pub fn GetForm(
    /// A path; empty for the address at hand.
    #[prop(into)]
    action: String,
    class: &'static str,
    /// `search` for what looks for something.
    #[prop(optional)]
    role: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let here = use_location().pathname;
    let submit = {
        let action = action.clone();
        move |event: ev::SubmitEvent| {
            let Some(said) = said(&event_target::<HtmlFormElement>(&event)) else { return };
            event.prevent_default();
            let fields: Vec<&str> = said.split('&').filter(|field| !field.ends_with('=')).collect();
            let path = if action.is_empty() { here.get_untracked() } else { action.clone() };
            navigate(&format!("{path}?{}", fields.join("&")), NavigateOptions { scroll: false, ..Default::default() });
        }
    };
    view! { <form method="get" action=action class=class role=role on:submit=submit>{children()}</form> }
}
