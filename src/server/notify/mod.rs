//! Notifications: what people are told of runs and schedules, written with the change that they tell of.

mod inbox;
mod late;
mod listener;
pub mod outgoing;

pub use inbox::InboxService;
pub use late::tell_late;
pub use listener::TellPeople;
