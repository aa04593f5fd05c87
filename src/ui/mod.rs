//! What people see. Pages own resources, components take data and never fetch, the URL owns the filters.

pub mod clock;
pub mod components;
pub mod context;
pub mod live;
pub mod pages;
pub mod rows;
pub mod starting;
pub mod throttle;
pub mod timeline;
pub mod words;
