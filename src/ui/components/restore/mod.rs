//! Parts of the pages of restores.

pub mod actions;
pub mod badges;
pub mod confirm;
pub mod facts;
pub mod groups;
pub mod items;
pub mod steps;
pub mod table;
