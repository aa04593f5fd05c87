//! Writes: creating, changing, replacing and deleting objects, and their actions. Strict where Graph is: what only the
//! service may set is refused, so that a client that sends it is found out.

use axum::body::Bytes;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::State as Shared;
use super::answer::GraphError;
use super::collection::Collection;
use super::content::{Content, Object, has_id, text};
use super::resource::{Action, Resource, Target};
use super::write_templates::update_definition_values;

/// Set by the service alone.
const READ_ONLY: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "modifiedDateTime",
    "version",
    "settingCount",
    "creationSource",
    "isAssigned",
    "deployedAppCount",
    "@odata.context",
    "assignments",
    "definitionValues",
];

/// What a good write answers.
pub struct Written {
    pub status: StatusCode,
    /// The object as it is now; none for 204.
    pub object: Option<Object>,
}

/// Does the write; the tenant's content changes whole or not at all.
pub fn write(
    shared: &Shared,
    tenant: &str,
    method: &Method,
    resource: &Resource,
    body: &Bytes,
) -> Result<Written, GraphError> {
    let body = match method.as_str() {
        "DELETE" => Object::new(),
        _ => match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => object,
            _ => return Err(GraphError::bad_request("Empty Payload. JSON content expected.")),
        },
    };
    // As the tenant began: its catalog of administrative templates.
    let initial = shared.store.initial(tenant);
    shared.store.change(tenant, |content| {
        let write = Write { shared, collection: resource.collection, kind: resource.kind, content, initial: &initial };
        match (method.as_str(), &resource.target) {
            ("POST", Target::List) => write.create(body),
            ("PATCH", Target::Item(id)) => write.patch(id, body),
            ("PUT", Target::Item(id)) => write.put(id, body),
            ("DELETE", Target::Item(id)) => write.delete(id),
            ("POST", Target::Action(id, action)) => write.act(id, *action, body),
            _ => Err(GraphError::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            )),
        }
    })
}

struct Write<'a> {
    shared: &'a Shared,
    collection: Collection,
    kind: Option<&'static str>,
    content: &'a mut Content,
    initial: &'a Content,
}

impl Write<'_> {
    fn create(self, body: Object) -> Result<Written, GraphError> {
        check_writable(&body)?;
        let name = text(&body, "displayName").or(text(&body, "name")).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| invalid("The property 'displayName' is required."))?.to_owned();
        // Most of Intune lets names repeat; filters do not.
        if self.collection == Collection::AssignmentFilters
            && self.content.list(self.collection).iter().any(|one| text(one, "displayName") == Some(&name))
        {
            let message = format!("An object named '{name}' exists already.");
            return Err(GraphError::new(StatusCode::CONFLICT, "nameAlreadyExists", message));
        }
        match self.collection {
            Collection::DeviceCompliancePolicies if !body.contains_key("scheduledActionsForRule") => {
                return Err(invalid("A compliance policy needs scheduledActionsForRule with an action to block."));
            }
            Collection::ConfigurationPolicies if !body.contains_key("settings") => {
                return Err(invalid("The property 'settings' is required."));
            }
            Collection::ConditionalAccessPolicies => self.check_groups_of_conditions(&body)?,
            _ => {}
        }
        let mut object = body;
        let (id, now) = (self.shared.clock.new_id().to_string(), self.now());
        object.insert("id".to_owned(), id.into());
        object.insert("createdDateTime".to_owned(), now.clone().into());
        object.insert(modified_name(self.collection).to_owned(), now.into());
        if let Some(kind) = self.kind {
            object.insert("@odata.type".to_owned(), kind.into());
        }
        if self.collection != Collection::ConditionalAccessPolicies {
            object.insert("version".to_owned(), 1.into());
            object.insert("assignments".to_owned(), json!([]));
        }
        count_settings(self.collection, &mut object);
        self.content.add(self.collection, object.clone());
        Ok(Written { status: StatusCode::CREATED, object: Some(object) })
    }

    fn patch(self, id: &str, body: Object) -> Result<Written, GraphError> {
        check_writable(&body)?;
        let refused = match self.collection {
            Collection::ConfigurationPolicies if body.contains_key("settings") => Some("settings"),
            Collection::DeviceCompliancePolicies if body.contains_key("scheduledActionsForRule") => {
                Some("scheduledActionsForRule")
            }
            _ => None,
        };
        if let Some(property) = refused {
            return Err(invalid(&format!("The property '{property}' cannot be updated with PATCH.")));
        }
        if self.collection == Collection::ConditionalAccessPolicies {
            self.check_groups_of_conditions(&body)?;
        }
        self.changed(id, |object| object.extend(body))
    }

    fn put(self, id: &str, body: Object) -> Result<Written, GraphError> {
        if self.collection != Collection::ConfigurationPolicies {
            let message = "Specified HTTP method is not allowed for the request target.";
            return Err(GraphError::new(StatusCode::METHOD_NOT_ALLOWED, "Request_BadRequest", message));
        }
        check_writable(&body)?;
        self.changed(id, |object| {
            object.retain(|name, _| READ_ONLY.contains(&name.as_str()));
            object.extend(body);
            count_settings(Collection::ConfigurationPolicies, object);
        })
    }

    fn delete(self, id: &str) -> Result<Written, GraphError> {
        let list = self.content.list_mut(self.collection);
        let place = list.iter().position(|object| has_id(object, id)).ok_or_else(|| GraphError::not_found(id))?;
        list.remove(place);
        Ok(Written { status: StatusCode::NO_CONTENT, object: None })
    }

    fn act(self, id: &str, action: Action, mut body: Object) -> Result<Written, GraphError> {
        match action {
            Action::Assign => {
                let Some(Value::Array(assignments)) = body.remove("assignments") else {
                    return Err(invalid("The parameter 'assignments' is required."));
                };
                let mut made = Vec::new();
                for (number, assignment) in assignments.into_iter().enumerate() {
                    let Some(target) = assignment.get("target").filter(|target| target.is_object()) else {
                        return Err(invalid("An assignment needs a target."));
                    };
                    if let Some(group) = target.get("groupId").and_then(Value::as_str) {
                        self.check_group(group)?;
                    }
                    made.push(
                        json!({"id": format!("{id}_{number}"), "source": "direct", "sourceId": id, "target": target}),
                    );
                }
                self.changed(id, |object| _ = object.insert("assignments".to_owned(), made.into()))
            }
            Action::ScheduleActions => {
                let Some(rules @ Value::Array(_)) = body.remove("deviceComplianceScheduledActionForRules") else {
                    return Err(invalid("The parameter 'deviceComplianceScheduledActionForRules' is required."));
                };
                self.changed(id, |object| _ = object.insert("scheduledActionsForRule".to_owned(), rules))
            }
            Action::UpdateDefinitionValues => {
                let (clock, initial) = (self.shared.clock.clone(), self.initial);
                let mut outcome = Ok(());
                let written = self.changed(id, |object| {
                    outcome = update_definition_values(object, &body, initial, || clock.new_id().to_string());
                })?;
                outcome.map(|()| written)
            }
        }
    }

    /// Changes an object as every write does: a new version, a new date.
    fn changed(self, id: &str, change: impl FnOnce(&mut Object)) -> Result<Written, GraphError> {
        let now = self.now();
        let of_kind = |object: &Object| self.kind.is_none_or(|kind| text(object, "@odata.type") == Some(kind));
        let mut objects = self.content.list_mut(self.collection).iter_mut();
        let object = objects.find(|object| has_id(object, id) && of_kind(object));
        let object = object.ok_or_else(|| GraphError::not_found(id))?;
        change(object);
        object.insert(modified_name(self.collection).to_owned(), now.into());
        if let Some(version) = object.get("version").and_then(Value::as_u64) {
            object.insert("version".to_owned(), (version + 1).into());
        }
        Ok(Written { status: StatusCode::OK, object: Some(object.clone()) })
    }

    fn check_groups_of_conditions(&self, body: &Object) -> Result<(), GraphError> {
        let users = body.get("conditions").and_then(|conditions| conditions.get("users"));
        for list in ["includeGroups", "excludeGroups"] {
            let groups = users.and_then(|users| users.get(list)?.as_array()).into_iter().flatten();
            for group in groups.filter_map(Value::as_str) {
                self.check_group(group)?;
            }
        }
        Ok(())
    }

    fn check_group(&self, id: &str) -> Result<(), GraphError> {
        match self.content.list(Collection::Groups).iter().any(|group| has_id(group, id)) {
            true => Ok(()),
            false => Err(invalid(&format!("The group '{id}' does not exist."))),
        }
    }

    fn now(&self) -> String {
        self.shared.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

fn check_writable(body: &Object) -> Result<(), GraphError> {
    match READ_ONLY.iter().find(|name| body.contains_key(**name)) {
        Some(name) => Err(invalid(&format!("The property '{name}' is read-only."))),
        None => Ok(()),
    }
}

fn invalid(message: &str) -> GraphError {
    GraphError::new(StatusCode::BAD_REQUEST, "ModelValidationFailure", message)
}

fn count_settings(collection: Collection, object: &mut Object) {
    if collection == Collection::ConfigurationPolicies {
        let count = object.get("settings").and_then(Value::as_array).map_or(0, Vec::len);
        object.insert("settingCount".to_owned(), count.into());
    }
}

fn modified_name(collection: Collection) -> &'static str {
    match collection {
        Collection::ConditionalAccessPolicies => "modifiedDateTime",
        _ => "lastModifiedDateTime",
    }
}
