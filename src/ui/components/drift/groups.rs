//! The findings, by policy: where, what it was and what it is.

use leptos::prelude::*;
use serde_json::Value;

use super::{SeverityBadge, StateLabel};
use crate::{
    model::drift::Finding,
    ui::{
        components::{
            comparison::{ChangeMark, one_line, two_in_a_line},
            icon::{Glyph, Icon},
        },
        drift_words,
    },
};

#[component]
pub fn Findings(
    findings: Vec<Finding>,
    #[prop(into)] tenant: String,
    /// Whether findings can be selected, for a decision.
    selectable: bool,
) -> impl IntoView {
    by_policy(findings)
        .into_iter()
        .map(|findings| view! { <Policy findings tenant=tenant.clone() selectable/> })
        .collect_view()
}

#[component]
fn Policy(findings: Vec<Finding>, tenant: String, selectable: bool) -> impl IntoView {
    let first = findings.first().cloned();
    let head = first.map(|first| {
        view! {
            <header class="drift-policy">
                <h2>{drift_words::policy_name(&first.policy_name)}</h2>
                <span class="quiet">
                    {first.family.label} " \u{b7} compared with " {drift_words::baseline(first.baseline, &first.baseline_name)}
                </span>
            </header>
        }
    });
    let rows =
        findings.into_iter().map(|finding| view! { <Row finding tenant=tenant.clone() selectable/> }).collect_view();
    view! { <section class="drift-group">{head} <ul>{rows}</ul></section> }
}

#[component]
fn Row(finding: Finding, tenant: String, selectable: bool) -> impl IntoView {
    let address = format!("/t/{tenant}/drift/{}", finding.id);
    let kind = finding.change.kind();
    let place = drift_words::place(&finding.change.path).to_owned();
    let label = format!("Select {}: {place}", drift_words::policy_name(&finding.policy_name));
    let whole = finding.change.path.is_empty();
    view! {
        <li class="finding">
            {selectable
                .then(|| {
                    view! {
                        <input type="checkbox" class="finding-select" name="findings[]" value=finding.ticket aria-label=label/>
                    }
                })}
            <span class="finding-severity"><SeverityBadge severity=finding.severity/></span>
            <div class="finding-what">
                <a class="finding-path" href=address>
                    {if whole { view! { {place} }.into_any() } else { view! { <code>{place}</code> }.into_any() }}
                </a>
                <p class="finding-values">
                    <ChangeMark kind/>
                    <Sides before=finding.change.before after=finding.change.after/>
                </p>
            </div>
            <span class="finding-state"><StateLabel state=finding.state/></span>
        </li>
    }
}

/// Before and after on a line; one that is not there is not written.
#[component]
fn Sides(before: Option<Value>, after: Option<Value>) -> impl IntoView {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => {
            let [before, after] = two_in_a_line(&before, &after);
            (Some(before), Some(after))
        }
        (before, after) => (before.as_ref().map(one_line), after.as_ref().map(one_line)),
    };
    let arrow = (before.is_some() && after.is_some()).then(|| {
        view! { <span class="finding-arrow"><Icon glyph=Glyph::ChevronRight/><span class="sr-only">"became"</span></span> }
    });
    view! {
        {before.map(|line| view! { <code class="finding-before clip">{line}</code> })}
        {arrow}
        {after.map(|line| view! { <code class="finding-after clip">{line}</code> })}
    }
}

/// Findings that follow each other and are of one policy and baseline stand together.
fn by_policy(findings: Vec<Finding>) -> Vec<Vec<Finding>> {
    let of = |finding: &Finding| {
        (
            finding.family.code.clone(),
            finding.policy_name.clone(),
            finding.graph_id.clone(),
            finding.baseline_name.clone(),
        )
    };
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    for finding in findings {
        match groups.last_mut() {
            Some(group) if group.last().map(of) == Some(of(&finding)) => group.push(finding),
            _ => groups.push(vec![finding]),
        }
    }
    groups
}
