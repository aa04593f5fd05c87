//! The Graph client against a server that answers what each test tells it to.

mod bad_answers;
mod batches;
mod fake;
mod items;
mod pages;
mod sign_in;
mod throttling;
