//! PowerShell scripts.

use serde_json::json;

use super::super::base64;
use super::super::collection::Collection;
use super::object::Maker;

const SCRIPTS: &[(&str, &str, &str)] = &[
    ("Windows - Script - Set Time Zone", "Set-TimeZone.ps1", "Set-TimeZone -Id 'W. Europe Standard Time'\n"),
    (
        "Windows - Script - Remove Consumer Apps",
        "Remove-ConsumerApps.ps1",
        "Get-AppxPackage *xbox* | Remove-AppxPackage\n",
    ),
    (
        "Windows - Script - Enable Remote Assistance",
        "Enable-RemoteAssistance.ps1",
        "Enable-NetFirewallRule -DisplayGroup 'Remote Assistance'\n",
    ),
    ("Windows - Script - Map Printers", "Add-Printers.ps1", "Add-Printer -ConnectionName '\\\\print01\\floor2'\n"),
    ("Windows - Script - Disable Fast Startup", "Disable-FastStartup.ps1", "powercfg /hibernate off\n"),
    ("Windows - Script - Collect Logs", "Get-Logs.ps1", "wevtutil epl System C:\\ProgramData\\logs\\system.evtx\n"),
];

pub fn make(maker: &mut Maker<'_>) {
    for (name, file, script) in SCRIPTS {
        let own = json!({
            "version": null,
            "fileName": file,
            "runAsAccount": maker.seeded.pick(&["system", "user"], file),
            "enforceSignatureCheck": !maker.switch(file),
            "runAs32Bit": false,
            "scriptContent": base64::standard(script.as_bytes()),
        });
        maker.policy(Collection::DeviceManagementScripts, "deviceManagementScript", name, own);
    }
}
