//! `drift.generate` end to end, and what people see of it and decide.

#[path = "../common/mod.rs"]
mod common;

mod across_tenants;
mod attempts;
mod baselines;
mod findings;
mod identity;
mod real;
mod support;
mod synced;
mod triage;
