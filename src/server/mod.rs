//! Everything that runs only on the server.

pub mod cli;
pub mod clock;
pub mod graph;
pub mod net;
pub mod redact;
pub mod simulator;
