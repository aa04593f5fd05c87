//! The JSON files of a folder and all folders in it, in an order that does not depend on the machine.

use std::io;
use std::path::{Path, PathBuf};

use super::SimulatorError;

/// Not Graph objects: written beside exports by the tools that make them, to map ids between tenants or to list what is
/// there (Runledger's own backup sets).
const TOOL_FILES: &[&str] = &["migrationtable.json", "manifest.json"];

pub struct JsonFile {
    pub path: PathBuf,
    /// The path from the data folder with `/`, the same on every machine: ids are made from it.
    pub label: String,
    /// The file's name without its ending, then its folders from the inside out.
    pub names: Vec<String>,
}

pub fn json_files(root: &Path) -> Result<Vec<JsonFile>, SimulatorError> {
    let mut files = Vec::new();
    // The folder's own name may be the only hint.
    let root_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    let outer: Vec<String> = root_name.into_iter().collect();
    visit(root, &mut Vec::new(), &outer, &mut files)?;
    files.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(files)
}

fn visit(
    folder: &Path,
    inner: &mut Vec<String>,
    outer: &[String],
    files: &mut Vec<JsonFile>,
) -> Result<(), SimulatorError> {
    let failed = |source: io::Error| SimulatorError::Folder { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        // Hidden entries belong to tools such as git and editors.
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            inner.push(name);
            visit(&entry.path(), inner, outer, files)?;
            inner.pop();
        } else if let Some(stem) = json_stem(&name) {
            let label = inner.iter().chain([&name]).map(String::as_str).collect::<Vec<_>>().join("/");
            let folders = inner.iter().rev().chain(outer).cloned();
            let names = std::iter::once(stem.to_owned()).chain(folders).collect();
            files.push(JsonFile { path: entry.path(), label, names });
        }
    }
    Ok(())
}

fn json_stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    let lower = name.to_ascii_lowercase();
    (ending.eq_ignore_ascii_case("json") && !TOOL_FILES.contains(&lower.as_str())).then_some(stem)
}
