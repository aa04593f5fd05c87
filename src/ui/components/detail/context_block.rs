//! The run's context as JSON: folded away until somebody asks for it, to fold, search and copy.

use leptos::prelude::*;
use serde_json::Value;

use crate::ui::{
    clock::hydrated,
    components::{
        copy_button::CopyButton,
        icon::{Glyph, Icon},
    },
    json_tree::{Body, Branch, Node, hits, tree},
};

#[component]
pub fn ContextBlock(#[prop(into)] context: Signal<Value>) -> impl IntoView {
    // A value of JSON has only keys that are text, so it can always be written.
    let text = Memo::new(move |_| serde_json::to_string_pretty(&*context.read()).unwrap_or_default());
    let search = RwSignal::new(String::new());
    let root = Memo::new(move |_| tree(&context.read(), &search.read()));
    let found = move || match (search.read().trim().is_empty(), hits(&root.read())) {
        (true, _) => String::new(),
        (false, 0) => "No match".to_owned(),
        (false, 1) => "1 match".to_owned(),
        (false, count) => format!("{count} matches"),
    };
    let alive = hydrated();
    view! {
        <section class="panel">
            <details class="fold fold-panel">
                <summary><Icon glyph=Glyph::ChevronRight/><h2>"Context"</h2></summary>
                <div class="json">
                    // Without scripts nothing would happen here.
                    <div class="json-bar" class:json-able=alive>
                        <label class="search-field">
                            <Icon glyph=Glyph::Search/>
                            <span class="sr-only">"Search the context"</span>
                            <input
                                type="search"
                                placeholder="Search names and values"
                                autocomplete="off"
                                spellcheck="false"
                                prop:value=search
                                on:input=move |event| search.set(event_target_value(&event))
                            />
                        </label>
                        <span class="quiet" role="status">{found}</span>
                        <span class="grow"></span>
                        <CopyButton text label="Copy the context"/>
                    </div>
                    <div class="json-tree" tabindex="0" role="group" aria-label="Context as JSON">
                        {move || drawn(root.get())}
                    </div>
                </div>
            </details>
        </section>
    }
}

fn drawn(node: Node) -> AnyView {
    let Node { key, body, hit } = node;
    let key = key.map(|key| view! { <span class="json-key">{key}</span> <span class="json-mark">": "</span> });
    let class = if hit { "json-line json-hit" } else { "json-line" };
    match body {
        Body::Leaf { text, class: colour } => {
            view! { <div class=class>{key}<span class=colour>{text}</span></div> }.into_any()
        }
        Body::Branch(Branch { brackets: [begin, end], children, count: 0, .. }) => {
            debug_assert!(children.is_empty(), "a branch of nothing has no children");
            view! { <div class=class>{key}<span class="json-mark">{begin}{end}</span></div> }.into_any()
        }
        Body::Branch(Branch { brackets: [begin, end], children, count, open }) => {
            let rest = count - children.len();
            view! {
                <details class="json-branch" open=open>
                    <summary class=class>
                        <Icon glyph=Glyph::ChevronRight/>
                        {key}
                        <span class="json-mark">{begin}</span>
                        <span class="json-count">{count} {end}</span>
                    </summary>
                    <div class="json-children">
                        {children.into_iter().map(drawn).collect_view()}
                        {(rest > 0).then(|| view! { <div class="json-line quiet">{format!("and {rest} more")}</div> })}
                    </div>
                    <span class="json-mark json-end">{end}</span>
                </details>
            }
            .into_any()
        }
    }
}
