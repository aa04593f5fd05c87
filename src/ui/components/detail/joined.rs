//! Tells those who asked for the same work while it was going on that this is their run.

use leptos::prelude::*;

use crate::{
    model::{
        ids::UserId,
        run::{Run, RunEvent, RunEventKind},
    },
    ui::{
        components::{
            icon::{Glyph, Icon},
            when::{Exact, When},
        },
        words,
    },
};

#[component]
pub fn Joined(
    #[prop(into)] run: Signal<Run>,
    #[prop(into)] events: Signal<Vec<RunEvent>>,
    viewer: Option<UserId>,
) -> impl IntoView {
    let mine = Memo::new(move |_| viewer.is_some_and(|viewer| joined_by(viewer, &events.read())));
    let (who, created) = run.with_untracked(|run| (words::initiator(&run.initiator), run.created_at));
    move || {
        mine.get().then(|| {
            view! {
                <p class="notice">
                    <Icon glyph=Glyph::Join/>
                    <span>"You joined this run, started " <When at=created exact=Exact::Recent/> " by " {who.clone()}</span>
                </p>
            }
        })
    }
}

/// Whether this user joined the run.
fn joined_by(user: UserId, events: &[RunEvent]) -> bool {
    let id = user.to_string();
    events.iter().any(|event| {
        event.kind == RunEventKind::Joined && event.detail.get("user_id").and_then(|who| who.as_str()) == Some(&id)
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_joined_is_told_so() {
        let [ana, ben] = [1, 2].map(|number| UserId(uuid::Uuid::from_u128(number)));
        let event =
            |kind, detail| RunEvent { kind, at: DateTime::UNIX_EPOCH, actor: "Ana".to_owned(), attempt: 0, detail };
        let events = [
            event(RunEventKind::Created, json!({})),
            event(RunEventKind::Joined, json!({ "user_id": ana })),
            event(RunEventKind::Joined, json!({ "user_id": null })),
        ];
        assert!(joined_by(ana, &events));
        assert!(!joined_by(ben, &events));
    }
}
