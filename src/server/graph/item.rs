//! One object of a list: who it is, and what Graph said of it.

use serde_json::Value;

use super::GraphError;
use crate::model::run::RunFailure;

/// What tells an object from others: its id within tenant and family; name and type across tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemIdentity {
    pub id: String,
    /// Its `displayName`, else its `name`; empty when it has neither.
    pub name: String,
    /// Its `@odata.type` without `#microsoft.graph.`; lists of one type leave it out.
    pub odata_type: Option<String>,
}

impl ItemIdentity {
    /// # Errors
    /// `incomplete_data` for what is no object or has no id.
    pub fn read(item: &Value) -> Result<Self, GraphError> {
        let text = |name: &str| item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let id = text("id").ok_or_else(|| GraphError::incomplete("An item has no id."))?;
        if id.contains('\0') {
            return Err(GraphError::incomplete("An item has an id that cannot be one."));
        }
        // JSON may hold a NUL in a text, a database's text may not.
        let plain = |text: &str| text.replace('\0', "\u{fffd}");
        Ok(Self {
            id: id.to_owned(),
            name: plain(text("displayName").or(text("name")).unwrap_or_default()),
            odata_type: text("@odata.type").map(|kind| plain(kind.trim_start_matches("#microsoft.graph."))),
        })
    }
}

/// An object that was read whole.
#[derive(Debug, Clone)]
pub struct Item {
    pub identity: ItemIdentity,
    /// The body as Graph gave it, with the expanded lists complete.
    pub body: Value,
}

/// An object that is there but could not be read whole.
#[derive(Debug, Clone)]
pub struct FailedItem {
    /// Absent for an item without an id.
    pub identity: Option<ItemIdentity>,
    pub error: GraphError,
}

impl FailedItem {
    /// The failure under the item's name, or its id where it has none.
    pub fn failure(&self) -> RunFailure {
        let item = self.identity.as_ref().map(|who| if who.name.is_empty() { &who.id } else { &who.name });
        self.error.failure(item.map(String::as_str))
    }
}
