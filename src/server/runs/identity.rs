//! Run identity: what makes two requests the same work.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::operation::OperationType;

/// SHA-256, in hex, of the RFC 8785 canonical JSON of the type and the normalised inputs.
/// The order of keys does not matter, and a key that is null is as good as absent.
pub fn run_identity_hash(operation_type: OperationType, inputs: &Value) -> Result<String, serde_json::Error> {
    let identity = json!({ "type": operation_type, "inputs": without_nulls(inputs) });
    let canonical = serde_json_canonicalizer::to_vec(&identity)?;
    Ok(hex::encode(Sha256::digest(canonical)))
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(key, member)| (key.clone(), without_nulls(member)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(inputs: &Value) -> String {
        run_identity_hash(OperationType::InventorySync, inputs).unwrap()
    }

    /// Any JSON, without null members and with numbers that JSON carries exactly.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec(("[a-z\u{e9}\u{1F600}]{1,6}", inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same JSON with every object's keys written in the opposite order and a null member added.
    fn written_otherwise(value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let mut parts: Vec<String> = members
                    .iter()
                    .map(|(key, member)| format!("{}: {}", Value::from(key.clone()), written_otherwise(member)))
                    .collect();
                parts.reverse();
                parts.push("\"ZZ absent\": null".to_owned());
                format!("{{ {} }}", parts.join(" , "))
            }
            Value::Array(items) => {
                format!("[{}]", items.iter().map(written_otherwise).collect::<Vec<_>>().join(" , "))
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_keys_and_null_members_do_not_change_the_identity(inputs in any_json()) {
            let otherwise: Value = serde_json::from_str(&written_otherwise(&inputs)).unwrap();
            prop_assert_eq!(hash(&inputs), hash(&otherwise));
        }

        #[test]
        fn different_inputs_have_different_identities(a in any_json(), b in any_json()) {
            prop_assume!(a != b);
            prop_assert_ne!(hash(&a), hash(&b));
        }
    }

    #[test]
    fn the_type_is_part_of_the_identity() {
        let inputs = json!({});
        let other = run_identity_hash(OperationType::PolicySync, &inputs).unwrap();
        assert_ne!(hash(&inputs), other);
        assert_eq!(hash(&inputs).len(), 64);
    }
}
