//! To whom a policy is assigned, apart from what it says: told by its targets, in an order of their own.

use serde_json::Value;

use super::normalize::{canonical, hash_of_normal, normalize};

/// The assignments of one policy as Graph gave them, sorted by target.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignments(Value);

impl Assignments {
    /// Those of a policy's body. Conditional Access says in its conditions whom it concerns, and has none here.
    pub fn of(body: &Value) -> Self {
        let mut list = body.get("assignments").and_then(Value::as_array).cloned().unwrap_or_default();
        list.sort_by_cached_key(|one| (canonical(&normalize(&one["target"])), canonical(&normalize(one))));
        Self(list.into())
    }

    /// A list.
    pub const fn as_json(&self) -> &Value {
        &self.0
    }

    /// SHA-256, in hex, of their normal form: without the ids that Graph gives to assignments.
    pub fn hash(&self) -> String {
        hash_of_normal(&normalize(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn to(id: &str, group: &str) -> Value {
        json!({"id": id, "target": {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}})
    }

    #[test]
    fn neither_their_order_nor_their_ids_make_a_difference_and_their_targets_do() {
        let of = |list: Value| Assignments::of(&json!({ "assignments": list }));
        let both = of(json!([to("1", "a"), to("2", "b")]));
        assert_eq!(both.hash(), of(json!([to("3", "b"), to("4", "a")])).hash());
        assert_ne!(both.hash(), of(json!([to("1", "a"), to("2", "c")])).hash());
        assert_eq!(both.as_json()[1]["id"], "2");
    }

    #[test]
    fn no_assignments_are_an_empty_list_in_whichever_way_graph_says_so() {
        for body in [json!({}), json!({"assignments": null}), json!({"assignments": []})] {
            assert_eq!(Assignments::of(&body).as_json(), &json!([]));
        }
    }
}
