//! Parts of the page on where notifications go.

pub mod destination_form;
pub mod destinations;
pub mod log;
