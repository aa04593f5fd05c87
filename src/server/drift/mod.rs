//! Drift: what differs between two states of a tenant's policies.

mod compare;
mod path;

pub use compare::compare;
