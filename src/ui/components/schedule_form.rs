//! The form of a schedule: it says what the expression means and when it would start next, or what is wrong at which field.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};
use crate::model::schedule::ScheduleForm;

/// A plain form, with and without scripts the same: saving leads back to the list, "Preview" to this form again.
#[component]
pub fn ScheduleEditor(form: ScheduleForm, #[prop(into)] tenant: String) -> impl IntoView {
    let ScheduleForm { draft, words, next, cron_error, time_zone_error, expected_error, zones } = form;
    let page = format!("/t/{tenant}/schedules");
    let title = format!("{} by schedule", draft.operation_type.label());
    view! {
        <section class="panel schedule-form" aria-label=title.clone()>
            <h2>{title.clone()}</h2>
            <form method="post" action="/api/schedules/save">
                <input type="hidden" name="tenant" value=tenant/>
                <input type="hidden" name="operation_type" value=draft.operation_type.as_str()/>
                <div class="schedule-fields">
                    <Field name="cron" label="When" hint="Minute, hour, day of the month, month, day of the week: 0 2 * * 1-5"
                        value=draft.cron error=cron_error code=true/>
                    <Field name="time_zone" label="Time zone" hint="Europe/Berlin, America/New_York, UTC" value=draft.time_zone
                        error=time_zone_error list="zones"/>
                    <Field name="expected_hours" label="Late after" hint="Hours without success" value=draft.expected_hours
                        error=expected_error numeric=true/>
                </div>
                <datalist id="zones">
                    {zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view()}
                </datalist>
                <label class="schedule-switch">
                    <input type="checkbox" name="enabled" value="on" checked=draft.enabled/>
                    "On: start by itself at these times"
                </label>
                {(!next.is_empty())
                    .then(|| {
                        view! {
                            <div class="schedule-preview">
                                <p><strong>{words}</strong></p>
                                <ol>{next.into_iter().map(|at| view! { <li>{at}</li> }).collect_view()}</ol>
                            </div>
                        }
                    })}
                <div class="schedule-buttons">
                    <button type="submit" class="button button-primary">"Save"</button>
                    <button type="submit" class="button" formmethod="get" formaction=page.clone()>"Preview"</button>
                    <a class="button button-plain" href=page>"Cancel"</a>
                </div>
            </form>
        </section>
    }
}

#[component]
fn Field(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    error: Option<String>,
    #[prop(optional)] code: bool,
    #[prop(optional)] numeric: bool,
    #[prop(optional)] list: Option<&'static str>,
) -> impl IntoView {
    let wrong = error.is_some();
    let below = format!("{name}-below");
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                name=name
                value=value
                class:schedule-cron=code
                list=list
                inputmode=numeric.then_some("numeric")
                autocomplete="off"
                spellcheck="false"
                aria-invalid=wrong.then_some("true")
                aria-describedby=below.clone()
            />
            {match error {
                Some(error) => view! {
                    <small id=below class="field-error" role="alert"><Icon glyph=Glyph::CircleCross/>{error}</small>
                }
                    .into_any(),
                None => view! { <small id=below class="field-hint">{hint}</small> }.into_any(),
            }}
        </label>
    }
}
