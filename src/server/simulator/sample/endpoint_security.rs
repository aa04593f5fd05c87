//! Endpoint security intents: the older form of security policies, made from a template.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const INTENTS: &[(&str, &str, &[&str])] = &[
    (
        "Windows - Security Baseline",
        "034ccd46-190c-4afc-adf1-ad7cc11262eb",
        &["bitLockerEncryptDevice", "defenderCloudBlockLevel", "smartScreenEnableInShell"],
    ),
    (
        "Windows - Defender Baseline",
        "2209e067-9c8c-462e-9981-5a8c79165dcc",
        &["defenderScanScriptsLoadedInInternetExplorer", "defenderMonitorFileActivity"],
    ),
    (
        "Windows - Account Protection",
        "0f2b5d70-d4e9-4156-8c16-1397eb6c54a5",
        &["windowsHelloForBusinessBlocked", "deviceGuardLocalSystemAuthorityCredentialGuardSettings"],
    ),
    ("macOS - Antivirus", "a239407c-698d-4ef8-b314-e3ae409204b8", &["fileVaultEnabled", "firewallEnabled"]),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, template, settings) in INTENTS {
        let settings: Vec<Value> = settings.iter().map(|setting| self::setting(maker, name, setting)).collect();
        let own = json!({
            "version": null,
            "templateId": template,
            "isAssigned": true,
            "isMigratingToConfigurationPolicy": false,
            "settings": settings,
        });
        maker.policy(Collection::Intents, "deviceManagementIntent", name, own);
    }
}

fn setting(maker: &Maker<'_>, intent: &str, setting: &str) -> Value {
    let label = format!("{intent}/{setting}");
    let value = maker.switch(&label);
    json!({
        "@odata.type": "#microsoft.graph.deviceManagementBooleanSettingInstance",
        "id": maker.seeded.guid(&label),
        "definitionId": format!("deviceConfiguration--windows10EndpointProtectionConfiguration_{setting}"),
        "valueJson": value.to_string(),
        "value": value,
    })
}
