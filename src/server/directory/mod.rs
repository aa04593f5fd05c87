//! The directory's groups: taking changes in, and the page that shows them.

mod page;
mod take;

pub use page::page;
pub use take::{Tally, Writer};
