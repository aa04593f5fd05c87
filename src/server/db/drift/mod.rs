//! SQL of drift: the policies on both sides of a comparison, the findings, and what people see of them.

pub mod findings;
pub mod list;
pub mod sides;
pub mod snapshots;
