//! A JSON value as a tree to fold and to search. Pure: the view only draws it.

use serde_json::Value;

/// Branches are open down to this depth while nobody searches.
const OPEN_DEPTH: usize = 2;
/// So many children of a branch are drawn; what follows is counted.
const DRAWN: usize = 200;

/// One value with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The key in an object; none in an array and at the root.
    pub key: Option<String>,
    pub body: Body,
    /// Whether the search finds its own name or value.
    pub hit: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A scalar as JSON writes it, and the class of its colour.
    Leaf {
        text: String,
        class: &'static str,
    },
    Branch(Branch),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// `{}` or `[]`
    pub brackets: [&'static str; 2],
    pub children: Vec<Node>,
    /// How many children there are, drawn or not.
    pub count: usize,
    pub open: bool,
}

/// The tree of a value. With words to search for, only what leads to a hit is open.
pub fn tree(value: &Value, search: &str) -> Node {
    node(None, value, &search.trim().to_lowercase(), 0)
}

/// How many names and values the search finds.
pub fn hits(node: &Node) -> usize {
    let below = match &node.body {
        Body::Leaf { .. } => 0,
        Body::Branch(branch) => branch.children.iter().map(hits).sum(),
    };
    below + usize::from(node.hit)
}

fn node(key: Option<String>, value: &Value, search: &str, depth: usize) -> Node {
    let named = key.as_deref().is_some_and(|key| contains(key, search));
    let (body, valued) = match value {
        Value::Object(fields) => {
            let children = fields.iter().map(|(key, value)| node(Some(key.clone()), value, search, depth + 1));
            (branch(["{", "}"], children, search, depth), false)
        }
        Value::Array(items) => {
            let children = items.iter().map(|value| node(None, value, search, depth + 1));
            (branch(["[", "]"], children, search, depth), false)
        }
        scalar => {
            let found = contains(&scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned), search);
            (Body::Leaf { text: scalar.to_string(), class: class(scalar) }, found)
        }
    };
    Node { key, body, hit: named || valued }
}

fn branch(brackets: [&'static str; 2], all: impl Iterator<Item = Node>, search: &str, depth: usize) -> Body {
    let mut children: Vec<Node> = all.collect();
    let count = children.len();
    let open = if search.is_empty() { depth < OPEN_DEPTH } else { children.iter().any(|child| hits(child) > 0) };
    if !search.is_empty() {
        // Long branches show what was asked for first.
        children.sort_by_key(|child| hits(child) == 0);
    }
    children.truncate(DRAWN);
    Body::Branch(Branch { brackets, children, count, open })
}

fn contains(text: &str, search: &str) -> bool {
    !search.is_empty() && text.to_lowercase().contains(search)
}

const fn class(scalar: &Value) -> &'static str {
    match scalar {
        Value::String(_) => "json-text",
        Value::Number(_) => "json-number",
        _ => "json-word",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn branch_of(node: &Node) -> &Branch {
        match &node.body {
            Body::Branch(branch) => branch,
            Body::Leaf { .. } => panic!("a leaf has no children"),
        }
    }

    #[test]
    fn a_tree_is_open_at_the_top_and_folded_below() {
        let root = tree(&json!({"inputs": {"families": ["compliance"]}, "sample": true}), "");
        let inputs = &branch_of(&root).children[0];
        assert!(branch_of(&root).open && branch_of(inputs).open);
        assert!(!branch_of(&branch_of(inputs).children[0]).open);
        assert_eq!(hits(&root), 0);
    }

    #[test]
    fn a_search_opens_what_leads_to_its_hits_and_counts_them() {
        let value = json!({"a": {"Policy": {"name": "x"}}, "b": {"c": "the policy"}, "d": {"e": 1}});
        let root = tree(&value, " POLICY ");
        assert_eq!(hits(&root), 2);
        let open: Vec<bool> = branch_of(&root).children.iter().map(|child| branch_of(child).open).collect();
        assert_eq!(open, [true, true, false]);
    }

    #[test]
    fn a_search_finds_numbers_and_words_and_not_the_quotes() {
        let value = json!([12, true, null, "\"quoted\""]);
        assert_eq!(["12", "true", "null", "quoted"].map(|search| hits(&tree(&value, search))), [1; 4]);
        assert_eq!(hits(&tree(&json!(["plain"]), "\"")), 0);
    }

    #[test]
    fn a_long_list_is_cut_and_a_search_brings_its_hit_to_the_front() {
        let value = json!((0..1000).collect::<Vec<u32>>());
        let whole = tree(&value, "");
        assert_eq!((branch_of(&whole).children.len(), branch_of(&whole).count), (DRAWN, 1000));
        let found = tree(&value, "999");
        assert!(branch_of(&found).children[0].hit);
    }
}
