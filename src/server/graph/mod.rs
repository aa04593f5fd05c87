//! The client of Microsoft Graph. Its wire types stay here.

mod assignments;
mod batch;
mod capture;
mod client;
mod delta;
mod details;
mod envelope;
mod error;
mod expanded;
mod family;
mod groups;
mod implied_type;
mod item;
mod lists;
mod normalize;
mod page;
mod retry;
mod secret;
mod settings;
mod throttle;
mod token;
mod wire;

pub use assignments::Assignments;
pub use capture::{POLICY_FAMILIES, is_storable, named_groups};
pub use client::GraphClient;
pub use delta::{DeltaPage, DeltaPages};
pub use error::GraphError;
pub use family::{ApiVersion, Family, ListRequest};
pub use groups::{GROUPS_QUERY, GroupChange, groups_delta};
pub use item::{FailedItem, Item, ItemIdentity};
pub use normalize::{content_hash, definition, hash_of_normal, is_set, normalize};
pub use page::{Page, Pages};
pub use retry::{Delay, Jitter, RetryPolicy};
pub use secret::Secret;
pub use settings::{GraphLimits, GraphSettings};
