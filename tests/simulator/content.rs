//! Content from a folder: encodings, wrappers, what an object is, ids, and files that are refused.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use runledger::server::simulator::{Collection, Simulator, SimulatorError, SimulatorOptions};
use serde_json::{Value, json};

use super::support::{Running, catalog_policy};

fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
    std::fs::write(path, bytes).expect("a new file");
}

fn load(folder: &Path) -> Result<Simulator, SimulatorError> {
    Simulator::new(SimulatorOptions { data: Some(folder.to_owned()), ..Default::default() })
}

/// The collections that hold something.
fn summary(folder: &Path) -> BTreeMap<Collection, usize> {
    let mut summary = load(folder).expect("a good folder").content_summary();
    summary.retain(|_, count| *count > 0);
    summary
}

#[tokio::test]
async fn files_are_read_in_every_encoding_that_exports_have() {
    let folder = tempfile::tempdir().expect("a folder");
    let text =
        |name: &str| json!({"@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": name}).to_string();
    let utf16 = |name: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{}", text(name)).encode_utf16().flat_map(unit).collect()
    };
    write(folder.path(), "a.json", text("Größe plain"));
    write(folder.path(), "b.json", format!("\u{feff}{}", text("Größe mark")));
    write(folder.path(), "c.json", utf16("Größe little", u16::to_le_bytes));
    write(folder.path(), "d.JSON", utf16("Größe big", u16::to_be_bytes));
    write(folder.path(), "LICENSE", "not JSON");
    write(folder.path(), "README.md", "not JSON");
    let running = Running::with_data(folder.path()).await;
    let caller = running.sign_in("contoso").await;
    let (policies, _) = caller.all("v1.0/deviceManagement/deviceCompliancePolicies").await;
    let names: Vec<&str> = policies.iter().filter_map(|policy| policy["displayName"].as_str()).collect();
    assert_eq!(names, ["Größe plain", "Größe mark", "Größe little", "Größe big"]);
}

#[test]
fn an_object_is_known_by_type_context_shape_or_name_in_this_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let typed = |kind: &str| json!({"@odata.type": format!("#microsoft.graph.{kind}"), "displayName": "x"});
    let cases = [
        ("groups/1.json", typed("iosManagedAppProtection"), Collection::ManagedAppPolicies),
        ("groups/2.json", typed("windowsUpdateForBusinessConfiguration"), Collection::DeviceConfigurations),
        ("groups/3.json", typed("win32LobApp"), Collection::MobileApps),
        (
            "groups/4.json",
            typed("windows10EnrollmentCompletionPageConfiguration"),
            Collection::EnrollmentConfigurations,
        ),
        ("groups/5.json", typed("groupPolicyConfiguration"), Collection::GroupPolicyConfigurations),
        ("groups/6.json", typed("azureADWindowsAutopilotDeploymentProfile"), Collection::AutopilotProfiles),
        ("groups/7.json", typed("windowsFeatureUpdateProfile"), Collection::FeatureUpdateProfiles),
        (
            "groups/8.json",
            json!({"@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceManagement/intents/$entity"}),
            Collection::Intents,
        ),
        ("groups/9.json", catalog_policy("x", 2), Collection::ConfigurationPolicies),
        ("groups/10.json", json!({"scriptContent": "", "displayName": "x"}), Collection::DeviceManagementScripts),
        ("filters.json", json!({"items": [{"rule": "r", "platform": "iOS"}]}), Collection::AssignmentFilters),
        ("any/1.json", json!([{"conditions": {}, "grantControls": {}}]), Collection::ConditionalAccessPolicies),
        ("Dynamic Groups/1.json", json!({"displayName": "only a name"}), Collection::Groups),
        (
            "any/2.json",
            json!({
                "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#deviceManagement/deviceCompliancePolicies",
                "value": [{"displayName": "x"}],
            }),
            Collection::DeviceCompliancePolicies,
        ),
    ];
    let expected: BTreeMap<Collection, usize> = cases.iter().map(|(_, _, collection)| (*collection, 1)).collect();
    for (path, json, _) in &cases {
        write(folder.path(), path, json.to_string());
    }
    assert_eq!(summary(folder.path()), expected);
}

#[tokio::test]
async fn what_a_file_lacks_is_made_up_the_same_every_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut twin = catalog_policy("with an id", 30);
    twin["id"] = "A608896C-de15-4f5e-ae7a-0e23fb53b1bc".into();
    twin["createdDateTime"] = "2024-08-30T10:16:37.2662981Z".into();
    write(folder.path(), "1/policies.json", json!([twin, catalog_policy("without", 3)]).to_string());
    write(folder.path(), "2/policies.json", twin.to_string());
    let mut answers = Vec::new();
    for tenant in ["contoso", "fabrikam"] {
        let running = Running::with_data(folder.path()).await;
        let caller = running.sign_in(tenant).await;
        answers.push(caller.all("beta/deviceManagement/configurationPolicies?$expand=settings").await.0);
    }
    let without_links = |policies: &[Value]| -> Vec<Value> {
        let mut policies = policies.to_vec();
        policies.iter_mut().filter_map(Value::as_object_mut).for_each(|one| {
            one.remove("settings@odata.nextLink");
        });
        policies
    };
    assert_eq!(without_links(&answers[0]), without_links(&answers[1]));
    let ids: HashSet<&str> = answers[0].iter().filter_map(|policy| policy["id"].as_str()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains("A608896C-de15-4f5e-ae7a-0e23fb53b1bc"));
    assert_eq!(answers[0][0]["settingCount"], 30);
    assert_eq!(answers[0][0]["createdDateTime"], "2024-08-30T10:16:37.2662981Z");
    assert_eq!(answers[0][0]["settings"].as_array().map(Vec::len), Some(25));
    assert!(answers[0][1]["lastModifiedDateTime"].is_string());
}

#[test]
fn files_that_cannot_be_served_are_all_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "good.json", catalog_policy("x", 1).to_string());
    write(folder.path(), "riddle.json", json!({"displayName": "what am I"}).to_string());
    write(folder.path(), "half.json", "{\"displayName\": ");
    write(folder.path(), "deep/odd.json", [0xff, 0xfe, 0x7b]);
    let error = load(folder.path()).err().expect("a refusal");
    let SimulatorError::Files(problems) = &error else { panic!("{error}") };
    assert_eq!(problems.len(), 3);
    for file in ["riddle.json", "half.json", "odd.json"] {
        assert!(error.to_string().contains(file), "{error}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = load(Path::new("/no/such/folder")).err().expect("a refusal");
    assert!(error.to_string().contains("/no/such/folder"), "{error}");
}

/// Real exports and templates, where they lie beside the project.
fn real_data() -> Option<PathBuf> {
    let named = std::env::var_os("RUNLEDGER_GRAPH_DATA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/graph-data");
    named.or(Some(beside)).filter(|folder| folder.is_dir())
}

/// The collection of the files in a folder of this name; two Linux templates among the compliance policies are
/// settings catalog policies.
fn expected_collection(folder: &str, file: &str) -> Collection {
    match folder {
        "Compliance" if file.starts_with("Linux") => Collection::ConfigurationPolicies,
        "Compliance" | "deviceCompliancePolicies" => Collection::DeviceCompliancePolicies,
        "configurationPolicies" | "configurationPolicies-nativeimport" => Collection::ConfigurationPolicies,
        "AppProtection" => Collection::ManagedAppPolicies,
        "ConditionalAccess" => Collection::ConditionalAccessPolicies,
        "DynamicGroups" => Collection::Groups,
        "Filters" => Collection::AssignmentFilters,
        "Enrollment" if file.contains("ESP") => Collection::EnrollmentConfigurations,
        "Enrollment" => Collection::AutopilotProfiles,
        _ => panic!("the folder {folder} is new: say what is in it"),
    }
}

/// How many objects the files hold, by their folders' names and without reading what an object is.
fn count_files(folder: &Path, counts: &mut BTreeMap<Collection, usize>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            count_files(&path, counts);
        } else if name.ends_with(".json") {
            let holder = folder.file_name().expect("a name").to_string_lossy().into_owned();
            let collection = expected_collection(&holder, &name);
            let is_wrapper = matches!(collection, Collection::Groups | Collection::AssignmentFilters);
            let objects = if is_wrapper {
                let json: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
                let list = json["groups"].as_array().or(json["filters"].as_array()).expect("a list");
                list.len()
            } else {
                1
            };
            *counts.entry(collection).or_default() += objects;
        }
    }
}

#[test]
fn real_exports_and_templates_are_all_found() {
    let Some(folder) = real_data() else { return };
    let mut expected = BTreeMap::new();
    count_files(&folder, &mut expected);
    assert_eq!(summary(&folder), expected);
}
