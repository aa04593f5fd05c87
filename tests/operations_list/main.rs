//! The operations list as its address filters it: what it shows, what it costs, and what of it can be downloaded.

#[path = "../common/mod.rs"]
mod common;
mod explain;
mod exports;
mod http;
mod idle;
mod live;
mod plans;
mod reasons;
mod semantics;
mod table;
mod world;
