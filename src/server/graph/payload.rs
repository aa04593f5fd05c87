//! What of a policy's body may be sent back to Graph.

use serde_json::{Map, Value, json};

use super::Family;

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Create,
    Update,
}

/// Set by the service. Source: the property tables of Graph's resource types, and what Graph answers to them.
const READ_ONLY: [&str; 14] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "supportsScopeTags",
    "settingCount",
    "creationSource",
    "priorityMetaData",
    "isAssigned",
    "deployedAppCount",
    "lastSyncDateTime",
    "assignments",
    "definitionValues",
];

/// The body without what the service sets, links and annotations of an answer.
pub fn writable(family: Family, raw: &Value, purpose: Purpose) -> Value {
    let mut body = without_annotations(raw);
    let Some(fields) = body.as_object_mut() else { return body };
    fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    match (family, purpose) {
        // A PATCH does not take them: they have an action of their own.
        (Family::DeviceCompliancePolicies, Purpose::Update) => _ = fields.remove("scheduledActionsForRule"),
        (Family::DeviceCompliancePolicies, Purpose::Create) => {
            if let Some(rules) = fields.get_mut("scheduledActionsForRule") {
                remove_ids(rules);
            }
        }
        // Says which template it was made of; only the service knows.
        (Family::ConditionalAccessPolicies, _) => _ = fields.remove("templateId"),
        _ => {}
    }
    body
}

/// The actions for noncompliance, as the action that sets them takes them.
pub(super) fn scheduled_actions(raw: &Value) -> Option<Value> {
    let mut rules = without_annotations(raw.get("scheduledActionsForRule")?);
    remove_ids(&mut rules);
    Some(json!({ "deviceComplianceScheduledActionForRules": rules }))
}

/// The values of an administrative template, as the action that sets them takes them, in place of those with the ids.
pub(super) fn definition_values(raw: &Value, graph: &str, replaced: &[String]) -> Value {
    let values = raw.get("definitionValues").and_then(Value::as_array).into_iter().flatten();
    let added: Vec<Value> = values.filter_map(|value| definition_value(value, graph)).collect();
    json!({ "added": added, "updated": [], "deletedIds": replaced })
}

fn definition_value(value: &Value, graph: &str) -> Option<Value> {
    let definition = value.pointer("/definition/id")?.as_str()?;
    let definition = format!("{graph}/deviceManagement/groupPolicyDefinitions('{definition}')");
    let presented = value.get("presentationValues").and_then(Value::as_array).into_iter().flatten();
    let presented: Vec<Value> = presented
        .filter_map(|one| {
            let id = one.pointer("/presentation/id")?.as_str()?;
            let mut body = bare(one, &["presentation"]);
            body.insert("presentation@odata.bind".to_owned(), format!("{definition}/presentations('{id}')").into());
            Some(Value::Object(body))
        })
        .collect();
    let mut body = bare(value, &["definition", "presentationValues"]);
    body.insert("definition@odata.bind".to_owned(), definition.into());
    body.insert("presentationValues".to_owned(), presented.into());
    Some(Value::Object(body))
}

fn bare(value: &Value, without: &[&str]) -> Map<String, Value> {
    let mut body = without_annotations(value).as_object().cloned().unwrap_or_default();
    body.retain(|name, _| !READ_ONLY.contains(&name.as_str()) && !without.contains(&name.as_str()));
    body
}

/// Why the policy cannot be written back as it is; none when it can.
pub fn unwritable(family: Family, raw: &Value) -> Option<&'static str> {
    let secret = |setting: &Value| setting.get("isEncrypted") == Some(&Value::Bool(true));
    if raw.get("omaSettings").and_then(Value::as_array).is_some_and(|settings| settings.iter().any(secret)) {
        return Some(
            "It holds encrypted values, which Microsoft Graph does not give out, so they are not in the backup.",
        );
    }
    let kind = raw.get("@odata.type").and_then(Value::as_str);
    family.collection_of(kind).is_none().then_some("Policies of this type cannot be written through Microsoft Graph.")
}

fn remove_ids(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(remove_ids),
        Value::Object(fields) => {
            fields.remove("id");
            fields.values_mut().for_each(remove_ids);
        }
        _ => {}
    }
}

/// Without contexts, links and actions, at every level; an object's own type stays.
fn without_annotations(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_annotations).collect(),
        Value::Object(fields) => {
            let kept = |name: &str| match name.split_once('@') {
                Some(("", "odata.type")) => true,
                Some((_, annotation)) => annotation == "odata.bind",
                None => !name.starts_with('#'),
            };
            fields.iter().filter(|(name, _)| kept(name)).map(|(k, v)| (k.clone(), without_annotations(v))).collect()
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_sets_is_not_sent_back() {
        let raw = json!({
            "@odata.context": "x", "@odata.type": "#microsoft.graph.iosCompliancePolicy", "id": "1", "version": 3,
            "displayName": "A", "assignments": [], "assignments@odata.context": "x", "#assign": {},
            "settings@odata.nextLink": "x",
            "scheduledActionsForRule": [{"id": "2", "scheduledActionConfigurations": [{"id": "3", "actionType": "block"}]}],
        });
        let update = writable(Family::DeviceCompliancePolicies, &raw, Purpose::Update);
        assert_eq!(update, json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "A"}));
        let create = writable(Family::DeviceCompliancePolicies, &raw, Purpose::Create);
        let actions = json!([{"scheduledActionConfigurations": [{"actionType": "block"}]}]);
        assert_eq!(create["scheduledActionsForRule"], actions);
    }

    #[test]
    fn a_template_value_names_its_definition_by_a_link() {
        let raw = json!({"definitionValues": [{
            "id": "1", "enabled": true, "definition": {"id": "d"},
            "presentationValues": [{"id": "2", "value": 5, "presentation": {"id": "p"}}],
        }]});
        let sent = definition_values(&raw, "https://graph/beta", &["old".to_owned()]);
        let link = "https://graph/beta/deviceManagement/groupPolicyDefinitions('d')";
        assert_eq!(sent["added"][0]["definition@odata.bind"], link);
        assert_eq!(
            sent["added"][0]["presentationValues"][0],
            json!({
                "value": 5, "presentation@odata.bind": format!("{link}/presentations('p')"),
            })
        );
        assert_eq!(sent["deletedIds"], json!(["old"]));
    }

    #[test]
    fn encrypted_values_and_types_without_a_collection_cannot_be_written() {
        let secret = json!({"omaSettings": [{"isEncrypted": true}]});
        assert!(unwritable(Family::DeviceConfigurations, &secret).is_some());
        assert!(unwritable(Family::DeviceConfigurations, &json!({})).is_none());
        assert!(unwritable(Family::ManagedAppPolicies, &json!({"@odata.type": "#microsoft.graph.unicorn"})).is_some());
    }
}
