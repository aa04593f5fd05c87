//! One screen a file.

pub mod audit;
pub mod backup_load;
pub mod backup_new;
pub mod backup_set;
pub mod backups;
pub mod drift;
pub mod finding;
pub mod groups;
pub mod home;
pub mod items;
pub mod layout;
pub mod login;
pub mod not_found;
pub mod notification_settings;
pub mod notifications;
pub mod operations;
pub mod operations_list;
pub mod outgoing;
pub mod parts;
pub mod policy;
pub mod restore;
pub mod restores;
pub mod run;
pub mod run_dialog;
pub mod run_screen;
pub mod schedules;
