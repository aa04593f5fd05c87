//! Parts of the page on where notifications go.

pub mod destination_form;
pub mod destinations;
mod edit_form;
mod events;
pub mod log;
