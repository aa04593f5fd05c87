//! Server functions: the only seam between the user interface and the server.

pub mod audit;
pub mod backups;
pub mod drift;
pub mod groups;
pub mod items;
pub mod notifications;
pub mod operations;
pub mod outgoing;
pub mod restores;
pub mod schedules;
pub mod session;
