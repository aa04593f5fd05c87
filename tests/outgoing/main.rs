//! Notifications that leave Runledger: once each, signed, tried again, and only where the tenant wants them.

#[path = "../common/mod.rs"]
mod common;

mod limits;
mod page;
mod secrets;
mod sending;
mod support;
