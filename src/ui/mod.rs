//! What people see. Pages own resources, components take data and never fetch, the URL owns the filters.

pub mod components;
pub mod pages;
