//! Parts of the pages of backup sets.

pub mod choose_form;
pub mod delete_set;
pub mod missing;
pub mod policy_filter;
pub mod policy_table;
pub mod restore_form;
pub mod set_badge;
pub mod set_facts;
pub mod set_table;
