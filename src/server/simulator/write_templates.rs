//! The values of an administrative template, which have an action of their own.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::GraphError;
use super::collection::Collection;
use super::content::{Content, Object, objects};

/// `updateDefinitionValues`: removes `deletedIds`, adds `added`; `updated` is not needed by those who replace.
/// A definition is one that the tenant began with: nobody adds to the catalog.
pub fn update_definition_values(
    object: &mut Object,
    body: &Object,
    initial: &Content,
    mut new_id: impl FnMut() -> String,
) -> Result<(), GraphError> {
    let deleted: Vec<&str> =
        body.get("deletedIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut values: Vec<Value> = object.get("definitionValues").and_then(Value::as_array).cloned().unwrap_or_default();
    values.retain(|value| value.get("id").and_then(Value::as_str).is_none_or(|id| !deleted.contains(&id)));
    for added in objects(body, "added") {
        let definition_id = bound(added, "definition@odata.bind", "groupPolicyDefinitions")?;
        let definition = known(initial, "definition", &definition_id)?;
        let mut presented = Vec::new();
        for value in objects(added, "presentationValues") {
            let id = bound(value, "presentation@odata.bind", "presentations")?;
            let mut made = value.clone();
            made.remove("presentation@odata.bind");
            made.insert("id".to_owned(), new_id().into());
            made.insert("presentation".to_owned(), known(initial, "presentation", &id)?);
            presented.push(Value::Object(made));
        }
        let mut made = added.clone();
        made.remove("definition@odata.bind");
        made.insert("id".to_owned(), new_id().into());
        made.insert("definition".to_owned(), definition);
        made.insert("presentationValues".to_owned(), presented.into());
        values.push(Value::Object(made));
    }
    object.insert("definitionValues".to_owned(), json!(values));
    Ok(())
}

/// The id in `https://.../groupPolicyDefinitions('id')`.
fn bound(object: &Object, property: &str, list: &str) -> Result<String, GraphError> {
    let link = object.get(property).and_then(Value::as_str).unwrap_or_default();
    let id = link.rsplit_once(&format!("{list}('")).and_then(|(_, rest)| rest.strip_suffix("')"));
    id.map(str::to_owned).ok_or_else(|| refused(&format!("The property '{property}' leads nowhere.")))
}

fn known(initial: &Content, property: &str, id: &str) -> Result<Value, GraphError> {
    let policies = initial.list(Collection::GroupPolicyConfigurations).iter();
    let values = policies.flat_map(|policy| objects(policy, "definitionValues"));
    let found = match property {
        "definition" => values.filter_map(|value| value.get(property)).find(|one| one["id"] == id),
        _ => values
            .flat_map(|value| objects(value, "presentationValues"))
            .filter_map(|value| value.get(property))
            .find(|one| one["id"] == id),
    };
    found.cloned().ok_or_else(|| refused(&format!("The {property} '{id}' does not exist.")))
}

fn refused(message: &str) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "ModelValidationFailure", message)
}
