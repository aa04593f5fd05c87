//! The state of all tenants. Each starts from the samples or from the data folder, and owns its content,
//! so that a write to one will not show in another.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::collection::Collection;
use super::content::Content;
use super::lock::lock;
use super::sample;

pub struct Store {
    source: Source,
    tenants: Mutex<HashMap<String, Arc<Content>>>,
}

enum Source {
    /// Made from this seed and the tenant's name, with at least so many groups.
    Samples { seed: u64, groups: usize },
    /// The same for every tenant.
    Fixed(Arc<Content>),
}

impl Store {
    pub fn of_samples(seed: u64, groups: usize) -> Self {
        Self { source: Source::Samples { seed, groups }, tenants: Mutex::default() }
    }

    pub fn of_content(content: Content) -> Self {
        Self { source: Source::Fixed(Arc::new(content)), tenants: Mutex::default() }
    }

    /// The tenant's content as it is now: a page is cut from one consistent state.
    pub fn tenant(&self, tenant: &str) -> Arc<Content> {
        let mut tenants = lock(&self.tenants);
        Arc::clone(tenants.entry(tenant.to_owned()).or_insert_with(|| self.initial(tenant)))
    }

    /// Changes the tenant's content; pages that are being cut keep the state from before.
    pub fn change<T>(&self, tenant: &str, work: impl FnOnce(&mut Content) -> T) -> T {
        let mut tenants = lock(&self.tenants);
        let content = tenants.entry(tenant.to_owned()).or_insert_with(|| self.initial(tenant));
        work(Arc::make_mut(content))
    }

    pub fn initial_summary(&self) -> BTreeMap<Collection, usize> {
        // Every tenant's sample has the same number of objects.
        self.initial("summary").summary()
    }

    /// The tenant as it began.
    pub fn initial(&self, tenant: &str) -> Arc<Content> {
        match &self.source {
            Source::Samples { seed, groups } => Arc::new(sample::tenant(*seed, tenant, *groups)),
            Source::Fixed(content) => Arc::clone(content),
        }
    }
}
