//! A tenant's worth of policies as files: most are read as they stand in their list, some need requests of their own.

use std::path::Path;

use serde_json::{Value, json};

/// Their lists.
pub const PATHS: [&str; 4] = [
    "beta/deviceManagement/deviceConfigurations",
    "beta/deviceManagement/deviceCompliancePolicies",
    "beta/deviceManagement/configurationPolicies",
    "beta/deviceManagement/deviceManagementScripts",
];

/// Writes so many policies; of every tenth one setting deep inside is another when they are `changed`.
pub fn write(folder: &Path, count: usize, changed: bool) {
    type Kind = (&'static str, &'static str, fn(usize) -> Value);
    let kinds: [Kind; 4] = [
        ("deviceConfigurations", "deviceManagement/deviceConfigurations", configuration),
        ("deviceCompliancePolicies", "deviceManagement/deviceCompliancePolicies", compliance),
        ("configurationPolicies", "deviceManagement/configurationPolicies", catalog),
        ("deviceManagementScripts", "deviceManagement/deviceManagementScripts", script),
    ];
    let of_kind = |kind: usize| (0..count).filter(move |number| kind_of(*number) == kind);
    for (kind, (file, path, make)) in kinds.into_iter().enumerate() {
        let policies: Vec<Value> = of_kind(kind).map(|number| policy(number, make, changed)).collect();
        let context = format!("https://graph.microsoft.com/beta/$metadata#{path}");
        let json = json!({ "@odata.context": context, "value": policies });
        std::fs::write(folder.join(format!("{file}.json")), json.to_string()).expect("the file is written");
    }
}

/// How many of so many are different when they are changed.
pub const fn changes(count: usize) -> usize {
    count.div_ceil(10)
}

/// Seven of ten stand whole in their lists, one has scripts' text apart, two have more settings than an answer holds.
const fn kind_of(number: usize) -> usize {
    match number % 10 {
        0..5 => 0,
        5 | 6 => 1,
        7 | 8 => 2,
        _ => 3,
    }
}

fn policy(number: usize, make: fn(usize) -> Value, changed: bool) -> Value {
    let mut policy = make(number);
    policy["id"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
    policy["description"] = json!("Made for measuring");
    if changed && number.is_multiple_of(10) {
        policy["setting3"]["inner"]["value"] = json!("changed");
    }
    policy
}

/// A device configuration with some forty settings.
pub fn configuration(number: usize) -> Value {
    let mut policy = json!({
        "@odata.type": "#microsoft.graph.windows10GeneralConfiguration",
        "displayName": format!("Windows - Restrictions {number}"),
        "version": 1,
    });
    for setting in 0..40 {
        policy[format!("setting{setting}")] = match setting % 4 {
            0 => json!(number.is_multiple_of(2)),
            1 => json!(number + setting),
            2 => json!(["first", "second", { "name": "third", "value": number }]),
            _ => json!({ "inner": { "value": setting, "text": "some text that is not short" } }),
        };
    }
    policy
}

fn compliance(number: usize) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.windows10CompliancePolicy",
        "displayName": format!("Windows - Compliance {number}"),
        "passwordRequired": true,
        "passwordMinimumLength": 8 + number % 8,
        "osMinimumVersion": format!("10.0.{number}"),
    })
}

/// With more settings than one answer holds.
fn catalog(number: usize) -> Value {
    let setting = |index: usize| {
        json!({
            "settingInstance": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
                "settingDefinitionId": format!("device_vendor_msft_policy_config_setting_{index}"),
                "simpleSettingValue": {
                    "@odata.type": "#microsoft.graph.deviceManagementConfigurationIntegerSettingValue",
                    "value": number + index,
                },
            },
        })
    };
    json!({
        "name": format!("Windows - Settings {number}"),
        "platforms": "windows10",
        "technologies": "mdm",
        "settings": (0..30).map(setting).collect::<Vec<_>>(),
    })
}

fn script(number: usize) -> Value {
    json!({
        "displayName": format!("Script {number}"),
        "fileName": format!("script-{number}.ps1"),
        "runAsAccount": "system",
        "scriptContent": "V3JpdGUtT3V0cHV0ICdtZWFzdXJpbmcn",
    })
}
