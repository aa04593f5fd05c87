//! The faults in force. Those with a count are used up by the requests they hit.

use std::sync::Mutex;
use std::time::Duration;

use super::collection::Collection;
use super::fault::Fault;
use super::lock::lock;

pub struct Faults {
    active: Mutex<Vec<Fault>>,
}

/// What becomes of a request that reached a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Answer,
    Throttled,
    Unavailable,
    Forbidden,
    Unlicensed,
    BrokenBody,
    Html,
}

/// How the pages of a list are spoilt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paging {
    /// A page begins with the last object of the page before.
    pub twice: bool,
    /// A page names itself as the next.
    pub repeat: bool,
    /// A change list begins with how groups were before.
    pub stale: bool,
    /// The first object of a page has no id.
    pub unnamed: bool,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Self {
        Self { active: Mutex::new(faults) }
    }

    pub fn current(&self) -> Vec<Fault> {
        lock(&self.active).iter().filter(|fault| !spent(fault)).cloned().collect()
    }

    pub fn replace(&self, faults: Vec<Fault>) {
        *lock(&self.active) = faults;
    }

    /// The waits of all `slow` faults together.
    pub fn delay(&self) -> Duration {
        lock(&self.active).iter().map(|fault| if let Fault::Slow(wait) = fault { *wait } else { Duration::ZERO }).sum()
    }

    /// Counts a request with a good token; true once for each `revoked` fault, when its count is over.
    pub fn revokes_token(&self) -> bool {
        let mut active = lock(&self.active);
        let due = active.iter().position(|fault| *fault == Fault::Revoked(0));
        for fault in active.iter_mut() {
            if let Fault::Revoked(left) = fault {
                *left = left.saturating_sub(1);
            }
        }
        due.map(|place| active.remove(place)).is_some()
    }

    /// How the pages of this collection's lists are spoilt.
    pub fn paging(&self, collection: Collection) -> Paging {
        let active = lock(&self.active);
        Paging {
            twice: active.contains(&Fault::Twice(collection)),
            repeat: active.contains(&Fault::Repeat(collection)),
            stale: active.contains(&Fault::Stale(collection)),
            unnamed: active.contains(&Fault::Unnamed(collection)),
        }
    }

    /// Whether the answer to this write is lost.
    pub fn loses_write(&self) -> bool {
        for fault in lock(&self.active).iter_mut() {
            if let Fault::WriteLost(left @ 1..) = fault {
                *left -= 1;
                return true;
            }
        }
        false
    }

    /// Whether every name of this collection is taken.
    pub fn name_exists(&self, collection: Collection) -> bool {
        lock(&self.active).contains(&Fault::Exists(collection))
    }

    /// The status of a `resync` fault whose count is over; it is then used up.
    pub fn resync(&self) -> Option<u16> {
        let mut active = lock(&self.active);
        let place = active.iter().position(|fault| matches!(fault, Fault::Resync { .. }))?;
        match &mut active[place] {
            Fault::Resync { after: after @ 1.., .. } => {
                *after -= 1;
                None
            }
            Fault::Resync { status, .. } => {
                let status = *status;
                active.remove(place);
                Some(status)
            }
            _ => None,
        }
    }

    /// The fault that hits this request; the passing ones come before those that stay.
    pub fn verdict(&self, collection: Collection, is_list: bool) -> Verdict {
        let mut active = lock(&self.active);
        for fault in active.iter_mut().filter(|_| is_list) {
            match fault {
                Fault::Throttle(left @ 1..) => {
                    *left -= 1;
                    return Verdict::Throttled;
                }
                Fault::Busy { every, seen } => {
                    *seen = seen.wrapping_add(1);
                    if *every > 0 && seen.is_multiple_of(*every) {
                        return Verdict::Throttled;
                    }
                }
                Fault::Unavailable(left @ 1..) => {
                    *left -= 1;
                    return Verdict::Unavailable;
                }
                _ => {}
            }
        }
        let of_family = |fault: &Fault| match fault {
            Fault::Forbidden(family) if *family == collection => Some(Verdict::Forbidden),
            Fault::Unlicensed(family) if *family == collection => Some(Verdict::Unlicensed),
            Fault::Broken(family) if *family == collection => Some(Verdict::BrokenBody),
            Fault::Html(family) if *family == collection => Some(Verdict::Html),
            _ => None,
        };
        active.iter().find_map(of_family).unwrap_or(Verdict::Answer)
    }
}

fn spent(fault: &Fault) -> bool {
    matches!(fault, Fault::Throttle(0) | Fault::Unavailable(0) | Fault::WriteLost(0))
}
