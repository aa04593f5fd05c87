//! What a reader is told when the page's program has stopped, be it by a mistake of ours or because a part of it could
//! not be loaded: after an update the server no longer has the parts of a page that is still open.

use leptos::prelude::*;

/// Shows, once, that the page must be loaded again.
pub fn tell() {
    _ = show();
}

/// By the document's own means: nothing of leptos may be relied on any more. Nothing when it is shown already.
fn show() -> Option<()> {
    let document = document();
    if document.query_selector(".stopped").ok()?.is_some() {
        return None;
    }
    let notice = document.create_element("div").ok()?;
    notice.set_attribute("class", "stopped").ok()?;
    notice.set_attribute("role", "alert").ok()?;
    let words = document.create_text_node("This page has stopped and must be loaded again. Nothing was lost. ");
    let link = document.create_element("a").ok()?;
    link.set_attribute("href", &window().location().href().ok()?).ok()?;
    // Not for the router, which may be what has stopped.
    link.set_attribute("rel", "external").ok()?;
    link.set_text_content(Some("Reload"));
    notice.append_child(&words).ok()?;
    notice.append_child(&link).ok()?;
    document.body()?.append_child(&notice).ok()?;
    Some(())
}
