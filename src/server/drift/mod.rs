//! Drift: what differs between two states of a tenant's policies, and what people decide about it.

mod assignments;
pub mod baseline;
mod compare;
mod contents;
mod draft;
mod generate;
mod matching;
mod page;
mod path;
mod severity;
mod triage;
mod view;
mod writing;

pub use assignments::{AssignmentChanges, By, Names, compare_assignments};
pub use compare::compare;
pub use generate::generate;
pub use triage::decide;
pub use view::{finding, list, overview};
