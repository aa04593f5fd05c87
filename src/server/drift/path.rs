//! The words that lead to a place within a policy: readable, and the same from one comparison to the next.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// A longer name of a list's element is cut, and told apart by a piece of its hash.
const LONGEST_ELEMENT: usize = 120;

/// A path as it grows on the way down.
#[derive(Default)]
pub(super) struct Path(String);

impl Path {
    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn back_to(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// A property of an object.
    pub fn property(&mut self, name: &str) {
        if is_plain(name) {
            if !self.0.is_empty() {
                self.0.push('.');
            }
            self.0.push_str(name);
        } else {
            self.element(&Value::from(name).to_string());
        }
    }

    /// An element of a list, by its place.
    pub fn index(&mut self, index: usize) {
        self.element(&index.to_string());
    }

    /// An element of a list, by what tells it from the others; `nth` counts those that share it, from 0.
    pub fn key(&mut self, key: &str, nth: usize) {
        let quoted = key.is_empty()
            || key.bytes().all(|byte| byte.is_ascii_digit())
            || key.chars().any(|c| matches!(c, '[' | ']' | '"') || c.is_control());
        let key = if quoted { Value::from(key).to_string() } else { key.to_owned() };
        let key = shortened(&key);
        match nth {
            0 => self.element(&key),
            _ => self.element(&format!("{key} #{}", nth + 1)),
        }
    }

    fn element(&mut self, text: &str) {
        self.0.push('[');
        self.0.push_str(text);
        self.0.push(']');
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '.' | '[' | ']' | '"');
    name == "@odata.type" || (!name.is_empty() && name.chars().all(plain))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_ELEMENT {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_ELEMENT - 12).collect();
    let hash = hex::encode(Sha256::digest(text));
    format!("{start}\u{2026} {}", &hash[..8])
}
