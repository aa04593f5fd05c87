//! The form of a new destination: plain, with and without scripts the same.

use leptos::prelude::*;

use super::events::Events;
use crate::{
    model::outgoing::{DestinationDraft, DestinationKind},
    ui::components::icon::{Glyph, Icon},
};

#[component]
pub fn DestinationForm(
    draft: DestinationDraft,
    error: Option<String>,
    /// Whether the operator has set e-mail up.
    email: bool,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let kinds = DestinationKind::ALL
        .iter()
        .map(|kind| {
            let off = *kind == DestinationKind::Email && !email;
            let words =
                if off { format!("{} (not set up on this server)", kind.label()) } else { kind.label().to_owned() };
            view! { <option value=kind.as_str() selected={*kind == draft.kind} disabled=off>{words}</option> }
        })
        .collect_view();
    let wrong = error.is_some();
    view! {
        <section class="panel outgoing-form" aria-label="Add a destination">
            <h2>"Add a destination"</h2>
            <form method="post" action="/api/outgoing/add">
                <input type="hidden" name="tenant" value=tenant/>
                <div class="outgoing-fields">
                    <label class="field">
                        <span>"Kind"</span>
                        <select name="kind">{kinds}</select>
                    </label>
                    <label class="field">
                        <span>"Name"</span>
                        <input name="name" value=draft.name required maxlength="60" autocomplete="off"/>
                    </label>
                    <label class="field">
                        <span>"Address"</span>
                        <input
                            name="address"
                            value=draft.address
                            required
                            autocomplete="off"
                            spellcheck="false"
                            aria-invalid=wrong.then_some("true")
                            aria-describedby="address-below"
                        />
                        {match error {
                            Some(error) => view! {
                                <small id="address-below" class="field-error" role="alert"><Icon glyph=Glyph::CircleCross/>{error}</small>
                            }
                                .into_any(),
                            None => view! {
                                <small id="address-below" class="field-hint">
                                    "The https address of a webhook or of Slack, or a mail address"
                                </small>
                            }
                                .into_any(),
                        }}
                    </label>
                </div>
                <Events on_failed=draft.on_failed on_partial=draft.on_partial on_late=draft.on_late/>
                <button type="submit" class="button button-primary">"Add destination"</button>
            </form>
        </section>
    }
}
