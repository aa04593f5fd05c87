//! Server functions: the only seam between the user interface and the server.

pub mod notifications;
pub mod groups;
pub mod operations;
pub mod session;
