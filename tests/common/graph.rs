//! The Graph simulator over HTTP, and the product's jobs pointed at it.
