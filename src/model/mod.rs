//! Types that the server and the browser share. No I/O, no clock, no randomness.

pub mod backup;
pub mod choice;
pub mod comparison;
pub mod counts;
pub mod cron;
pub mod directory_group;
pub mod drift;
pub mod filter;
pub mod filter_note;
pub mod finding_filter;
pub mod ids;
pub mod listing;
pub mod moment;
pub mod notification;
pub mod operation;
pub mod page;
pub mod query;
pub mod reason;
pub mod run;
pub mod run_search;
pub mod schedule;
pub mod table;
pub mod text_enum;
pub mod theme;
pub mod time;
pub mod user;
