//! Everything that runs only on the server.

pub mod auth;
pub mod boot;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod db;
pub mod demo;
pub mod directory;
pub mod drift;
pub mod error;
pub mod graph;
pub mod jobs;
pub mod live;
pub mod net;
pub mod notify;
pub mod redact;
pub mod router;
pub mod runs;
pub mod secrets;
pub mod seed;
pub mod simulator;
pub mod start;
pub mod state;
pub mod telemetry;
pub mod worker;
