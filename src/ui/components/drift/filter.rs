//! What the list is narrowed to: a form whose answer is an address.

use leptos::prelude::*;

use crate::{
    model::{
        drift::{BaselineChoice, FamilyName, Severity},
        finding_filter::{FindingFilter, StateFilter},
    },
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn FindingFilterForm(
    #[prop(into)] tenant: String,
    filter: FindingFilter,
    families: Vec<FamilyName>,
    baselines: Vec<BaselineChoice>,
) -> impl IntoView {
    let page = format!("/t/{tenant}/drift");
    let plain = page.clone();
    let narrow = filter.is_narrow();
    let FindingFilter { state, severity, family, baseline, search, .. } = filter;
    let states = StateFilter::ALL.iter().map(|state| (state.as_str().to_owned(), state.label().to_owned()));
    let severities = Severity::ALL.iter().map(|severity| (severity.as_str().to_owned(), severity.label().to_owned()));
    let families = families.into_iter().map(|family| (family.code, family.label));
    let baselines = baselines.into_iter().map(|choice| (choice.value, choice.name));
    view! {
        <form class="drift-filters" method="get" action=page role="search">
            <label class="search">
                <span class="sr-only">"Search policies and settings"</span>
                <input type="search" name="search" placeholder="Search policies and settings" value=search maxlength="200"/>
            </label>
            <Select name="state" label="State" any=None options=states.collect() chosen=Some(state.as_str().to_owned())/>
            <Select
                name="severity"
                label="Severity"
                any=Some("Any severity")
                options=severities.collect()
                chosen=severity.map(|severity| severity.as_str().to_owned())
            />
            <Select name="family" label="Family" any=Some("All families") options=families.collect() chosen=family/>
            <Select name="baseline" label="Compared with" any=Some("Any baseline") options=baselines.collect() chosen=baseline/>
            <button type="submit" class="button">"Filter"</button>
            {narrow
                .then(|| view! { <a class="button button-plain" href=plain><Icon glyph=Glyph::Cross/>"Clear"</a> })}
        </form>
    }
}

#[component]
fn Select(
    name: &'static str,
    label: &'static str,
    /// The words for "does not matter", where that is possible.
    any: Option<&'static str>,
    options: Vec<(String, String)>,
    chosen: Option<String>,
) -> impl IntoView {
    let options = options
        .into_iter()
        .map(|(value, words)| {
            let selected = chosen.as_ref() == Some(&value);
            view! { <option value=value selected=selected>{words}</option> }
        })
        .collect_view();
    view! {
        <label class="select">
            <span class="sr-only">{label}</span>
            <select name=name>{any.map(|words| view! { <option value="">{words}</option> })} {options}</select>
        </label>
    }
}
