//! A difference on its way to become a finding: its identity from run to run, and what is kept of its values.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    model::{
        comparison::Change,
        drift::{Baseline, FindingEventKind, FindingState, Severity},
        ids::{FindingId, RunId},
    },
    server::db::drift::findings::{KnownFinding, SeenFinding},
};

/// Of a longer value, in bytes of JSON, only the beginning is kept, with its length and its hash.
const KEPT: usize = 16 * 1024;
const KEPT_LETTERS: usize = 2_000;
/// Of a longer policy name only the beginning is kept.
const NAME_LETTERS: usize = 200;

/// A place that differs.
#[derive(Debug, Clone)]
pub struct Draft {
    pub policy_key: String,
    pub graph_id: Option<String>,
    pub policy_name: String,
    pub change: Change,
    pub severity: Severity,
}

/// A finding to write, and the line that it leaves in its history, if any.
pub struct Judged {
    pub seen: SeenFinding,
    pub event: Option<FindingEventKind>,
    /// Whether this run made it new.
    pub is_new: bool,
}

impl Draft {
    /// The identity: the same from run to run, whatever the values.
    pub fn key_hash(&self, baseline: &Baseline, family: &str) -> String {
        let parts = (baseline.kind(), baseline.id(), family, &self.policy_key, &self.change.path);
        hex::encode(Sha256::digest(serde_json::to_vec(&parts).unwrap_or_default()))
    }

    /// Decides where the finding stands from now on. New is what was not there, what was resolved, and what was
    /// accepted with another value; an ignored place stays ignored.
    pub fn judge(self, key_hash: String, id: FindingId, known: Option<&KnownFinding>, run: RunId) -> Judged {
        let value_hash = value_hash(&self.change);
        let other_value = known.is_some_and(|known| known.value_hash != value_hash);
        let (state, event) = match known.map(|known| known.state) {
            None => (FindingState::New, Some(FindingEventKind::Found)),
            Some(FindingState::Resolved) => (FindingState::New, Some(FindingEventKind::Returned)),
            Some(FindingState::Accepted) if other_value => (FindingState::New, Some(FindingEventKind::ValueChanged)),
            Some(state) => (state, other_value.then_some(FindingEventKind::ValueChanged)),
        };
        let became_new = state == FindingState::New && known.is_none_or(|known| known.state != FindingState::New);
        // An earlier attempt of the same run does not count as having been there before.
        let is_new = became_new || known.is_some_and(|known| known.opened_run == run);
        let policy_name: String = self.policy_name.chars().take(NAME_LETTERS).collect();
        let kind = self.change.kind();
        let seen = SeenFinding {
            id: known.map_or(id, |known| known.id),
            key_hash,
            policy_key: self.policy_key,
            graph_id: self.graph_id,
            search_key: format!("{policy_name} {}", self.change.path).to_lowercase(),
            policy_name,
            path: self.change.path,
            kind,
            before: self.change.before.map(kept),
            after: self.change.after.map(kept),
            value_hash,
            severity: self.severity,
            state,
        };
        Judged { seen, event, is_new }
    }
}

/// By identity, each once.
pub fn by_identity(drafts: Vec<Draft>, baseline: &Baseline, family: &str) -> HashMap<String, Draft> {
    drafts.into_iter().map(|draft| (draft.key_hash(baseline, family), draft)).collect()
}

fn value_hash(change: &Change) -> String {
    let sides = serde_json_canonicalizer::to_vec(&(&change.before, &change.after)).unwrap_or_default();
    hex::encode(Sha256::digest(sides))
}

/// The value, or the beginning of a long one.
fn kept(value: Value) -> Value {
    let text = match &value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() <= KEPT {
        return value;
    }
    let beginning: String = text.chars().take(KEPT_LETTERS).collect();
    let hash = hex::encode(Sha256::digest(&text));
    Value::from(format!("{beginning}\u{2026}\n[{} bytes in all, SHA-256 {hash}]", text.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn draft(path: &str, after: Value) -> Draft {
        Draft {
            policy_key: "p".to_owned(),
            graph_id: Some("p".to_owned()),
            policy_name: "Policy".to_owned(),
            change: Change { path: path.to_owned(), before: None, after: Some(after) },
            severity: Severity::Low,
        }
    }

    fn known(state: FindingState, after: Value) -> KnownFinding {
        KnownFinding {
            key_hash: "k".to_owned(),
            id: FindingId(Uuid::from_u128(1)),
            state,
            value_hash: value_hash(&draft("a", after).change),
            opened_run: RunId(Uuid::from_u128(10)),
        }
    }

    #[test]
    fn the_identity_is_the_place_and_not_the_value() {
        let of = |path: &str, after: i32| draft(path, json!(after)).key_hash(&Baseline::Previous, "family");
        assert_eq!(of("a", 1), of("a", 2));
        assert_ne!(of("a", 1), of("b", 1));
        let set = Baseline::BackupSet { id: Uuid::from_u128(7) };
        assert_ne!(of("a", 1), draft("a", json!(1)).key_hash(&set, "family"));
    }

    #[test]
    fn accepted_is_one_value_and_ignored_is_the_place() {
        let judge = |state, was: i32, is: i32| {
            let judged = draft("a", json!(is)).judge(
                "k".to_owned(),
                FindingId(Uuid::from_u128(2)),
                Some(&known(state, json!(was))),
                RunId(Uuid::from_u128(11)),
            );
            assert_eq!(judged.seen.id, FindingId(Uuid::from_u128(1)));
            (judged.seen.state, judged.event, judged.is_new)
        };
        use FindingEventKind::{Returned, ValueChanged};
        use FindingState::{Accepted, Ignored, New, Resolved};
        assert_eq!(judge(Accepted, 1, 1), (Accepted, None, false));
        assert_eq!(judge(Accepted, 1, 2), (New, Some(ValueChanged), true));
        assert_eq!(judge(Ignored, 1, 2), (Ignored, Some(ValueChanged), false));
        assert_eq!(judge(New, 1, 2), (New, Some(ValueChanged), false));
        assert_eq!(judge(Resolved, 1, 1), (New, Some(Returned), true));
    }

    #[test]
    fn what_an_earlier_attempt_of_the_run_found_is_still_its_own() {
        let id = FindingId(Uuid::from_u128(2));
        let judged = draft("a", json!(1)).judge(
            "k".to_owned(),
            id,
            Some(&known(FindingState::New, json!(1))),
            RunId(Uuid::from_u128(10)),
        );
        assert_eq!((judged.is_new, judged.event), (true, None));
    }

    #[test]
    fn a_long_value_is_kept_as_its_beginning_with_its_hash() {
        let long = kept(json!({ "script": "x".repeat(KEPT) }));
        assert!(long.as_str().unwrap().len() < KEPT_LETTERS + 200, "{long}");
        assert!(long.as_str().unwrap().contains("SHA-256"));
        assert_eq!(kept(json!({"a": 1})), json!({"a": 1}));
    }
}
