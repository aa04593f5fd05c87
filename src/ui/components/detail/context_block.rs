//! The run's context as JSON, folded away until somebody asks for it.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::components::{
    copy_button::CopyButton,
    icon::{Glyph, Icon},
};

#[component]
pub fn ContextBlock(#[prop(into)] context: Signal<Value>) -> impl IntoView {
    // A value of JSON has only keys that are text, so it can always be written.
    let text = Memo::new(move |_| serde_json::to_string_pretty(&*context.read()).unwrap_or_default());
    view! {
        <section class="panel">
            <details class="fold fold-panel">
                <summary><Icon glyph=Glyph::ChevronRight/><h2>"Context"</h2></summary>
                <div class="json">
                    <CopyButton text label="Copy the context"/>
                    <pre tabindex="0" aria-label="Context as JSON"><code>{move || text.get()}</code></pre>
                </div>
            </details>
        </section>
    }
}
