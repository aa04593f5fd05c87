//! Assignment filters.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

const FILTERS: &[(&str, &str, &str)] = &[
    ("Windows - Corporate Devices", "windows10AndLater", r#"(device.deviceOwnership -eq "Corporate")"#),
    ("Windows - Hyper-V Machines", "windows10AndLater", r#"(device.model -eq "Virtual Machine")"#),
    ("Windows - Windows 11", "windows10AndLater", r#"(device.osVersion -startsWith "10.0.2")"#),
    ("macOS - Corporate Devices", "macOS", r#"(device.deviceOwnership -eq "Corporate")"#),
    ("iOS - iPad", "iOS", r#"(device.model -startsWith "iPad")"#),
    ("iOS - iPhone", "iOS", r#"(device.model -startsWith "iPhone")"#),
    ("Android - Corporate Devices", "androidForWork", r#"(device.deviceOwnership -eq "Corporate")"#),
    ("Android - Samsung", "android", r#"(device.manufacturer -eq "samsung")"#),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, platform, rule) in FILTERS {
        let own = json!({
            "platform": platform,
            "rule": rule,
            "assignmentFilterManagementType": "devices",
            "roleScopeTags": ["0"],
            "payloads": [],
            "roleScopeTagIds": Value::Null,
            "version": Value::Null,
            "assignments": Value::Null,
        });
        maker.policy(Collection::AssignmentFilters, "deviceAndAppManagementAssignmentFilter", name, own);
    }
}
