//! What stands where data will be, in the size of what comes. It appears only when the wait is long enough to notice.

use leptos::prelude::*;

use super::run_table::RunTableHead;

#[component]
pub fn RunTableSkeleton() -> impl IntoView {
    let cells = || (0..7).map(|_| view! { <td><span class="skeleton"></span></td> }).collect_view();
    view! {
        <div class="waiting" role="status">
            <span class="sr-only">"Loading runs"</span>
            <table class="runs" aria-hidden="true">
                <RunTableHead/>
                <tbody>{(0..12).map(|_| view! { <tr class="run">{cells()}</tr> }).collect_view()}</tbody>
            </table>
        </div>
    }
}

#[component]
pub fn DetailSkeleton() -> impl IntoView {
    view! {
        <div class="waiting detail" role="status">
            <span class="sr-only">"Loading the run"</span>
            <span class="skeleton skeleton-title"></span>
            <span class="skeleton skeleton-block"></span>
            <span class="skeleton skeleton-block"></span>
        </div>
    }
}
