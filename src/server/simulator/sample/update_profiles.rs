//! Windows update profiles: feature, quality and driver updates.

use serde_json::json;

use super::super::collection::Collection;
use super::object::Maker;

pub fn make(maker: &mut Maker<'_>) {
    for (name, version) in
        [("Windows - Feature Update - 24H2", "24H2"), ("Windows - Feature Update - 23H2 Hold", "23H2")]
    {
        let own = json!({
            "version": null,
            "featureUpdateVersion": format!("Windows 11, version {version}"),
            "installLatestWindows10OnWindows11IneligibleDevice": maker.switch(name),
            "rolloutSettings": {"offerStartDateTimeInUTC": null, "offerEndDateTimeInUTC": null, "offerIntervalInDays": null},
        });
        maker.policy(Collection::FeatureUpdateProfiles, "windowsFeatureUpdateProfile", name, own);
    }
    for name in ["Windows - Quality Update - Expedite", "Windows - Quality Update - Out of Band"] {
        let days = maker.number(0, 2, name);
        let own = json!({
            "version": null,
            "expeditedUpdateSettings": {"qualityUpdateRelease": "2024-06-11T00:00:00Z", "daysUntilForcedReboot": days},
            "releaseDateDisplayName": "06/11/2024 - 2024.06 B Security Updates for Windows 10 and later",
        });
        maker.policy(Collection::QualityUpdateProfiles, "windowsQualityUpdateProfile", name, own);
    }
    let name = "Windows - Driver Updates - Recommended";
    let days = maker.number(0, 14, name);
    let own = json!({
        "version": null,
        "approvalType": "automatic",
        "deploymentDeferralInDays": days,
        "newUpdates": maker.number(0, 30, "drivers"),
    });
    maker.policy(Collection::DriverUpdateProfiles, "windowsDriverUpdateProfile", name, own);
}
