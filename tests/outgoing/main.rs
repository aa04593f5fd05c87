//! Notifications that leave Runledger: once each, signed, tried again, and only where the tenant wants them.

#[path = "../common/mod.rs"]
mod common;

mod page;
mod sending;
mod support;
