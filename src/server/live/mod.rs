//! Live changes: after a commit they are coalesced and sent to the viewers of the tenant, on this node and, through
//! PostgreSQL's NOTIFY, on the others.

mod cancel;
mod hub;
mod nodes;
mod people;
pub mod stream;
mod wake;

pub use cancel::CancelWatch;
pub use hub::Hub;
