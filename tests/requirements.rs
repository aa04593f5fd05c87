//! `docs/requirements.md` names tests that exist, and says when each requirement was last walked through by hand.

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

/// Whether what stands between backticks is a test: `file: test`, of a browser test with its title.
fn exists(name: &str) -> bool {
    let Some((file, test)) = name.split_once(": ") else { return false };
    if file.starts_with("end2end/") {
        let text = read(file);
        // A title with a changing part is named as it stands in the file.
        return [format!("test(\"{test}\""), format!("test(`{test}`")].iter().any(|call| text.contains(call));
    }
    let text = read(&format!("tests/{file}.rs")) + &read(&format!("src/{file}.rs"));
    let Some((before, _)) = text.split_once(&format!("fn {test}(")) else { return false };
    // Right before it stands that it is a test, or it stands in a list of tests for both engines.
    let mut attributes =
        before.trim_end_matches("async ").lines().rev().map(str::trim).skip_while(|line| line.is_empty());
    attributes.by_ref().take_while(|line| line.starts_with("#[")).any(|line| line.contains("test"))
        || before.contains("on_both_engines! {")
}

/// A day, or a dash where nobody has walked through it since it was last changed.
fn is_day(text: &str) -> bool {
    text == "-" || text.get(..10).is_some_and(|day| day.parse::<chrono::NaiveDate>().is_ok())
}

#[test]
fn each_requirement_names_tests_that_exist_and_the_day_it_was_walked_through() {
    let text = read("docs/requirements.md");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "the list is read");
    for row in rows {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let names: Vec<&str> = columns[2].split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "nothing shows this: {row}");
        for name in names {
            assert!(exists(name), "there is no test {name}");
        }
        assert!(is_day(columns[3]), "when was this walked through? {row}");
    }
}

#[test]
fn what_is_no_test_is_not_taken_for_one() {
    assert!(exists("requirements: what_is_no_test_is_not_taken_for_one"));
    for name in [
        "requirements: exists",
        "requirements: there_is_no_such_test",
        "end2end/tests/operations.spec.ts",
        "end2end/tests/operations.spec.ts: there is no such test",
    ] {
        assert!(!exists(name), "{name}");
    }
}
