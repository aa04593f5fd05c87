//! The way to what the run worked on.

use leptos::prelude::*;
use serde_json::Value;

use crate::{
    model::run::Run,
    ui::{
        components::{
            frame::area_paths,
            icon::{Glyph, Icon},
        },
        links::places,
    },
};

#[component]
pub fn Places(
    #[prop(into)] run: Signal<Run>,
    #[prop(into)] context: Signal<Value>,
    #[prop(into)] tenant: String,
) -> impl IntoView {
    let operation = run.with_untracked(|run| run.operation_type);
    let links = Memo::new(move |_| places(operation, &context.read(), &area_paths()));
    move || {
        let links = links.get();
        (!links.is_empty()).then(|| {
            view! {
                <section class="panel" aria-labelledby="places-title">
                    <h2 id="places-title">"What it worked on"</h2>
                    <ul class="places">
                        {links
                            .into_iter()
                            .map(|place| {
                                view! {
                                    <li>
                                        <a href=format!("/t/{tenant}/{}", place.path)>
                                            {place.words}
                                            <Icon glyph=Glyph::ChevronRight/>
                                        </a>
                                    </li>
                                }
                            })
                            .collect_view()}
                    </ul>
                </section>
            }
        })
    }
}
