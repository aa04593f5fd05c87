//! Backup sets as files: out of one tenant, into another or into the simulator; and files that are not to be believed.

mod common;

use std::io::Cursor;

use common::{
    TestApp,
    backups::empty,
    graph::{Graph, ProductWorkers},
    web::{Visitor, Web},
    zips::{manifest, sha256, unzip, with_form, zipped},
};
use reqwest::{Method, StatusCode, header};
use runledger::{
    model::{
        backup::{LoadRefusal, PolicyKey, SetSource, SetStatus},
        ids::BackupSetId,
        user::Role,
    },
    server::{
        db::{
            backup_items::{self, BackupItem},
            backups,
            scope::TenantScope,
        },
        graph::{POLICY_FAMILIES, content_hash, normalize},
    },
};
use serde_json::{Value, json};
use zip::ZipArchive;

/// Contoso with its Graph and Fabrikam, each with an owner.
struct Two {
    graph: Graph,
    contoso: TenantScope,
    fabrikam: TenantScope,
    ours: Visitor,
    theirs: Visitor,
    _web: Web,
    _workers: ProductWorkers,
}

impl Two {
    async fn new(app: &TestApp) -> Self {
        let graph = Graph::sample(&[]).await;
        let (contoso, fabrikam) = (app.tenant_at("contoso", &graph.url).await, app.tenant("fabrikam").await);
        app.member("owner@contoso.example", "contoso", Role::Owner).await;
        app.member("owner@fabrikam.example", "fabrikam", Role::Owner).await;
        let web = Web::start(app).await;
        let (ours, theirs) =
            (web.signed_in("owner@contoso.example").await, web.signed_in("owner@fabrikam.example").await);
        Self { graph, contoso, fabrikam, ours, theirs, _web: web, _workers: ProductWorkers::start(&app.core) }
    }

    /// Everything that Contoso has, backed up.
    async fn everything(&self, app: &TestApp) -> BackupSetId {
        let set = BackupSetId(app.core.clock.new_id());
        let directory = self.graph.directory("contoso").await;
        let mut form =
            vec![("tenant", "contoso".to_owned()), ("new_set", set.to_string()), ("name", "All of it".to_owned())];
        for family in POLICY_FAMILIES {
            for id in directory.ids(family.path()).await {
                form.push(("policies[]", format!("{family}/{id}")));
            }
        }
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (status, started) = self.ours.ask("backups/add", &form).await;
        assert_eq!(status, StatusCode::OK, "{started}");
        app.completed(self.contoso, started["run"]["id"].as_str().unwrap().parse().unwrap()).await;
        set
    }

    /// Loads a file as Fabrikam: where the form leads to.
    async fn load(&self, file: Vec<u8>) -> Result<BackupSetId, LoadRefusal> {
        let request = self.theirs.request(Method::POST, "/t/fabrikam/backups/upload");
        let answer = with_form(request, "", Some(&file)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{:?}", answer.text().await);
        let leads = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
        match leads.split_once("load?refused=") {
            Some((_, word)) => {
                let page = self.theirs.get(&leads).await.text().await.unwrap();
                let refusal: LoadRefusal = word.parse().unwrap();
                assert!(page.contains(refusal.sentence()), "the page says why: {page}");
                Err(refusal)
            }
            None => Ok(leads.rsplit('/').next().unwrap().parse().unwrap()),
        }
    }

    async fn download(&self, set: BackupSetId) -> Vec<u8> {
        let answer = self.ours.get(&format!("/t/contoso/backups/{set}/download")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/zip");
        answer.bytes().await.unwrap().to_vec()
    }
}

async fn items(app: &TestApp, scope: TenantScope, set: BackupSetId) -> Vec<BackupItem> {
    backup_items::stretch(&app.core.db, scope, set, None, 100_000).await.unwrap()
}

/// The names and contents of a zip.
type Files = Vec<(String, Vec<u8>)>;

on_both_engines! {
    async fn a_file_is_the_same_set_in_another_tenant_and_the_same_policies_in_the_simulator(app: TestApp) {
        let two = Two::new(&app).await;
        let set = two.everything(&app).await;
        let file = two.download(set).await;
        let loaded = two.load(file.clone()).await.unwrap();
        let (before, after) = (items(&app, two.contoso, set).await, items(&app, two.fabrikam, loaded).await);
        assert!(before.len() > 40);
        let comparable = |items: &[BackupItem]| -> Vec<_> {
            items.iter().map(|item| BackupItem { run_id: None, ..item.clone() }).collect()
        };
        assert_eq!(comparable(&before), comparable(&after));
        let found = backups::find(&app.core.db, two.fabrikam, loaded).await.unwrap().unwrap();
        assert_eq!((found.status, found.source, found.name.as_str()), (SetStatus::Complete, SetSource::Loaded, "All of it"));

        let folder = tempfile::tempdir().unwrap();
        ZipArchive::new(Cursor::new(&file)).unwrap().extract(folder.path()).unwrap();
        let simulated = Graph::of_folder(folder.path().to_owned()).await;
        let directory = simulated.directory("fabrikam").await;
        for family in POLICY_FAMILIES {
            let count = before.iter().filter(|item| item.key.family == family.as_str()).count();
            assert_eq!(directory.ids(family.path()).await.len(), count, "{family}");
        }
        for item in before.iter().filter(|item| item.key.family == "device_configurations") {
            let body = directory.get(&format!("deviceManagement/deviceConfigurations/{}", item.key.graph_id)).await;
            assert_eq!(content_hash(&body), item.content_hash, "{}", item.name);
        }
    }

    async fn a_changed_or_damaged_file_is_refused_and_leaves_nothing(app: TestApp) {
        let two = Two::new(&app).await;
        let good = unzip(&two.download(two.everything(&app).await).await);
        let with = |change: &dyn Fn(&mut Files)| {
            let mut files = good.clone();
            change(&mut files);
            zipped(&files)
        };
        let replaced = |files: &mut Vec<(String, Vec<u8>)>| {
            let mut body: Value = serde_json::from_slice(&files[0].1).unwrap();
            body["description"] = json!("Something else");
            files[0].1 = serde_json::to_vec(&body).unwrap();
        };
        let cases: Vec<(Vec<u8>, LoadRefusal)> = vec![
            (Vec::new(), LoadRefusal::NoFile),
            (b"PK but no zip".to_vec(), LoadRefusal::NoZip),
            (zipped(&good)[..4_000].to_vec(), LoadRefusal::NoZip),
            (with(&|files| files.retain(|(name, _)| name != "manifest.json")), LoadRefusal::NoManifest),
            (with(&|files| manifest(files, |m| m["format"] = json!("other"))), LoadRefusal::NoManifest),
            (with(&|files| manifest(files, |m| m["version"] = json!(2))), LoadRefusal::OtherVersion),
            (with(&|files| manifest(files, |m| m["policies"] = json!([]))), LoadRefusal::Empty),
            (with(&|files| manifest(files, |m| m["policies"] = json!("x"))), LoadRefusal::NoManifest),
            (with(&|files| drop(files.remove(0))), LoadRefusal::Absent),
            (with(&|files| files.push(("extra.json".into(), b"{}".to_vec()))), LoadRefusal::Unlisted),
            (with(&replaced), LoadRefusal::Changed),
            // With the file's hash made to fit, the content's does not.
            (
                with(&|files| {
                    replaced(files);
                    let hash = sha256(&files[0].1);
                    manifest(files, |m| m["policies"][0]["sha256"] = json!(hash));
                }),
                LoadRefusal::Changed,
            ),
            (
                with(&|files| {
                    files[0].1 = b"an error page".to_vec();
                    let hash = sha256(&files[0].1);
                    manifest(files, |m| m["policies"][0]["sha256"] = json!(hash));
                }),
                LoadRefusal::NoPolicy,
            ),
            (with(&|files| manifest(files, |m| m["policies"][0]["family"] = json!("mobile_apps"))), LoadRefusal::NoPolicy),
            (with(&|files| manifest(files, |m| m["policies"][0]["graph_id"] = json!("other"))), LoadRefusal::Changed),
            (with(&|files| manifest(files, |m| m["policies"][1] = m["policies"][0].clone())), LoadRefusal::Changed),
            (with(&|files| manifest(files, |m| m["name"] = json!("two\nlines"))), LoadRefusal::Name),
        ];
        for (index, (file, refusal)) in cases.into_iter().enumerate() {
            assert_eq!(two.load(file).await, Err(refusal), "case {index}");
        }
        assert!(backups::list(&app.core.db, two.fabrikam, None, 10).await.unwrap().is_empty(), "nothing was kept");
    }

    async fn a_bomb_does_not_go_off_and_a_path_leads_nowhere(app: TestApp) {
        let two = Two::new(&app).await;
        let body = json!({ "id": "1", "displayName": "Small" });
        let text = serde_json::to_vec(&body).unwrap();
        let of = |file: &str, content: Vec<u8>| {
            let listed = json!({
                "format": "runledger-backup", "version": 1, "name": "Odd", "tenant": "x", "exported_at": "2026-01-01T00:00:00Z",
                "policies": [{
                    "file": file, "family": "device_configurations", "graph_id": "1", "name": "Small",
                    "captured_at": "2026-01-01T00:00:00Z", "content_hash": content_hash(&body), "sha256": sha256(&content),
                    "group_names": {},
                }],
            });
            zipped(&[(file.to_owned(), content), ("manifest.json".to_owned(), serde_json::to_vec(&listed).unwrap())])
        };
        // 40 MB of blanks in 40 kB.
        let mut blown = text.clone();
        blown.resize(40 * 1024 * 1024, b' ');
        let bomb = of("a.json", blown);
        assert!(bomb.len() < 100_000);
        assert_eq!(two.load(bomb).await, Err(LoadRefusal::Unpacked));
        // A file that says it holds more files than any set.
        let mut crowd = of("a.json", text.clone());
        let end = crowd.len() - 22;
        crowd[end + 8..end + 12].copy_from_slice(&[0x40, 0x9c, 0x40, 0x9c]);
        assert_eq!(two.load(crowd).await, Err(LoadRefusal::TooMany));
        // The name is looked up in the zip and nowhere else.
        let loaded = two.load(of("../../../tmp/runledger-was-here.json", text)).await.unwrap();
        assert_eq!(items(&app, two.fabrikam, loaded).await[0].name, "Small");
        assert!(!std::path::Path::new("/tmp/runledger-was-here.json").exists());
    }

    async fn a_form_without_a_file_and_one_of_another_kind_are_told_so(app: TestApp) {
        let two = Two::new(&app).await;
        let post = || two.theirs.request(Method::POST, "/t/fabrikam/backups/upload");
        let empty = with_form(post(), "x", None).send().await.unwrap();
        assert!(empty.headers()[header::LOCATION].to_str().unwrap().ends_with("refused=no_file"));
        let plain = post().form(&[("name", "x")]).send().await.unwrap();
        assert!(plain.headers()[header::LOCATION].to_str().unwrap().ends_with("refused=no_file"));
        let other = two.theirs.request(Method::POST, "/t/contoso/backups/upload");
        let other = with_form(other, "x", None).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::NOT_FOUND);
        app.member("auditor@fabrikam.example", "fabrikam", Role::Readonly).await;
        let auditor = two._web.signed_in("auditor@fabrikam.example").await;
        let refused = with_form(auditor.request(Method::POST, "/t/fabrikam/backups/upload"), "x", None);
        let refused = refused.send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }

    async fn a_set_of_ten_thousand_goes_out_and_in_again(app: TestApp) {
        let two = Two::new(&app).await;
        let set = many(&app, two.contoso, 10_000).await;
        let file = two.download(set).await;
        let files = unzip(&file);
        assert_eq!(files.len(), 10_001);
        let loaded = two.load(file).await.unwrap();
        let found = backups::find(&app.core.db, two.fabrikam, loaded).await.unwrap().unwrap();
        assert_eq!((found.items, found.status), (10_000, SetStatus::Complete));
        let page = two.theirs.get(&format!("/t/fabrikam/backups/{loaded}")).await;
        assert_eq!(page.status(), StatusCode::OK);
    }
}

/// A set of so many small policies, made past Graph.
async fn many(app: &TestApp, scope: TenantScope, count: usize) -> BackupSetId {
    let now = app.core.clock.now();
    let set = empty(app, scope).await;
    let mut tx = app.core.db.begin().await.unwrap();
    for number in 0..count {
        let id = format!("{number:08}-0000-4000-8000-000000000000");
        let raw = json!({ "id": id, "displayName": format!("Policy {number}"), "description": "x".repeat(500) });
        let item = BackupItem {
            key: PolicyKey { family: "device_configurations".to_owned(), graph_id: id },
            name: format!("Policy {number}"),
            odata_type: None,
            body: normalize(&raw),
            assignments: json!([]),
            group_names: Default::default(),
            content_hash: content_hash(&raw),
            raw,
            run_id: None,
            captured_at: now,
        };
        backup_items::put(&mut tx, scope, set, &item).await.unwrap();
    }
    backups::set_status(&mut tx, scope, set, SetStatus::Complete, Some(now)).await.unwrap();
    tx.commit().await.unwrap();
    set
}
