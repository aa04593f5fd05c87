//! Zip files in memory, and the form that sends one.

use std::io::{Cursor, Read, Write};

use reqwest::{RequestBuilder, header};
use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

/// The form as a browser sends it.
pub fn with_form(request: RequestBuilder, name: &str, file: Option<&[u8]>) -> RequestBuilder {
    let mut body = format!("--edge\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n").into_bytes();
    if let Some(file) = file {
        body.extend(b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"set.zip\"\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge").body(body)
}

/// The files of a zip by name.
pub fn unzip(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|index| {
            let mut file = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().to_owned(), content)
        })
        .collect()
}

pub fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn manifest(files: &mut [(String, Vec<u8>)], change: impl FnOnce(&mut Value)) {
    let (_, bytes) = files.iter_mut().find(|(name, _)| name == "manifest.json").unwrap();
    let mut value = serde_json::from_slice(bytes).unwrap();
    change(&mut value);
    *bytes = serde_json::to_vec(&value).unwrap();
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
