//! A backup set as a file: a zip of JSON in Graph's own form, one folder a family, one file a policy, and a manifest
//! that lists them with their hashes. `simulate-graph --data` reads the unpacked folder.

mod read;
mod write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use self::{read::load, write::export};
use crate::server::{db::backup_items::GroupNames, graph::Family};

/// The largest file that is taken, in bytes.
pub const LARGEST_FILE: usize = 128 * 1024 * 1024;
const MANIFEST: &str = "manifest.json";
const FORMAT: &str = "runledger-backup";
const VERSION: u32 = 1;

/// What is in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: String,
    version: u32,
    name: String,
    /// The tenant that it was captured from.
    tenant: String,
    exported_at: DateTime<Utc>,
    policies: Vec<Entry>,
}

/// One policy in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    /// Its name in the zip. It is looked up there and never used as a path.
    file: String,
    family: String,
    graph_id: String,
    name: String,
    captured_at: DateTime<Utc>,
    /// Of the normal form: the same for policies that mean the same.
    content_hash: String,
    /// Of the file's bytes, assignments included.
    sha256: String,
    group_names: GroupNames,
}

/// The folder of a family: the last segment of its path, where that says something.
fn folder(family: Family) -> &'static str {
    match family {
        Family::ConditionalAccessPolicies => "conditionalAccess",
        family => family.path().rsplit('/').next().unwrap_or_default(),
    }
}

/// A policy's name and id as part of a file's name: letters, digits and what no file system minds.
fn plain(text: &str, most: usize) -> String {
    let kept = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let plain: String = text.chars().map(|letter| if kept(letter) { letter } else { '_' }).take(most).collect();
    plain.trim().to_owned()
}

/// The name of a set's file.
pub fn file_name(set_name: &str) -> String {
    format!("{}.zip", Some(plain(set_name, 80)).filter(|name| !name.is_empty()).as_deref().unwrap_or("backup"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_on_every_file_system() {
        assert_eq!(plain("../../etc/passwd", 80), "______etc_passwd");
        assert_eq!(plain(" Win - OIB: \u{e9}t\u{e9} ", 80), "Win - OIB_ _t_");
        assert_eq!(plain(&"x".repeat(300), 80).len(), 80);
        assert_eq!(file_name("\"; rm -rf"), "__ rm -rf.zip");
        assert_eq!(file_name(" "), "backup.zip");
    }
}
