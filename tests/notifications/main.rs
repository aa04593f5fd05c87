//! What people are told: once each, only what is theirs to know, on every device at once.

#[path = "../common/mod.rs"]
mod common;

mod ends;
mod inbox;
mod live;
mod once;
mod settings;
mod support;
