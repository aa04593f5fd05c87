//! Which policy of the one side is which of the other: within a tenant by id, across tenants by name and kind. A name
//! that two policies share is ambiguous: never a guess.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};

use crate::server::{
    db::{
        Db, DbResult,
        drift::sides::{Head, NamedHead, Side},
    },
    graph::Family,
};

/// How policies are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    ById,
    ByName,
}

/// A policy of the one side, with what the other has of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    pub head: Head,
    /// What tells the policy apart within its family, the same on both sides.
    pub key: String,
    pub other: Counterpart,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counterpart {
    One(Head),
    None,
    /// So many policies have its name here, and so many there.
    Ambiguous {
        here: usize,
        there: usize,
    },
}

impl Matching {
    /// Finds what `there` has of a page of `here`.
    pub async fn find(
        self,
        db: &Db,
        family: Family,
        here: Side,
        there: Side,
        page: Vec<Head>,
    ) -> DbResult<Vec<Matched>> {
        match self {
            Self::ById => by_id(db, family, there, page).await,
            Self::ByName => by_name(db, family, here, there, page).await,
        }
    }
}

async fn by_id(db: &Db, family: Family, there: Side, page: Vec<Head>) -> DbResult<Vec<Matched>> {
    let ids: Vec<&str> = page.iter().map(|head| head.graph_id.as_str()).collect();
    let found = there.by_id(db, family.as_str(), &ids).await?;
    let mut found: HashMap<String, Head> = found.into_iter().map(|head| (head.graph_id.clone(), head)).collect();
    let matched = page.into_iter().map(|head| Matched {
        other: found.remove(&head.graph_id).map_or(Counterpart::None, Counterpart::One),
        key: head.graph_id.clone(),
        head,
    });
    Ok(matched.collect())
}

async fn by_name(db: &Db, family: Family, here: Side, there: Side, page: Vec<Head>) -> DbResult<Vec<Matched>> {
    let names: HashSet<&str> = page.iter().map(|head| head.name.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let (ours, theirs) =
        (here.by_name(db, family.as_str(), &names).await?, there.by_name(db, family.as_str(), &names).await?);
    let key_of: HashMap<&str, String> =
        ours.iter().map(|named| (named.head.graph_id.as_str(), key(family, named))).collect();
    let mut here: HashMap<&str, usize> = HashMap::new();
    for key in key_of.values() {
        *here.entry(key).or_default() += 1;
    }
    let mut there: HashMap<String, Vec<Head>> = HashMap::new();
    for named in theirs {
        there.entry(key(family, &named)).or_default().push(named.head);
    }
    let matched = page.into_iter().filter_map(|head| {
        let key = key_of.get(head.graph_id.as_str())?.clone();
        let (ours, theirs) = (here.get(key.as_str()).copied()?, there.get(&key).map_or(&[][..], Vec::as_slice));
        let other = match (ours, theirs) {
            (1, []) => Counterpart::None,
            (1, [one]) => Counterpart::One(one.clone()),
            _ => Counterpart::Ambiguous { here: ours, there: theirs.len() },
        };
        Some(Matched { head, key, other })
    });
    Ok(matched.collect())
}

/// Name and kind: the type, and for the settings catalog the template or else the technologies. A hash, because names
/// have no length.
fn key(family: Family, named: &NamedHead) -> String {
    let word = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let kind = match family {
        Family::ConfigurationPolicies => {
            word(&named.template).map(|id| format!("template {id}")).or_else(|| word(&named.technologies))
        }
        _ => word(&named.head.odata_type),
    };
    let parts = (&named.head.name, kind);
    hex::encode(Sha256::digest(serde_json::to_vec(&parts).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, odata_type: &str, template: &str, technologies: &str) -> NamedHead {
        let head = Head {
            graph_id: "1".to_owned(),
            name: name.to_owned(),
            odata_type: Some(odata_type.to_owned()),
            content_hash: String::new(),
            assignments_hash: None,
        };
        NamedHead { head, template: Some(template.to_owned()), technologies: Some(technologies.to_owned()) }
    }

    #[test]
    fn a_policy_is_known_by_its_name_and_kind() {
        let of = |family, name, odata_type, template, technologies| {
            key(family, &named(name, odata_type, template, technologies))
        };
        let device = Family::DeviceConfigurations;
        assert_eq!(of(device, "A", "x", "", ""), of(device, "A", "x", "t", "mdm"));
        assert_ne!(of(device, "A", "x", "", ""), of(device, "A", "y", "", ""));
        assert_ne!(of(device, "A", "x", "", ""), of(device, "B", "x", "", ""));
        let catalog = Family::ConfigurationPolicies;
        assert_eq!(of(catalog, "A", "x", "t", "mdm"), of(catalog, "A", "", "t", "mdm,sense"));
        assert_ne!(of(catalog, "A", "x", "", "mdm"), of(catalog, "A", "x", "", "sense"));
    }
}
