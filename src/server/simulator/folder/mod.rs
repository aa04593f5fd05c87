//! Reads a folder of Intune JSON, templates and exports alike, into the content of a tenant.

mod by_context;
mod by_name;
mod by_shape;
mod by_type;
mod complete;
mod parse;
mod unpack;
mod walk;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::collection::Collection;
use super::content::{Content, Object};

/// Why the simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("the data folder {} cannot be read: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    /// All files with a problem, so that one try shows them all.
    #[error("{}", listed(.0))]
    Files(Vec<FileProblem>),
}

#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct FileProblem {
    pub path: PathBuf,
    pub reason: String,
}

fn listed(problems: &[FileProblem]) -> String {
    problems.iter().fold("the data folder has files that cannot be served:".to_owned(), |mut text, problem| {
        // Writing to a string does not fail.
        let _ = write!(text, "\n  {problem}");
        text
    })
}

/// An object with what helps to tell what it is.
struct Found {
    object: Object,
    /// `@odata.context` of the list it came in.
    list_context: Option<String>,
    /// Its folder, its file and, within the file, its list: nearest first.
    names: Vec<String>,
}

pub fn read(folder: &Path) -> Result<Content, SimulatorError> {
    let mut content = Content::default();
    let mut completer = complete::Completer::default();
    let mut problems = Vec::new();
    for file in walk::json_files(folder)? {
        let objects = match parse::file(&file.path).and_then(|json| unpack::objects(json, &file.names)) {
            Ok(objects) => objects,
            Err(reason) => {
                problems.push(FileProblem { path: file.path, reason });
                continue;
            }
        };
        for (index, found) in objects.into_iter().enumerate() {
            match classify(&found) {
                Some(collection) => {
                    let object = completer.complete(collection, found.object, &format!("{}#{index}", file.label));
                    content.add(collection, object);
                }
                None => problems.push(FileProblem { path: file.path.clone(), reason: unknown(index, &found.object) }),
            }
        }
    }
    if problems.is_empty() { Ok(content) } else { Err(SimulatorError::Files(problems)) }
}

/// What an object says of itself counts more than where it was found.
fn classify(found: &Found) -> Option<Collection> {
    by_type::collection(&found.object)
        .or_else(|| by_context::collection(&found.object, found.list_context.as_deref()))
        .or_else(|| by_shape::collection(&found.object))
        .or_else(|| by_name::collection(&found.names))
}

fn unknown(index: usize, object: &Object) -> String {
    let kind = super::content::text(object, "@odata.type").unwrap_or("without @odata.type");
    let properties: Vec<&str> = object.keys().take(6).map(String::as_str).collect();
    format!(
        "object {} ({kind}; {}) belongs to no collection that the simulator serves",
        index + 1,
        properties.join(", ")
    )
}
