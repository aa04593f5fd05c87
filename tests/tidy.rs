//! The rules of the source: what may import what, where the halves part, how long a file may be.

use std::{
    fs,
    path::{Path, PathBuf},
};

const LONGEST: usize = 300;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::from(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found
}

/// The code without the unit tests at its end.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// Asserts that no file below `folder` mentions one of these, `except` in the named files.
fn never(folder: &str, forbidden: &[&str], except: &[&str]) {
    for (path, text) in sources(folder) {
        let name = path.to_string_lossy();
        if except.iter().any(|allowed| name.ends_with(allowed)) {
            continue;
        }
        for (number, line) in code(&text).lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            for word in forbidden {
                assert!(comment || !line.contains(word), "{name}:{}: `{word}` does not belong here", number + 1);
            }
        }
    }
}

#[test]
fn files_stay_short() {
    for folder in ["src", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST, "{} has {lines} lines, more than {LONGEST}", path.display());
        }
    }
}

/// The sheets become one: a class that two of them mean differently changes both of their pages.
#[test]
fn a_class_is_defined_in_one_style_sheet() {
    let mut owners = std::collections::HashMap::new();
    for entry in std::fs::read_dir("style").unwrap() {
        let path = entry.unwrap().path();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let name = line.strip_prefix('.').map(|line| line.trim_end_matches(['{', ',', ' ']));
            let Some(name) = name.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)))
            else {
                continue;
            };
            let owner = owners.entry(name.to_owned()).or_insert_with(|| path.clone());
            assert_eq!(*owner, path, ".{name} is defined twice");
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (path, text) in sources("src") {
        assert!(text.starts_with("//!"), "{} does not open with //!", path.display());
    }
}

#[test]
fn the_halves_part_in_three_places_only() {
    let gate = ["cfg(feature = \"ssr\")", "cfg(not(feature = \"ssr\"))", "cfg(feature = \"hydrate\")"];
    for folder in ["src/api", "src/ui", "src/server"] {
        never(folder, &gate, &[]);
    }
    for file in ["src/app.rs", "src/error.rs"] {
        assert!(Path::new(file).exists());
        never(file, &gate, &[]);
    }
}

#[test]
fn imports_point_down() {
    never("src/model", &["crate::api", "crate::ui", "crate::server", "crate::app", "leptos"], &[]);
    never("src/ui", &["crate::server", "sqlx", "axum"], &[]);
    never("src/api", &["crate::ui", "crate::app", "sqlx"], &[]);
    let services = [
        "server::runs",
        "server::jobs",
        "server::graph",
        "server::live",
        "server::auth",
        "server::router",
        "server::connections",
        "server::start",
        "server::boot",
        "server::cli",
    ];
    never("src/server/db", &services, &[]);
    never("src/server/graph", &["server::db", "server::runs", "server::jobs", "server::live", "server::auth"], &[]);
    never("src/server/simulator", &["server::graph", "server::db", "server::runs", "server::jobs"], &[]);
    never("src/server/runs", &["server::jobs", "server::auth", "server::router", "server::cli"], &[]);
    never("src/server/jobs", &["server::router", "server::auth", "server::cli", "axum", "leptos"], &[]);
}

#[test]
fn a_restore_knows_nothing_of_the_ledger() {
    never("src/server/restore", &["server::runs", "server::jobs", "runs::", "jobs::", "OperationRun"], &[]);
}

#[test]
fn sql_stays_in_the_database_layer() {
    let sql = ["sqlx::query", "query_as(", "QueryBuilder", "SELECT ", "INSERT INTO", "DELETE FROM"];
    for folder in ["src/server/jobs", "src/server/auth", "src/server/live", "src/server/cli", "src/server/demo"] {
        never(folder, &sql, &[]);
    }
}

#[test]
fn both_engines_have_the_same_migrations() {
    let names = |engine: &str| {
        let mut names: Vec<_> = fs::read_dir(format!("migrations/{engine}"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn the_lock_file_holds_one_sqlx_and_one_sqlite() {
    let lock = fs::read_to_string("Cargo.lock").unwrap();
    for package in ["sqlx", "sqlx-core", "libsqlite3-sys"] {
        assert_eq!(lock.matches(&format!("name = \"{package}\"\n")).count(), 1, "{package}");
    }
}
