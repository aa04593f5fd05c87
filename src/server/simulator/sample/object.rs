//! What all sample objects have in common: id, name, dates, scope tags, assignments.

use serde_json::{Value, json};

use super::super::collection::Collection;
use super::super::content::{Content, Object};
use super::super::seeded::Seeded;

/// Groups that policies are assigned to are the first of the sample's groups, by place.
const ASSIGNABLE_GROUPS: usize = 24;

pub struct Maker<'a> {
    pub seeded: &'a Seeded,
    content: Content,
}

impl<'a> Maker<'a> {
    pub fn new(seeded: &'a Seeded) -> Self {
        Self { seeded, content: Content::default() }
    }

    pub fn finish(self) -> Content {
        self.content
    }

    /// The id of the object at this place of its collection.
    pub fn id(&self, collection: Collection, place: usize) -> String {
        self.seeded.guid(&format!("{collection}/{place}"))
    }

    /// Adds a policy with the properties that Intune gives to all; `own` has the rest and wins.
    pub fn policy(&mut self, collection: Collection, kind: &str, name: &str, own: Value) {
        let (id, created, modified) = self.identity(collection);
        let scope_tags = if self.seeded.chance(15, &format!("{id}/tags")) { json!(["0", "1"]) } else { json!(["0"]) };
        let common = json!({
            "@odata.type": format!("#microsoft.graph.{kind}"),
            "id": id,
            "displayName": name,
            "description": format!("{name}, kept by the endpoint team."),
            "createdDateTime": created,
            "lastModifiedDateTime": modified,
            "roleScopeTagIds": scope_tags,
            "version": self.seeded.between(1, 9, &format!("{id}/version")),
            "assignments": self.assignments(&id),
        });
        self.add(collection, common, own);
    }

    /// Adds an object of the directory: no scope tags, no assignments.
    pub fn directory_object(&mut self, collection: Collection, name: &str, own: Value) {
        let (id, created, _) = self.identity(collection);
        self.add(collection, json!({"id": id, "displayName": name, "createdDateTime": created}), own);
    }

    /// A number that belongs to this object and differs between tenants.
    pub fn number(&self, low: usize, high: usize, label: &str) -> usize {
        self.seeded.between(low, high, label)
    }

    /// Mostly on, as a baseline is.
    pub fn switch(&self, label: &str) -> bool {
        self.seeded.chance(80, label)
    }

    /// When the next object of a collection was last changed, where its family names it otherwise.
    pub fn next_modified(&self, collection: Collection) -> String {
        self.identity(collection).2
    }

    /// Id, created and modified of the next object of a collection.
    fn identity(&self, collection: Collection) -> (String, String, String) {
        let id = self.id(collection, self.content.list(collection).len());
        let (created, modified) = self.seeded.created_and_modified(&id);
        (id, created, modified)
    }

    fn add(&mut self, collection: Collection, common: Value, own: Value) {
        let mut object = Object::new();
        for part in [common, own] {
            if let Value::Object(properties) = part {
                object.extend(properties);
            }
        }
        // Null in `own` takes a common property away, for families that do not have it.
        object.retain(|name, value| !(value.is_null() && COMMON.contains(&name.as_str())));
        self.content.add(collection, object);
    }

    fn assignments(&self, id: &str) -> Value {
        let group =
            |label: &str| self.id(Collection::Groups, self.seeded.below(ASSIGNABLE_GROUPS, &format!("{id}/{label}")));
        let (include, exclude) = (group("include"), group("exclude"));
        let filter = self.id(Collection::AssignmentFilters, self.seeded.below(6, &format!("{id}/filter")));
        let no_filter = "00000000-0000-0000-0000-000000000000";
        let target = |kind: &str, group: Option<&str>, filter: Option<&str>| {
            let mut target = json!({
                "@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget"),
                "deviceAndAppManagementAssignmentFilterId": filter.unwrap_or(no_filter),
                "deviceAndAppManagementAssignmentFilterType": if filter.is_some() { "include" } else { "none" },
            });
            if let Some(group) = group {
                target["groupId"] = group.into();
            }
            let target_id = group.unwrap_or(kind);
            json!({"id": format!("{id}_{target_id}"), "source": "direct", "sourceId": id, "target": target})
        };
        match self.seeded.below(10, &format!("{id}/target")) {
            0 => json!([]),
            1 | 2 => json!([target("allDevices", None, None)]),
            3 => json!([target("allDevices", None, Some(&filter))]),
            4 => json!([target("allLicensedUsers", None, None), target("exclusionGroup", Some(&exclude), None)]),
            5 | 6 if include != exclude => {
                json!([target("group", Some(&include), None), target("exclusionGroup", Some(&exclude), None)])
            }
            _ => json!([target("group", Some(&include), None)]),
        }
    }
}

/// The properties that a family may lack.
const COMMON: &[&str] =
    &["@odata.type", "displayName", "description", "roleScopeTagIds", "version", "assignments", "lastModifiedDateTime"];
