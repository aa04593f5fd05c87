//! What people see. Pages own resources, components take data and never fetch, the URL owns the filters.

pub mod announcer;
pub mod audit_words;
pub mod capture;
pub mod clock;
pub mod components;
pub mod context;
pub mod drift_words;
pub mod filter_words;
pub mod inbox;
pub mod json_tree;
pub mod links;
pub mod live;
pub mod live_list;
pub mod pages;
pub mod phases;
pub mod reader;
pub mod restore_words;
pub mod rows;
pub mod run_overlay;
pub mod shortcuts;
pub mod starting;
pub mod theme;
pub mod throttle;
pub mod timeline;
pub mod toast_stack;
pub mod words;
