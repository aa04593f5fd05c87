//! Whether the reader is busy with the list: then nothing in it may move.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::clock::browser_millis;

/// So long after the pointer moved over the list, somebody is about to click.
const POINTER_RESTS: f64 = 2000.0;
/// Scrolled less than this is still the top, in pixels.
const TOP: f64 = 8.0;

/// What of the reader can be seen.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Seen {
    scrolled: f64,
    /// Milliseconds since the pointer moved over the list.
    pointer: Option<f64>,
    focus_in_list: bool,
    selecting: bool,
    /// A menu or a dialog is open.
    opened: bool,
}

impl Seen {
    fn busy(self) -> bool {
        self.scrolled > TOP
            || self.pointer.is_some_and(|since| since < POINTER_RESTS)
            || self.focus_in_list
            || self.selecting
            || self.opened
    }
}

/// Watches the reader of one list.
#[derive(Clone, Copy)]
pub struct Reader(StoredValue<Option<f64>>);

impl Reader {
    /// For the body of a page.
    pub fn on_this_page() -> Self {
        Self(StoredValue::new(None))
    }

    /// The pointer has moved over the list.
    pub fn pointed(self) {
        self.0.set_value(Some(browser_millis()));
    }

    /// In the browser only.
    pub fn is_busy(self) -> bool {
        let page = document();
        let exists = |selector: &str| page.query_selector(selector).ok().flatten().is_some();
        let selection = window().get_selection().ok().flatten();
        Seen {
            scrolled: window().scroll_y().unwrap_or_default(),
            pointer: self.0.get_value().map(|at| browser_millis() - at),
            focus_in_list: exists(".runs :focus"),
            selecting: selection.is_some_and(|selection| !selection.is_collapsed()),
            opened: exists(".menu[open], dialog[open]"),
        }
        .busy()
    }
}

/// Puts the focus on the row after (or before) the one that has it; on the first one when none has. Tells whether there
/// is one.
pub fn focus_row(step: i32) -> bool {
    let Ok(links) = document().query_selector_all(".runs .row-link") else { return false };
    let focused = document().active_element();
    let has_focus = |index: &u32| {
        links.get(*index).is_some_and(|link| focused.as_ref().is_some_and(|focused| link.is_same_node(Some(focused))))
    };
    let at = (0..links.length()).find(has_focus);
    let next = neighbour(at, step, links.length()).and_then(|index| links.get(index));
    next.and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok()).is_some_and(|link| link.focus().is_ok())
}

fn neighbour(at: Option<u32>, step: i32, count: u32) -> Option<u32> {
    let last = count.checked_sub(1)?;
    Some(at.map_or(0, |at| at.saturating_add_signed(step).min(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_that_the_reader_does_holds_the_list_still() {
        assert!(!Seen::default().busy());
        assert!(!Seen { scrolled: 3.0, pointer: Some(5000.0), ..Seen::default() }.busy());
        for seen in [
            Seen { scrolled: 40.0, ..Seen::default() },
            Seen { pointer: Some(100.0), ..Seen::default() },
            Seen { focus_in_list: true, ..Seen::default() },
            Seen { selecting: true, ..Seen::default() },
            Seen { opened: true, ..Seen::default() },
        ] {
            assert!(seen.busy(), "{seen:?}");
        }
    }

    #[test]
    fn the_focus_goes_from_row_to_row_and_stops_at_the_ends() {
        assert_eq!([neighbour(None, 1, 3), neighbour(None, -1, 3), neighbour(None, 1, 0)], [Some(0), Some(0), None]);
        assert_eq!(
            [neighbour(Some(0), -1, 3), neighbour(Some(1), 1, 3), neighbour(Some(2), 1, 3)],
            [Some(0), Some(2), Some(2)]
        );
    }
}
