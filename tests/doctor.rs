//! What only looks leaves everything as it was, and a process that is asked to stop ends well at any time.

mod common;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::{Command, Output, Stdio},
};

use common::eventually;

fn program(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runledger"));
    command.args(arguments).env_remove("DATABASE_URL").env_remove("RUNLEDGER_SECRET_KEY");
    command.env("RUNLEDGER_DATA_DIR", folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn doctor(folder: &Path) -> Output {
    program(&["doctor"], folder).output().unwrap()
}

/// Every file with what is in it, but for what SQLite itself keeps beside its database while it is open.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let found = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = found.map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()));
    named.filter(|(name, _)| !name.ends_with("-wal") && !name.ends_with("-shm")).collect()
}

#[test]
fn the_doctor_makes_no_key_and_changes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let key = "33".repeat(32);
    let made = program(&["migrate"], folder.path()).env("RUNLEDGER_SECRET_KEY", key).output().unwrap();
    assert!(made.status.success());
    // Whoever closes the database last takes its log into it, the doctor as well.
    assert_eq!(doctor(folder.path()).status.code(), Some(0));
    let before = files(folder.path());
    assert_eq!(doctor(folder.path()).status.code(), Some(0));
    assert_eq!(files(folder.path()), before);
    assert!(!before.contains_key("secret.key"), "{:?}", before.keys());
}

#[test]
fn the_doctor_makes_no_database_of_what_is_none() {
    let folder = tempfile::tempdir().unwrap();
    File::create(folder.path().join("runledger.db")).unwrap();
    let told = doctor(folder.path());
    assert_eq!(told.status.code(), Some(4), "{}", String::from_utf8_lossy(&told.stderr));
    assert_eq!(files(folder.path()), BTreeMap::from([("runledger.db".to_owned(), Vec::new())]));
}

#[tokio::test]
async fn a_worker_that_is_still_starting_ends_with_0_when_it_is_asked_to_stop() {
    let folder = tempfile::tempdir().unwrap();
    // Somebody else starts and takes long.
    let lock = File::create(folder.path().join("start.lock")).unwrap();
    lock.lock().unwrap();
    let mut worker = program(&["worker"], folder.path()).spawn().unwrap();
    let open = format!("/proc/{}/fd", worker.id());
    eventually("it waits for its turn", async || {
        let mut files = fs::read_dir(&open).ok()?.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        files.any(|file| file.ends_with("start.lock")).then_some(())
    })
    .await;
    assert!(Command::new("kill").arg(worker.id().to_string()).status().unwrap().success());
    let code = eventually("it ends", async || worker.try_wait().unwrap()).await;
    assert_eq!(code.code(), Some(0));
}
