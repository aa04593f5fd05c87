//! What happens to the runs of two tenants: sequences of it, as proptest makes them.

use proptest::prelude::*;

use super::model::Write;

/// A tenant's work: the number of the tenant and of what is asked for.
pub type Place = (usize, usize);

#[derive(Debug, Clone, Copy)]
pub enum Act {
    Ensure(Place),
    /// A write under the run's attempt, or that many beside it.
    Write(Place, i32, Write),
    /// A worker takes the run whose turn it is, does so many items, and ends it.
    Work(u64),
    Cancel(Place),
    /// Every worker is silent for the lease.
    Lose,
    Retry(Place),
    /// Everything from now on is asked of the other node.
    AnotherNode,
    /// The clock on the wall jumps by so many minutes.
    Jump(i64),
}

pub fn lives() -> impl Strategy<Value = Vec<Act>> {
    proptest::collection::vec(act(), 30)
}

fn act() -> impl Strategy<Value = Act> {
    // One work is at the centre, so that a life gets far with it.
    let place = prop_oneof![2 => Just((0, 0)), 3 => (0_usize..2, 0_usize..3)].boxed();
    let beside = prop_oneof![8 => Just(0), 1 => Just(-1), 1 => Just(1)];
    let writing = |write: BoxedStrategy<Write>| (place.clone(), beside.clone(), write);
    let written = |(place, beside, write)| Act::Write(place, beside, write);
    let progress = (0_u64..4, 0_u64..3, prop_oneof![Just("first"), Just("second")])
        .prop_map(|(ok, failed, step)| Write::Progress { ok, failed, step });
    let complete = prop_oneof![3 => Just(false), 1 => Just(true)].prop_map(|failed| Write::Complete { failed });
    let cancelled = any::<bool>().prop_map(|cut_off| Write::Cancelled { cut_off });
    prop_oneof![
        8 => place.clone().prop_map(Act::Ensure),
        7 => writing(Just(Write::Start).boxed()).prop_map(written),
        2 => writing(Just(Write::Beat).boxed()).prop_map(written),
        6 => writing(progress.boxed()).prop_map(written),
        4 => writing(complete.boxed()).prop_map(written),
        1 => writing(cancelled.boxed()).prop_map(written),
        3 => (0_u64..3).prop_map(Act::Work),
        2 => place.clone().prop_map(Act::Cancel),
        2 => Just(Act::Lose),
        2 => place.clone().prop_map(Act::Retry),
        1 => Just(Act::AnotherNode),
        1 => (-3_000_i64..6_000).prop_map(Act::Jump),
    ]
}
