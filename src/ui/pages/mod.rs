//! One screen a file.

pub mod groups;
pub mod home;
pub mod layout;
pub mod login;
pub mod not_found;
pub mod notification_settings;
pub mod notifications;
pub mod operations;
pub mod run;
pub mod run_dialog;
pub mod run_screen;
