//! The icons: 16 by 16, one stroke, in the colour of the text around them. Always beside a word, so hidden from readers.

use leptos::prelude::*;

use crate::model::run::{RunOutcome, RunState};

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    Clock,
    Arc,
    Flag,
    CircleCheck,
    Triangle,
    CircleCross,
    CircleSlash,
    Info,
    Pulse,
    Sync,
    Play,
    Plus,
    Minus,
    Swap,
    Join,
    Dot,
    Eye,
    Copy,
    Check,
    Cross,
    Lines,
    ChevronDown,
    ChevronLeft,
    ChevronRight,
    Inbox,
    Layers,
    Document,
    Screen,
    Sun,
    Moon,
    Search,
    Filter,
    Download,
    Pause,
    Calendar,
    ArrowUp,
    Expand,
    Keyboard,
    Archive,
    Undo,
    People,
    Bell,
    Book,
}

impl Glyph {
    /// The icon of a state, the same wherever the state is shown.
    pub const fn of(state: RunState) -> Self {
        match state {
            RunState::Queued => Self::Clock,
            RunState::Running => Self::Arc,
            RunState::Ended(RunOutcome::Succeeded) => Self::CircleCheck,
            RunState::Ended(RunOutcome::PartiallySucceeded) => Self::Triangle,
            RunState::Ended(RunOutcome::Failed) => Self::CircleCross,
            RunState::Ended(RunOutcome::Cancelled) => Self::CircleSlash,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Clock => "M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5M8 5v3l2 1.5",
            Self::Arc => "M13.75 8A5.75 5.75 0 1 1 8 2.25",
            Self::Flag => "M4 13.75V2.75h8L10.25 5.5 12 8.25H4",
            Self::CircleCheck => "M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5M5.5 8.25 7.25 10l3.25-3.75",
            Self::Triangle => "M8 2.75 14 13.25H2zM8 6.75V9.5M8 11.4v.1",
            Self::CircleCross => "M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5M6 6l4 4M10 6l-4 4",
            Self::CircleSlash => "M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5M4.25 11.75l7.5-7.5",
            Self::Info => "M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 0 0 0-11.5M8 7.5v3M8 5.25v.1",
            Self::Pulse => "M1.75 8h2.5L6.5 3l3 10 2.25-5h2.5",
            Self::Sync => {
                "M13.25 7A5.4 5.4 0 0 0 3.4 5.25M2.75 9a5.4 5.4 0 0 0 9.85 1.75M3.25 2.5v2.75H6M12.75 13.5v-2.75H10"
            }
            Self::Play => "M5.25 3.5v9L12.25 8z",
            Self::Plus => "M8 3.25v9.5M3.25 8h9.5",
            Self::Minus => "M3.25 8h9.5",
            Self::Swap => "M2.75 5.5h10M10.25 3l2.5 2.5-2.5 2.5M13.25 10.5h-10M5.75 8l-2.5 2.5 2.5 2.5",
            Self::Join => {
                "M6 7.75a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M1.75 13.25c.3-2.3 2-3.5 4.25-3.5s3.95 1.2 4.25 3.5M12.5 5v4M10.5 7h4"
            }
            Self::Dot => "M8 6.75a1.25 1.25 0 1 0 0 2.5 1.25 1.25 0 0 0 0-2.5",
            Self::Eye => {
                "M1.75 8S4 3.75 8 3.75 14.25 8 14.25 8 12 12.25 8 12.25 1.75 8 1.75 8M8 6.25a1.75 1.75 0 1 0 0 3.5 1.75 1.75 0 0 0 0-3.5"
            }
            Self::Copy => "M6.25 6.25h7v7h-7zM3.75 9.75h-1v-7h7v1",
            Self::Check => "M3.25 8.5 6.5 11.75l6.25-7.5",
            Self::Cross => "M4 4l8 8M12 4l-8 8",
            Self::Lines => "M2.25 4.25h11.5M2.25 8h11.5M2.25 11.75h11.5",
            Self::ChevronDown => "M4.5 6.25 8 9.75l3.5-3.5",
            Self::ChevronLeft => "M9.75 4.5 6.25 8l3.5 3.5",
            Self::ChevronRight => "M6.25 4.5 9.75 8l-3.5 3.5",
            Self::People => {
                "M6 7.5a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8M1.75 13c.3-2.2 2-3.4 4.25-3.4s3.95 1.2 4.25 3.4M10.5 2.9a2.4 2.4 0 0 1 0 4.4M12 9.9c1.3.5 2.1 1.6 2.25 3.1"
            }
            Self::Bell => "M4 10.75V7a4 4 0 0 1 8 0v3.75l1.25 1.25H2.75zM6.75 13.75h2.5",
            Self::Layers => "M8 2.5 14 5.75 8 9 2 5.75zM2.5 8.5 8 11.5l5.5-3M2.5 11 8 14l5.5-3",
            Self::Document => "M4 2.25h5l3 3v8.5H4zM9 2.25v3h3M6 8.25h4M6 10.75h4",
            Self::Inbox => "M2.25 9.25h3.5L7 11h2l1.25-1.75h3.5M2.25 9.25l2-5.5h7.5l2 5.5v4H2.25z",
            Self::Screen => "M2.25 3.25h11.5v7.5H2.25zM5.75 13.25h4.5M8 10.75v2.5",
            Self::Sun => {
                "M8 5.25a2.75 2.75 0 1 0 0 5.5 2.75 2.75 0 0 0 0-5.5M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"
            }
            Self::Moon => "M13.25 9.5A5.75 5.75 0 1 1 6.5 2.75a4.75 4.75 0 0 0 6.75 6.75",
            Self::Search => "M7 2.75a4.25 4.25 0 1 0 0 8.5 4.25 4.25 0 0 0 0-8.5M10.25 10.25l3.25 3.25",
            Self::Filter => "M2.25 4.25h11.5M4.5 8h7M6.75 11.75h2.5",
            Self::Download => "M8 2.5v7.75M4.75 7.25 8 10.5l3.25-3.25M2.75 13.25h10.5",
            Self::Pause => "M5.5 3.25v9.5M10.5 3.25v9.5",
            Self::Calendar => "M2.75 3.75h10.5v9.5H2.75zM2.75 6.75h10.5M5.5 2.25v3M10.5 2.25v3",
            Self::ArrowUp => "M8 13V3M4 7l4-4 4 4",
            Self::Expand => "M9.5 2.75h3.75V6.5M13.25 2.75 9.25 6.75M6.5 13.25H2.75V9.5M2.75 13.25l4-4",
            Self::Keyboard => "M1.75 4.25h12.5v7.5H1.75zM4.25 6.75h.1M6.75 6.75h.1M9.25 6.75h.1M11.75 6.75h.1M5 9.25h6",
            Self::Book => {
                "M3.25 2.75h8a1.5 1.5 0 0 1 1.5 1.5v9h-8a1.5 1.5 0 0 1-1.5-1.5zM3.25 11.75a1.5 1.5 0 0 1 1.5-1.5h8M6 5.5h4"
            }
            Self::Undo => "M2.75 3v3.75H6.5M3 6.75a5.4 5.4 0 1 1-.1 3",
            Self::Archive => "M2.25 2.75h11.5v3H2.25zM3.25 5.75h9.5v7.5h-9.5zM6.5 8.5h3",
        }
    }
}

#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    // Only the running arc moves, and only for those who like things to move.
    let class = if glyph == Glyph::Arc { "icon icon-turning" } else { "icon" };
    view! {
        <svg class=class viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path d=glyph.path()></path>
        </svg>
    }
}
