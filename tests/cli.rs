//! The program as scripts use it: its commands, its JSON and its exit codes.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_runledger");

/// A data directory with a simulator of a small tenant; processes end with the test.
struct Place {
    folder: TempDir,
    children: Vec<Child>,
    graph_url: String,
}

impl Place {
    /// A tenant of two filters and one Conditional Access policy; the right secret is "right".
    fn new(faults: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let graph = folder.path().join("graph");
        fs::create_dir_all(graph.join("Filters")).unwrap();
        let filter = |name: &str| json!({ "displayName": name, "platform": "iOS", "rule": "(device.model -eq \"x\")" });
        fs::write(graph.join("Filters/two.json"), json!({ "filters": [filter("a"), filter("b")] }).to_string())
            .unwrap();
        fs::create_dir(graph.join("ConditionalAccess")).unwrap();
        let policy = json!({ "displayName": "Block", "state": "enabled", "conditions": {}, "grantControls": {} });
        fs::write(graph.join("ConditionalAccess/Block.json"), policy.to_string()).unwrap();

        let mut command = Command::new(PROGRAM);
        command.args(["simulate-graph", "--addr", "127.0.0.1:0", "--client-secret", "right", "--data"]).arg(&graph);
        for fault in faults {
            command.args(["--fault", fault]);
        }
        let mut simulator = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(simulator.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let graph_url = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { folder, children: vec![simulator], graph_url }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env("RUNLEDGER_DATA_DIR", self.data())
            .env("RUNLEDGER_ALLOW_PRIVATE_ADDRESSES", "true");
        command
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn add_tenant(&self, secret: &str) {
        let arguments = [
            "tenant",
            "add",
            "contoso",
            "--name",
            "Contoso",
            "--directory-id",
            "d",
            "--client-id",
            "c",
            "--graph-url",
            &self.graph_url,
            "--authority",
            &self.graph_url,
        ];
        let added = self.run_with(&arguments, &format!("{secret}\n"));
        assert!(added.status.success(), "{added:?}");
    }

    fn start_worker(&mut self) {
        let worker = self.command(&["worker"]).stderr(Stdio::null()).spawn().unwrap();
        self.children.push(worker);
    }

    fn sync(&self) -> (Option<i32>, Value) {
        let output = self.run(&["run", "start", "contoso", "inventory.sync", "--wait", "--json"]);
        let answer = serde_json::from_slice(&output.stdout);
        (output.status.code(), answer.unwrap_or_else(|_| panic!("no JSON: {output:?}")))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_script_starts_a_sync_and_waits_for_its_outcome() {
    let mut place = Place::new(&[]);
    place.add_tenant("right");
    let queued = place.run(&["run", "start", "contoso", "inventory.sync", "--json"]);
    let queued: Value = serde_json::from_slice(&queued.stdout).unwrap();
    assert_eq!((&queued["status"], &queued["created"]), (&json!("queued"), &json!(true)));

    place.start_worker();
    let (code, joined) = place.sync();
    assert_eq!(code, Some(0));
    assert_eq!((&joined["id"], &joined["created"]), (&queued["id"], &json!(false)));
    assert_eq!(joined["outcome"], "succeeded");
    assert_eq!(joined["summary_counts"]["total"], 3);
    assert_eq!(joined["summary_counts"]["created"], 3);

    let (code, again) = place.sync();
    assert_eq!((code, &again["created"], &again["summary_counts"]["unchanged"]), (Some(0), &json!(true), &json!(3)));

    let list: Value = serde_json::from_slice(&place.run(&["run", "list", "contoso", "--json"]).stdout).unwrap();
    assert_eq!(list.as_array().map(Vec::len), Some(2));
    assert_eq!(list[0]["id"], again["id"], "newest first");
    let id = again["id"].as_str().unwrap();
    let shown: Value = serde_json::from_slice(&place.run(&["run", "show", id, "--json"]).stdout).unwrap();
    assert_eq!((&shown["type"], &shown["status"]), (&json!("inventory.sync"), &json!("completed")));

    let pruned = place.run(&["prune", "--older-than", "0"]);
    assert!(String::from_utf8_lossy(&pruned.stdout).starts_with("Removed 2 runs"), "{pruned:?}");
    let list: Value = serde_json::from_slice(&place.run(&["run", "list", "contoso", "--json"]).stdout).unwrap();
    assert_eq!(list, json!([]));
}

#[test]
fn the_exit_code_tells_failed_and_partially_succeeded() {
    let mut place = Place::new(&["forbidden:assignmentFilters"]);
    place.add_tenant("wrong");
    place.start_worker();
    let (code, failed) = place.sync();
    assert_eq!(
        (code, &failed["outcome"], &failed["failures"][0]["code"]),
        (Some(1), &json!("failed"), &json!("auth_failed"))
    );
    place.add_tenant("right");
    let (code, partly) = place.sync();
    assert_eq!((code, &partly["outcome"]), (Some(2), &json!("partially_succeeded")));
    assert_eq!(partly["failures"][0]["code"], "permission_denied");
}

#[test]
fn a_worker_that_is_asked_to_stop_ends_well() {
    let place = Place::new(&[]);
    let mut worker = place.command(&["worker"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(worker.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("working")), "the worker starts");
    Command::new("kill").arg(worker.id().to_string()).status().unwrap();
    assert!(lines.any(|line| line.unwrap().contains("stopped")), "the worker says that it stops");
    assert_eq!(worker.wait().unwrap().code(), Some(0));
}

#[test]
fn mistakes_are_answered_with_a_sentence() {
    let place = Place::new(&[]);
    place.add_tenant("right");
    let nameless = ["tenant", "add", "acme", "--name", " ", "--directory-id", "d", "--client-id", "c"];
    let cases: [(&[&str], &str, &str); 13] = [
        (&nameless, "x", "a tenant needs a name"),
        (&["user", "add", "@", "--name", "A"], "long enough password", "needs an e-mail address"),
        (&["prune", "--older-than", "4294967295"], "", "36500"),
        (&["migrate", "--database-connections", "0"], "", "1..=1000"),
        (&["run", "start", "nowhere", "inventory.sync"], "", "there is no tenant nowhere"),
        (&["run", "start", "contoso", "inventory.sync", "--input", "{"], "", "--input is not JSON"),
        (&["run", "start", "contoso", "inventory.sync", "--input", "{\"a\":1}"], "", "takes no input"),
        (&["run", "start", "contoso", "no.such"], "", "is no operation type"),
        (&["run", "show", "01a20928-c782-7212-aa80-2b1d05d5643e"], "", "there is no run"),
        (&["user", "add", "a@b.example", "--name", "A"], "short", "at least 10 characters"),
        (&["user", "add", "a@b.example", "--name", "A"], "", "standard input"),
        (&["user", "grant", "nobody@b.example", "contoso", "owner"], "", "there is no user"),
        (
            &["tenant", "add", "Bad Slug", "--name", "B", "--directory-id", "d", "--client-id", "c"],
            "x",
            "small letters",
        ),
    ];
    for (arguments, input, sentence) in cases {
        let output = place.run_with(arguments, input);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said.contains(sentence), "{arguments:?} said: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_database_that_cannot_be_used_is_named() {
    let place = Place::new(&[]);
    fs::create_dir_all(place.data()).unwrap();
    fs::write(place.data().join("runledger.db"), "this is no database, it is a text of some length".repeat(40))
        .unwrap();
    let said = place.run(&["migrate"]);
    assert!(!said.status.success());
    assert!(String::from_utf8_lossy(&said.stderr).contains("runledger.db"), "{said:?}");

    let said = place.command(&["migrate"]).env("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:1/x").output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && text.contains("PostgreSQL") && !text.contains("hunter2"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_database_that_only_reads_is_refused_at_start() {
    use std::os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    };
    const NOBODY: u32 = 65_534;
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let place = Place::new(&[]);
    assert!(place.run(&["migrate"]).status.success());
    let file = place.data().join("runledger.db");
    allow(place.folder.path(), 0o755);
    allow(&place.data(), 0o777);
    allow(&place.data().join("start.lock"), 0o666);
    allow(&file, 0o444);
    // Permissions do not stop root, who may build where nobody else may look.
    let program = place.folder.path().join("runledger");
    fs::hard_link(PROGRAM, &program).or_else(|_| fs::copy(PROGRAM, &program).map(drop)).unwrap();
    let mut worker = Command::new(program);
    worker.arg("worker").env_remove("DATABASE_URL").env("RUNLEDGER_DATA_DIR", place.data()).current_dir("/");
    if fs::metadata(&file).unwrap().uid() == 0 {
        worker.uid(NOBODY);
    }
    let said = worker.output().unwrap();
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && text.contains("runledger.db") && text.contains("readonly"), "{text}");
}

#[test]
fn secrets_are_not_in_the_database_in_the_clear() {
    let place = Place::new(&[]);
    place.add_tenant("a-very-secret-word");
    for entry in fs::read_dir(place.data()).unwrap() {
        let path = entry.unwrap().path();
        assert!(!contains(&path, b"a-very-secret-word"), "{}", path.display());
    }
}

fn contains(path: &Path, word: &[u8]) -> bool {
    fs::read(path).unwrap().windows(word.len()).any(|window| window == word)
}
