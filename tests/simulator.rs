//! The Graph simulator over HTTP: sign-in, paging, errors, faults, and content from a folder.

#[path = "simulator/content.rs"]
mod content;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/reading.rs"]
mod reading;
#[path = "simulator/sign_in.rs"]
mod sign_in;
#[path = "simulator/support.rs"]
mod support;
