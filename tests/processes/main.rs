//! The built program as several processes on one database: they share work and events, one of them is killed, asked to
//! stop, or refuses to start.

#[path = "../common/mod.rs"]
mod common;

mod killed;
mod refusing;
mod repairing;
mod sharing;
mod stopping;
