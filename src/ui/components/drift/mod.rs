//! The parts of the drift pages.

mod badges;
mod decide;
mod empty;
mod filter;
mod generate;
mod groups;
mod history;
mod last;

pub use badges::{SeverityBadge, StateLabel};
pub use decide::{Decide, DecideSelected};
pub use empty::NoFindings;
pub use filter::FindingFilterForm;
pub use generate::GenerateForm;
pub use groups::Findings;
pub use history::FindingHistory;
pub use last::LastComparisonLine;
