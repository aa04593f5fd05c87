//! Reads a zip back into a set. The file comes from a person: nothing in it is believed before it was checked, nothing
//! is unpacked beyond its limits, and no name in it is ever used as a path.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use zip::ZipArchive;

use super::{Entry, FORMAT, MANIFEST, Manifest, VERSION};
use crate::{
    model::backup::{LoadRefusal, PolicyKey},
    server::{
        backup::policy_family,
        db::backup_items::BackupItem,
        graph::{ItemIdentity, content_hash, is_storable, normalize},
    },
};

/// How many policies a file may hold.
const MOST_POLICIES: usize = 20_000;
/// How many bytes one file of the zip, the manifest and all of them together may unpack to.
const LARGEST_POLICY: u64 = 16 * 1024 * 1024;
const LARGEST_MANIFEST: u64 = 64 * 1024 * 1024;
const LARGEST_WHOLE: u64 = 2 * 1024 * 1024 * 1024;
/// How many values a policy may hold: a text of nothing but small ones takes a hundred times its size in memory.
const MOST_VALUES: usize = 500_000;
/// The end record of a zip with the longest comment. Source: PKWARE APPNOTE 4.3.16.
const END_RECORD: usize = 22;
const LONGEST_COMMENT: usize = 65_535;
const END_SIGNATURE: &[u8] = b"PK\x05\x06";

/// Reads the file on a thread of its own. First comes the name that the set had; then, in `items`, its policies one by
/// one. The result says whether that was all: what came before a refusal is to be forgotten.
pub fn load(
    file: File,
    items: mpsc::Sender<BackupItem>,
) -> Result<(String, impl FnOnce() -> Result<(), LoadRefusal> + Send + 'static), LoadRefusal> {
    let mut archive = open(file)?;
    let manifest = manifest(&mut archive)?;
    let name = manifest.name;
    let entries = listed(&archive, manifest.policies)?;
    Ok((name, move || {
        let mut left = LARGEST_WHOLE;
        for entry in entries {
            let bytes = unpack(&mut archive, &entry.file, LARGEST_POLICY.min(left))?;
            left -= bytes.len() as u64;
            if items.blocking_send(checked(entry, &bytes)?).is_err() {
                // Whoever stores them has failed, and says so itself.
                return Ok(());
            }
        }
        Ok(())
    }))
}

fn open(mut file: File) -> Result<ZipArchive<File>, LoadRefusal> {
    check_end_record(&mut file)?;
    ZipArchive::new(file).map_err(|_| LoadRefusal::NoZip)
}

/// Refuses a file that says it holds too much before anything makes room for it.
fn check_end_record(file: &mut File) -> Result<(), LoadRefusal> {
    let read_tail = |file: &mut File| -> io::Result<Vec<u8>> {
        let length = file.seek(SeekFrom::End(0))?;
        let tail = length.min((END_RECORD + LONGEST_COMMENT) as u64);
        file.seek(SeekFrom::Start(length - tail))?;
        let mut bytes = Vec::new();
        file.take(tail).read_to_end(&mut bytes)?;
        file.rewind()?;
        Ok(bytes)
    };
    let tail = read_tail(file).map_err(|_| LoadRefusal::NoZip)?;
    let mut found = false;
    for record in tail.windows(END_RECORD).filter(|window| window.starts_with(END_SIGNATURE)) {
        found = true;
        let entries = usize::from(u16::from_le_bytes([record[10], record[11]]));
        if entries > MOST_POLICIES + 1 {
            return Err(LoadRefusal::TooMany);
        }
    }
    if found { Ok(()) } else { Err(LoadRefusal::NoZip) }
}

fn manifest(archive: &mut ZipArchive<File>) -> Result<Manifest, LoadRefusal> {
    let bytes = match unpack(archive, MANIFEST, LARGEST_MANIFEST) {
        Err(LoadRefusal::Absent) => return Err(LoadRefusal::NoManifest),
        other => other?,
    };
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| LoadRefusal::NoManifest)?;
    if value.get("format") != Some(&json!(FORMAT)) {
        return Err(LoadRefusal::NoManifest);
    }
    if value.get("version") != Some(&json!(VERSION)) {
        return Err(LoadRefusal::OtherVersion);
    }
    serde_json::from_value(value).map_err(|_| LoadRefusal::NoManifest)
}

/// The manifest's entries, when they and the files in the zip are the same.
fn listed(archive: &ZipArchive<File>, entries: Vec<Entry>) -> Result<Vec<Entry>, LoadRefusal> {
    match entries.len() {
        0 => return Err(LoadRefusal::Empty),
        1..=MOST_POLICIES => {}
        _ => return Err(LoadRefusal::TooMany),
    }
    let mut files: HashMap<&str, bool> = archive
        .file_names()
        .filter(|name| *name != MANIFEST && !name.ends_with('/'))
        .map(|name| (name, false))
        .collect();
    let mut keys = HashSet::new();
    for entry in &entries {
        let taken = files.get_mut(entry.file.as_str()).ok_or(LoadRefusal::Absent)?;
        if std::mem::replace(taken, true) || !keys.insert((&entry.family, &entry.graph_id)) {
            return Err(LoadRefusal::Changed);
        }
    }
    if files.values().all(|taken| *taken) { Ok(entries) } else { Err(LoadRefusal::Unlisted) }
}

/// One file of the zip, unpacked up to a limit, whatever the zip says of its size.
fn unpack(archive: &mut ZipArchive<File>, name: &str, most: u64) -> Result<Vec<u8>, LoadRefusal> {
    let file = archive.by_name(name).map_err(|error| match error {
        zip::result::ZipError::FileNotFound => LoadRefusal::Absent,
        _ => LoadRefusal::NoZip,
    })?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|_| LoadRefusal::NoZip)?;
    if bytes.len() as u64 > most { Err(LoadRefusal::Unpacked) } else { Ok(bytes) }
}

/// The policy, when it is one and is what the manifest says.
fn checked(entry: Entry, bytes: &[u8]) -> Result<BackupItem, LoadRefusal> {
    policy_family(&entry.family).ok_or(LoadRefusal::NoPolicy)?;
    if hex::encode(Sha256::digest(bytes)) != entry.sha256 {
        return Err(LoadRefusal::Changed);
    }
    if bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count() > MOST_VALUES {
        return Err(LoadRefusal::Unpacked);
    }
    let raw: Value = serde_json::from_slice(bytes).map_err(|_| LoadRefusal::NoPolicy)?;
    let identity = ItemIdentity::read(&raw).map_err(|_| LoadRefusal::NoPolicy)?;
    let words = json!([entry.family, entry.graph_id, entry.group_names]);
    if !is_storable(&raw) || !is_storable(&words) {
        return Err(LoadRefusal::NoPolicy);
    }
    if identity.id != entry.graph_id || content_hash(&raw) != entry.content_hash {
        return Err(LoadRefusal::Changed);
    }
    Ok(BackupItem {
        key: PolicyKey { family: entry.family, graph_id: entry.graph_id },
        name: identity.name,
        odata_type: identity.odata_type,
        body: normalize(&raw),
        assignments: raw.get("assignments").cloned().unwrap_or_else(|| json!([])),
        group_names: entry.group_names,
        content_hash: entry.content_hash,
        raw,
        run_id: None,
        captured_at: entry.captured_at,
    })
}
