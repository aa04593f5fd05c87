//! What can be decided about findings: of one, and of those that are selected in the list.

use leptos::prelude::*;

use crate::{
    api::drift::DecideFindings,
    model::drift::{Decision, Finding, FindingState, LONGEST_REASON},
    ui::components::icon::{Glyph, Icon},
};

/// The decisions about one finding. A resolved one has none.
#[component]
pub fn Decide(action: ServerAction<DecideFindings>, finding: Finding, #[prop(into)] tenant: String) -> impl IntoView {
    let reopen = matches!(finding.state, FindingState::Accepted | FindingState::Ignored);
    let decisions: &[Decision] = match finding.state {
        FindingState::Resolved => return ().into_any(),
        FindingState::Accepted => &[Decision::Ignore],
        FindingState::Ignored => &[Decision::Accept],
        FindingState::New => &[Decision::Accept, Decision::Ignore],
    };
    let ticket = finding.ticket;
    let forms = decisions
        .iter()
        .map(|decision| view! { <One action decision=*decision ticket=ticket.clone() tenant=tenant.clone()/> })
        .collect_view();
    let reopen =
        reopen.then(|| view! { <One action decision=Decision::Reopen ticket=ticket.clone() tenant=tenant.clone()/> });
    view! {
        <section class="panel" aria-labelledby="decide-title">
            <h2 id="decide-title">"Decide"</h2>
            <div class="decisions">{reopen} {forms}</div>
        </section>
    }
    .into_any()
}

#[component]
fn One(action: ServerAction<DecideFindings>, decision: Decision, ticket: String, tenant: String) -> impl IntoView {
    let (glyph, word, meaning) = match decision {
        Decision::Accept => (Glyph::Check, "Accept", "This exact value is fine. Another value will be a new finding."),
        Decision::Ignore => (Glyph::CircleSlash, "Ignore", "This place may differ, whatever its value."),
        Decision::Reopen => (Glyph::Flag, "Reopen", "Take the decision back."),
    };
    let needed = decision == Decision::Ignore;
    let reason = (decision != Decision::Reopen).then(|| {
        view! {
            <label class="field">
                <span>{if needed { "Reason" } else { "Reason (optional)" }}</span>
                <input type="text" name="reason" maxlength=LONGEST_REASON required=needed autocomplete="off"/>
            </label>
        }
    });
    view! {
        <ActionForm action attr:class="decision">
            <input type="hidden" name="tenant" value=tenant/>
            <input type="hidden" name="decision" value=decision.as_str()/>
            <input type="hidden" name="findings[]" value=ticket/>
            <p class="quiet">{meaning}</p>
            {reason}
            <button type="submit" class="button"><Icon glyph/>{word}</button>
        </ActionForm>
    }
}

/// What is decided about the selected findings of the list, which are in the same form.
#[component]
pub fn DecideSelected() -> impl IntoView {
    view! {
        <div class="decide-selected" role="group" aria-label="Decide about the selected findings">
            <span class="quiet">"Selected findings"</span>
            <label class="grow">
                <span class="sr-only">"Reason"</span>
                <input
                    type="text"
                    name="reason"
                    maxlength=LONGEST_REASON
                    placeholder="Reason, needed to ignore"
                    autocomplete="off"
                />
            </label>
            <button type="submit" class="button" name="decision" value=Decision::Accept.as_str()>
                <Icon glyph=Glyph::Check/>
                "Accept"
            </button>
            <button type="submit" class="button" name="decision" value=Decision::Ignore.as_str()>
                <Icon glyph=Glyph::CircleSlash/>
                "Ignore"
            </button>
        </div>
    }
}
