//! `docs/requirements.md` names tests that exist.

use std::{fs, path::Path};

/// Whether what stands between backticks is a test: a file of browser tests, or `file: test`.
fn exists(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match name.split_once(": ") {
        None => root.join(name).is_file(),
        Some((file, test)) => {
            let text = fs::read_to_string(root.join(format!("tests/{file}.rs"))).unwrap_or_default();
            text.contains(&format!("fn {test}("))
        }
    }
}

#[test]
fn each_requirement_names_tests_that_exist() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/requirements.md")).unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "the list is read");
    for row in rows {
        let shown_by = row.split('|').nth(2).unwrap_or_default();
        let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "nothing shows this: {row}");
        for name in names {
            assert!(exists(name), "there is no test {name}");
        }
    }
}
