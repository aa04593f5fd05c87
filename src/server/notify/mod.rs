//! Notifications: what people are told of runs and schedules, written with the change that they tell of.

mod inbox;
mod listener;

pub use inbox::InboxService;
pub use listener::TellPeople;
