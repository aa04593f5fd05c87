//! A point in time: in UTC as the server renders it, in the viewer's zone once the page is alive, UTC in the tooltip.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::{
    model::time::{self, WallClock},
    ui::clock::{Clock, hydrated, zone_offset},
};

/// How much of a time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exact {
    /// `2026-11-23 14:02`
    Minute,
    /// `2026-11-23 14:02:09`
    Second,
    /// `14:02:09`
    TimeOfDay,
    /// `14:02` on the day itself, else like `Minute`
    Recent,
}

#[component]
pub fn When(
    at: DateTime<Utc>,
    exact: Exact,
    /// Whether how long ago it was stands beside it, once the page is alive.
    #[prop(optional)]
    ago: bool,
) -> impl IntoView {
    let alive = hydrated();
    let clock = expect_context::<Clock>();
    let passed = Memo::new(move |_| if ago { clock.now().map(|now| time::ago(at, now)) } else { None });
    let wall = |at| WallClock::new(at, zone_offset(at));
    let today =
        Memo::new(move |_| exact == Exact::Recent && clock.now().is_some_and(|now| wall(now).is_same_day(wall(at))));
    let title = move || match passed.get() {
        Some(passed) => format!("{passed}, {}", time::absolute(at)),
        None => time::absolute(at),
    };
    let text = move || match alive.get() {
        false => utc(at, exact),
        true if today.get() => wall(at).short(),
        true => local(wall(at), exact),
    };
    // The width holds the longer of both texts, so that nothing moves when it changes.
    let class = match exact {
        Exact::Minute | Exact::Recent => "when when-minute",
        Exact::Second => "when when-second",
        Exact::TimeOfDay => "when when-time",
    };
    view! {
        <time class=class datetime=time::machine(at) title=title>{text}</time>
        {move || passed.get().map(|passed| view! { <span class="ago">{passed}</span> })}
    }
}

fn utc(at: DateTime<Utc>, exact: Exact) -> String {
    match exact {
        Exact::Minute | Exact::Recent => time::minute(at),
        Exact::Second => time::absolute(at),
        Exact::TimeOfDay => time::time_of_day(at),
    }
}

fn local(wall: WallClock, exact: Exact) -> String {
    match exact {
        Exact::Minute | Exact::Recent => wall.minute(),
        Exact::Second => wall.second(),
        Exact::TimeOfDay => wall.time_of_day(),
    }
}
