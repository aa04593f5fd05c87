//! Inputs of operations that read families: all of them, or `only` some.

use serde_json::{Value, json};

use super::no_input;
use crate::{error::AppError, model::run::RunFailure, server::graph::Family};

/// `{}` for all these families, or `{"only": [...]}` with at least one of them but not all, each once, in our order.
pub fn only_families(all: &[Family], inputs: &Value, otherwise: &str) -> Result<Value, AppError> {
    let mut rest = inputs.clone();
    let only = rest.as_object_mut().and_then(|members| members.remove("only"));
    no_input(&rest, otherwise)?;
    let Some(only) = only else { return Ok(rest) };
    let names = only.as_array().ok_or_else(|| AppError::invalid(otherwise))?;
    let families: Option<Vec<Family>> = names.iter().map(|name| family(all, name.as_str()?)).collect();
    match families {
        Some(families) if !families.is_empty() => Ok(normal(all, &families)),
        _ => Err(AppError::invalid("\"only\" lists a family that Runledger does not know, or none at all.")),
    }
}

/// The families that accepted inputs ask for.
pub fn wanted_families(all: &[Family], inputs: &Value) -> Vec<Family> {
    match inputs.get("only").and_then(Value::as_array) {
        Some(names) => names.iter().filter_map(|name| family(all, name.as_str()?)).collect(),
        None => all.to_vec(),
    }
}

/// The inputs that read again the families that failed. A failure of a single item does not say which family it is of:
/// then all that the run read are read again.
pub fn failed_families(all: &[Family], inputs: &Value, failures: &[RunFailure]) -> Option<Value> {
    let of = |failure: &RunFailure| {
        let label = failure.item.as_deref()?;
        all.iter().copied().find(|family| family.label() == label)
    };
    let items = failures.iter().filter(|failure| failure.item.is_some());
    let failed: Option<Vec<Family>> = items.map(of).collect();
    match failed {
        Some(failed) if failed.is_empty() => None,
        Some(failed) => Some(normal(all, &failed)),
        None => Some(inputs.clone()),
    }
}

fn family(all: &[Family], name: &str) -> Option<Family> {
    all.iter().copied().find(|family| family.as_str() == name)
}

fn normal(all: &[Family], families: &[Family]) -> Value {
    let only: Vec<&str> = all.iter().filter(|family| families.contains(family)).map(|family| family.as_str()).collect();
    if only.len() == all.len() { json!({}) } else { json!({ "only": only }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::reason::ReasonCode, server::runs::failure::plain};

    fn failed(item: Option<&str>) -> RunFailure {
        RunFailure { item: item.map(str::to_owned), ..plain(ReasonCode::Internal, "") }
    }

    #[test]
    fn the_same_families_are_the_same_inputs() {
        let (a, b) = (Family::ALL[0], Family::ALL[1]);
        let inputs = only_families(Family::ALL, &json!({ "only": [b.as_str(), a.as_str(), b.as_str()] }), "").unwrap();
        assert_eq!(inputs, json!({ "only": [a.as_str(), b.as_str()] }));
        assert_eq!(wanted_families(Family::ALL, &inputs), [a, b]);
        let all: Vec<_> = Family::ALL.iter().map(|family| family.as_str()).collect();
        assert_eq!(only_families(Family::ALL, &json!({ "only": all }), "").unwrap(), json!({}));
        assert_eq!(wanted_families(Family::ALL, &json!({})), Family::ALL);
        for wrong in [json!([]), json!({ "only": [] }), json!({ "only": ["nothing"] }), json!({ "other": 1 })] {
            assert!(only_families(Family::ALL, &wrong, "").is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_failed_is_read_again_and_all_of_it_when_it_is_not_clear_what() {
        let family = Family::ALL[2];
        let whole = failed(None);
        assert_eq!(failed_families(Family::ALL, &json!({}), std::slice::from_ref(&whole)), None);
        let one = [failed(Some(family.label())), whole];
        assert_eq!(failed_families(Family::ALL, &json!({}), &one), Some(json!({ "only": [family.as_str()] })));
        assert_eq!(failed_families(Family::ALL, &json!({}), &[failed(Some("A policy"))]), Some(json!({})));
    }
}
