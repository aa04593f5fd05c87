//! A made-up Intune tenant of some 140 objects over all families. Names are the same in every tenant, so that
//! tenants can be compared; ids, dates, assignments and many values differ.

mod administrative_templates;
mod app_protection;
mod assignment_filters;
mod compliance;
mod conditional_access;
mod device_configurations;
mod endpoint_security;
mod enrollment;
mod groups;
mod mobile_apps;
mod object;
mod scripts;
mod settings_catalog;
mod update_profiles;

use self::object::Maker;
use super::content::Content;
use super::seeded::Seeded;

/// The content of this tenant for this seed, with at least so many groups; always the same.
pub fn tenant(seed: u64, tenant: &str, groups: usize) -> Content {
    let seeded = Seeded::new(format!("{seed}/{tenant}"));
    let mut maker = Maker::new(&seeded);
    groups::make(&mut maker);
    assignment_filters::make(&mut maker);
    settings_catalog::make(&mut maker);
    device_configurations::make(&mut maker);
    compliance::make(&mut maker);
    administrative_templates::make(&mut maker);
    scripts::make(&mut maker);
    app_protection::make(&mut maker);
    conditional_access::make(&mut maker);
    endpoint_security::make(&mut maker);
    enrollment::make(&mut maker);
    mobile_apps::make(&mut maker);
    update_profiles::make(&mut maker);
    let mut content = maker.finish();
    groups::fill_up(&mut content, &seeded, groups);
    content
}

#[cfg(test)]
mod tests {
    use super::super::collection::Collection;
    use super::super::content::objects;
    use super::tenant;

    #[test]
    fn the_sample_has_something_in_every_family() {
        let summary = tenant(1, "contoso", 0).summary();
        assert!(summary.values().all(|count| *count > 0), "{summary:?}");
        let total: usize = summary.values().sum();
        assert!((120..=160).contains(&total), "{total}");
    }

    #[test]
    fn one_policy_has_more_settings_than_a_page() {
        let content = tenant(1, "contoso", 0);
        let mut counts =
            content.list(Collection::ConfigurationPolicies).iter().map(|one| objects(one, "settings").count());
        assert!(counts.any(|count| count > 25));
    }
}
