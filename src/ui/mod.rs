//! What people see. Pages own resources, components take data and never fetch, the URL owns the filters.

pub mod capture;
pub mod clock;
pub mod components;
pub mod context;
pub mod inbox;
pub mod json_tree;
pub mod links;
pub mod live;
pub mod pages;
pub mod phases;
pub mod rows;
pub mod run_overlay;
pub mod starting;
pub mod theme;
pub mod throttle;
pub mod timeline;
pub mod toast_stack;
pub mod words;
