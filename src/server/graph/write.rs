//! Writes: creating and changing policies. What creates is never blindly repeated: after an answer that leaves open
//! whether it was done, the caller looks for the policy by its name first.

use reqwest::Url;
use serde_json::{Value, json};

use super::{
    ApiVersion, Family, GraphClient, GraphError, ItemIdentity, ListRequest,
    client::Repeat,
    payload::{Purpose, definition_values, scheduled_actions, writable},
};
use crate::model::reason::ReasonCode;

/// Why a policy was not created, or perhaps was.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CreateError {
    /// Graph said no: there is no such policy.
    #[error(transparent)]
    Refused(GraphError),
    /// No answer, or one of a gateway: it may be there. Look for it by its name.
    #[error(transparent)]
    Unknown(GraphError),
}

/// A policy of a list, as far as its name is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPolicy {
    pub identity: ItemIdentity,
    /// What tells policies of the settings catalog apart beside their name: the technologies and the template.
    pub kind: String,
}

impl NamedPolicy {
    pub fn read(body: &Value) -> Result<Self, GraphError> {
        let text = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let kind = format!("{} {}", text("/technologies"), text("/templateReference/templateId"));
        Ok(Self { identity: ItemIdentity::read(body)?, kind })
    }

    /// Whether both would be called the same policy in two tenants.
    pub fn is_same(&self, other: &Self) -> bool {
        let types = match (&self.identity.odata_type, &other.identity.odata_type) {
            (Some(ours), Some(theirs)) => ours == theirs,
            // A list of one type leaves it out.
            _ => true,
        };
        self.identity.name == other.identity.name && self.kind == other.kind && types
    }
}

impl GraphClient {
    /// Every policy of a family by name: to look for one that has another id here.
    pub async fn named_policies(&self, family: Family) -> Result<Vec<NamedPolicy>, GraphError> {
        let request = ListRequest {
            version: family.version(),
            path: family.path().to_owned(),
            query: None,
            with_settings: false,
        };
        let mut pages = self.list(&request);
        let mut named = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page?.items {
                named.push(NamedPolicy::read(&item.map_err(|failed| failed.error)?.body)?);
            }
        }
        Ok(named)
    }

    /// The ids of the groups with this display name.
    pub async fn groups_named(&self, name: &str) -> Result<Vec<String>, GraphError> {
        let quoted = name.replace('\'', "''");
        let filter: String =
            url::form_urlencoded::byte_serialize(format!("displayName eq '{quoted}'").as_bytes()).collect();
        let query = format!("$filter={}", filter.replace('+', "%20"));
        let request = ListRequest {
            version: ApiVersion::V1,
            path: "groups".to_owned(),
            query: Some(query),
            with_settings: false,
        };
        let mut pages = self.list(&request);
        let mut ids = Vec::new();
        while let Some(page) = pages.next().await {
            for item in page?.items {
                ids.push(item.map_err(|failed| failed.error)?.identity.id);
            }
        }
        Ok(ids)
    }

    /// Creates the policy of a body as Graph once gave it; its new id. Its values and assignments are set apart.
    pub async fn create_policy(&self, family: Family, raw: &Value) -> Result<String, CreateError> {
        let url = self.collection(family, raw, &[]).map_err(CreateError::Refused)?;
        let body = writable(family, raw, Purpose::Create);
        let made = self.exchange(&url, Repeat::WhenRefused, |http| http.post(url.clone()).json(&body)).await;
        match made {
            Ok(made) => ItemIdentity::read(&made).map(|identity| identity.id).map_err(CreateError::Unknown),
            Err(error) if is_open(&error) => Err(CreateError::Unknown(error)),
            Err(error) => Err(CreateError::Refused(error)),
        }
    }

    /// Changes a policy to what a body says: whole for the settings catalog, else by its properties.
    pub async fn update_policy(&self, family: Family, id: &str, raw: &Value) -> Result<(), GraphError> {
        let url = self.collection(family, raw, &[id])?;
        let body = writable(family, raw, Purpose::Update);
        let request = |http: &reqwest::Client| match family {
            Family::ConfigurationPolicies => http.put(url.clone()).json(&body),
            _ => http.patch(url.clone()).json(&body),
        };
        self.exchange(&url, Repeat::Freely, request).await?;
        if family == Family::DeviceCompliancePolicies
            && let Some(actions) = scheduled_actions(raw)
        {
            self.act(family, raw, &[id, "scheduleActionsForRules"], &actions).await?;
        }
        Ok(())
    }

    /// Sets the values of an administrative template, in place of those that it has. For other policies nothing.
    pub async fn set_definition_values(&self, family: Family, id: &str, raw: &Value) -> Result<(), GraphError> {
        if family != Family::GroupPolicyConfigurations {
            return Ok(());
        }
        let now = self.capture(family, id).await?;
        let values = now.body.get("definitionValues").and_then(Value::as_array).into_iter().flatten();
        let old: Vec<String> = values.filter_map(|value| Some(value.get("id")?.as_str()?.to_owned())).collect();
        let graph = self.list_url(&ListRequest {
            version: family.version(),
            path: String::new(),
            query: None,
            with_settings: false,
        })?;
        let body = definition_values(raw, graph.as_str().trim_end_matches('/'), &old);
        self.act(family, raw, &[id, "updateDefinitionValues"], &body).await
    }

    /// Replaces all assignments of a policy.
    pub async fn assign_policy(
        &self,
        family: Family,
        id: &str,
        raw: &Value,
        targets: &[Value],
    ) -> Result<(), GraphError> {
        let assignments: Vec<Value> = targets.iter().map(|target| json!({ "target": target })).collect();
        self.act(family, raw, &[id, "assign"], &json!({ "assignments": assignments })).await
    }

    /// An action that comes to the same however often it is done.
    async fn act(&self, family: Family, raw: &Value, below: &[&str], body: &Value) -> Result<(), GraphError> {
        let url = self.collection(family, raw, below)?;
        self.exchange(&url, Repeat::Freely, |http| http.post(url.clone()).json(body)).await.map(drop)
    }

    fn collection(&self, family: Family, raw: &Value, below: &[&str]) -> Result<Url, GraphError> {
        let kind = raw.get("@odata.type").and_then(Value::as_str);
        let path = family.collection_of(kind).ok_or_else(|| GraphError::new(ReasonCode::InvalidPayload))?;
        self.item_url(family, &path, below, None).ok_or_else(|| GraphError::new(ReasonCode::Network))
    }
}

/// Whether the error leaves open if the request was done.
fn is_open(error: &GraphError) -> bool {
    match error.http_status {
        Some(status) => matches!(status, 408 | 500..),
        None => matches!(error.reason, ReasonCode::Timeout | ReasonCode::Network | ReasonCode::IncompleteData),
    }
}
