//! Administrative templates: group policy configurations with definition and presentation values.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::object::Maker;

/// Name, category path, class, settings.
type Template = (&'static str, &'static str, &'static str, &'static [&'static str]);

const TEMPLATES: &[Template] = &[
    (
        "Windows - ADMX - OneDrive",
        r"\OneDrive",
        "machine",
        &[
            "Silently sign in users to the OneDrive sync app with their Windows credentials",
            "Set the maximum size of a user's OneDrive that can download automatically",
        ],
    ),
    (
        "Windows - ADMX - Office Macros",
        r"\Microsoft Word 2016\Word Options\Security\Trust Center",
        "user",
        &[
            "VBA Macro Notification Settings",
            "Block macros from running in Office files from the Internet",
            "Disable Trust Bar Notification for unsigned application add-ins and block them",
        ],
    ),
    (
        "Windows - ADMX - Remote Desktop",
        r"\Windows Components\Remote Desktop Services",
        "machine",
        &["Require secure RPC communication", "Set client connection encryption level"],
    ),
    (
        "Windows - ADMX - Event Log",
        r"\Windows Components\Event Log Service\Security",
        "machine",
        &[
            "Specify the maximum log file size (KB)",
            "Control Event Log behavior when the log file reaches its maximum size",
        ],
    ),
    (
        "Windows - ADMX - Printing",
        r"\Printers",
        "machine",
        &["Limits print driver installation to Administrators", "Allow Print Spooler to accept client connections"],
    ),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, category, class, settings) in TEMPLATES {
        let values: Vec<Value> = settings.iter().map(|setting| value(maker, name, category, class, setting)).collect();
        let own = json!({
            "policyConfigurationIngestionType": "builtIn",
            "version": null,
            "definitionValues": values,
        });
        maker.policy(Collection::GroupPolicyConfigurations, "groupPolicyConfiguration", name, own);
    }
}

fn value(maker: &Maker<'_>, policy: &str, category: &str, class: &str, setting: &str) -> Value {
    let label = format!("{policy}/{setting}");
    let guid = |part: &str| maker.seeded.guid(&format!("{label}/{part}"));
    let (created, modified) = maker.seeded.created_and_modified(&label);
    let presentation = json!({
        "@odata.type": "#microsoft.graph.groupPolicyPresentationDecimalTextBox",
        "id": guid("presentation"),
        "label": "Value",
        "required": true,
    });
    json!({
        "id": guid("value"),
        "createdDateTime": created,
        "lastModifiedDateTime": modified,
        "enabled": maker.switch(&label),
        "configurationType": "policy",
        "definition": {
            "id": guid("definition"),
            "classType": class,
            "displayName": setting,
            "categoryPath": category,
            "policyType": "admxBacked",
            "supportedOn": "At least Windows Server 2008 R2 or Windows 7",
        },
        "presentationValues": [{
            "@odata.type": "#microsoft.graph.groupPolicyPresentationValueDecimal",
            "id": guid("presentation value"),
            "createdDateTime": created,
            "lastModifiedDateTime": modified,
            "value": maker.number(1, 100, &label),
            "presentation": presentation,
        }],
    })
}
