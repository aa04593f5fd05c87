//! Building blocks of pages: they take data and never fetch.

pub mod badge;
pub mod comparison;
pub mod copy_button;
pub mod detail;
pub mod error_panel;
pub mod frame;
pub mod icon;
pub mod live_mark;
pub mod logo;
pub mod menu;
pub mod notice;
pub mod page_header;
pub mod pager;
pub mod person_menu;
pub mod progress_cell;
pub mod run_duration;
pub mod run_row;
pub mod run_table;
pub mod skeleton;
pub mod start_band;
pub mod start_button;
pub mod tenant_menu;
pub mod theme_switch;
pub mod toast;
pub mod when;
