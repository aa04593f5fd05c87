//! The list itself: the page of runs that the address names, and what stands there while there are none.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Redirect};

use crate::{
    model::page::RunPage,
    ui::{
        components::{
            error_panel::ErrorPanel, new_runs::NewRuns, notice::Notice, pager::Pager, run_table::RunTable,
            skeleton::RunTableSkeleton,
        },
        live_list::LiveList,
        reader::focus_row,
        rows::RunRows,
        shortcuts::{Command, Shortcuts},
    },
};

#[component]
pub fn RunList(list: LiveList, can_start: bool, #[prop(into)] tenant: String) -> impl IntoView {
    expect_context::<Shortcuts>().listen(|command| match command {
        Command::NextRow => focus_row(1),
        Command::PreviousRow => focus_row(-1),
        Command::Search => focus_search(),
        Command::Help => false,
    });
    let (busy, set_busy) = signal(false);
    // On the server the transition tells that it waits by another thread than the one that draws the page: where they met at
    // the signal, the page failed. There it tells one that nobody reads.
    let tell_busy = if cfg!(feature = "hydrate") { set_busy } else { signal(false).1 };
    let tenant = StoredValue::new(tenant);
    view! {
        <p class="sr-only" role="status" aria-live="polite">{move || list.announcer.text()}</p>
        <div class="run-list" class:run-list-busy=busy on:pointermove=move |_| list.reader.pointed()>
            <Transition fallback=|| view! { <RunTableSkeleton/> } set_pending=tell_busy>
                {move || Suspend::new(async move {
                    let tenant = tenant.get_value();
                    match list.page.await {
                        Err(error) => view! { <ErrorPanel error way_out=("/".to_owned(), "Go to operations")/> }.into_any(),
                        Ok(RunPage { found: Some(run), .. }) => {
                            let options = NavigateOptions { replace: true, ..Default::default() };
                            view! { <Redirect path=format!("/t/{tenant}/operations/{run}") options/> }.into_any()
                        }
                        Ok(page) => {
                            let filter = list.filter.get_untracked();
                            let rows = RunRows::new(&page);
                            list.show(&rows);
                            let next = {
                                let rows = rows.clone();
                                Memo::new(move |_| rows.next())
                            };
                            view! {
                                {page.note.map(|text| view! { <Notice text/> })}
                                {page.aside.map(|text| view! { <Notice text/> })}
                                <NewRuns rows=rows.clone() show=move |()| list.release()/>
                                <RunTable rows can_start filtered=!filter.is_open() tenant=tenant.clone()/>
                                <Pager tenant filter previous=page.previous next/>
                            }
                                .into_any()
                        }
                    }
                })}
            </Transition>
        </div>
    }
}

fn focus_search() -> bool {
    use wasm_bindgen::JsCast;
    let field = document().query_selector(".filters [name=q]").ok().flatten();
    field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()).is_some_and(|field| field.focus().is_ok())
}
