//! What failed, by cause: a sentence, what to do, and the items concerned.

use leptos::prelude::*;

use crate::{
    model::{reason::ReasonCode, run::RunFailure},
    ui::components::{
        copy_button::CopyButton,
        icon::{Glyph, Icon},
    },
};

/// So many failures of one cause are open to see; more are folded away.
const OPEN: usize = 5;

#[component]
pub fn Failures(#[prop(into)] failures: Signal<Vec<RunFailure>>) -> impl IntoView {
    move || {
        let groups = by_code(&failures.read());
        (!groups.is_empty()).then(|| {
            view! {
                <section class="panel" aria-labelledby="failures-title">
                    <h2 id="failures-title">"What failed"</h2>
                    {groups.into_iter().map(|(code, failures)| view! { <Group code failures/> }).collect_view()}
                </section>
            }
        })
    }
}

#[component]
fn Group(code: ReasonCode, failures: Vec<RunFailure>) -> impl IntoView {
    let count = failures.len();
    let list = move || {
        let items = failures.iter().cloned().map(|failure| view! { <Failure failure/> }).collect_view();
        view! { <ul class="failure-items">{items}</ul> }
    };
    view! {
        <div class="failure">
            <span class="failure-icon state-failed"><Icon glyph=Glyph::CircleCross/></span>
            <div class="grow">
                <h3>{code.sentence()} <code class="code">{code.as_str()}</code></h3>
                <p class="failure-hint">{code.hint()}</p>
                {match count {
                    ..=OPEN => list().into_any(),
                    _ => {
                        view! {
                            <details class="fold">
                                <summary><Icon glyph=Glyph::ChevronRight/>{format!("{count} items")}</summary>
                                {list()}
                            </details>
                        }
                            .into_any()
                    }
                }}
            </div>
        </div>
    }
}

#[component]
fn Failure(failure: RunFailure) -> impl IntoView {
    let RunFailure { code, message, item, http_status, request_id } = failure;
    view! {
        <li>
            <strong class="failure-item">{item.unwrap_or_else(|| "The run as a whole".to_owned())}</strong>
            <div>
                <p class="failure-message">{(message != code.sentence()).then_some(message)}</p>
                <p class="failure-trace">
                    {http_status.map(|status| view! { <span>"HTTP " {status}</span> })}
                    {request_id
                        .map(|id| {
                            view! {
                                <span>
                                    "Request " <code>{id.clone()}</code>
                                    <CopyButton text=Signal::stored(id) label="Copy the request id"/>
                                </span>
                            }
                        })}
                </p>
            </div>
        </li>
    }
}

/// The failures by reason code, the most frequent first, equal ones in the order in which they came.
fn by_code(failures: &[RunFailure]) -> Vec<(ReasonCode, Vec<RunFailure>)> {
    let mut groups: Vec<(ReasonCode, Vec<RunFailure>)> = Vec::new();
    for failure in failures {
        match groups.iter_mut().find(|(code, _)| *code == failure.code) {
            Some((_, group)) => group.push(failure.clone()),
            None => groups.push((failure.code, vec![failure.clone()])),
        }
    }
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_stand_by_their_cause_the_most_frequent_first() {
        let failure = |code, item: &str| RunFailure {
            code,
            message: String::new(),
            item: Some(item.to_owned()),
            http_status: None,
            request_id: None,
        };
        let groups = by_code(&[
            failure(ReasonCode::Timeout, "a"),
            failure(ReasonCode::PermissionDenied, "b"),
            failure(ReasonCode::PermissionDenied, "c"),
        ]);
        let told: Vec<(ReasonCode, usize)> = groups.iter().map(|(code, group)| (*code, group.len())).collect();
        assert_eq!(told, [(ReasonCode::PermissionDenied, 2), (ReasonCode::Timeout, 1)]);
    }
}
