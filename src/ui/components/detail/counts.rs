//! What the run came to: a bar of the three results, their numbers, and the type's own counts.

use leptos::prelude::*;

use crate::{
    model::run::{Run, SummaryCounts},
    ui::words,
};

#[component]
pub fn Counts(#[prop(into)] run: Signal<Run>) -> impl IntoView {
    let counts = Memo::new(move |_| run.read().summary_counts.clone());
    let active = Memo::new(move |_| run.read().status.is_active());
    view! {
        <section class="panel" aria-labelledby="counts-title">
            <h2 id="counts-title">"Items"</h2>
            {move || {
                let counts = counts.get();
                match counts.total.max(counts.processed) {
                    0 if active.get() => view! { <p class="quiet">"Nothing counted yet."</p> }.into_any(),
                    0 => view! { <p class="quiet">"The run touched no items."</p> }.into_any(),
                    total => view! { <Numbers counts total/> }.into_any(),
                }
            }}
        </section>
    }
}

#[component]
fn Numbers(counts: SummaryCounts, total: u64) -> impl IntoView {
    let results = [
        ("Succeeded", "succeeded", counts.succeeded),
        ("Failed", "failed", counts.failed),
        ("Skipped", "skipped", counts.skipped),
    ];
    let description = format!(
        "{}: {} succeeded, {} failed, {} skipped",
        words::items(total),
        counts.succeeded,
        counts.failed,
        counts.skipped
    );
    // The classes name the parts; the widths are attributes of the drawing, in percent of it.
    let segments = segments([counts.succeeded, counts.failed, counts.skipped], total)
        .into_iter()
        .zip(results)
        .filter(|((_, width), _)| *width > 0.0)
        .map(|((x, width), (_, class, _))| {
            view! { <rect class=format!("segment segment-{class}") x=format!("{x:.2}%") width=format!("{width:.2}%") height="100%"></rect> }
        })
        .collect_view();
    view! {
        <svg class="stack" role="img" aria-label=description width="100%" height="8">
            <rect class="segment" width="100%" height="100%"></rect>
            {segments}
        </svg>
        <dl class="numbers">
            <div><dt>"Total"</dt><dd>{words::number(total)}</dd></div>
            {results
                .map(|(name, class, count)| {
                    view! {
                        <div>
                            <dt><span class=format!("swatch swatch-{class}") aria-hidden="true"></span>{name}</dt>
                            <dd>{words::number(count)}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
        {(!counts.own.is_empty())
            .then(|| {
                view! {
                    <dl class="numbers numbers-own">
                        {counts
                            .own
                            .iter()
                            .map(|(key, count)| {
                                view! { <div><dt>{words::count_name(key)}</dt><dd>{words::number(*count)}</dd></div> }
                            })
                            .collect_view()}
                    </dl>
                }
            })}
    }
}

/// Start and width in percent of each part of a whole, side by side.
fn segments(parts: [u64; 3], whole: u64) -> [(f64, f64); 3] {
    let mut x = 0.0;
    parts.map(|part| {
        let width = if whole == 0 { 0.0 } else { words::percent(part, whole) };
        let start = x;
        x += width;
        (start, width)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_the_bar_stand_side_by_side() {
        assert_eq!(segments([5, 3, 2], 10), [(0.0, 50.0), (50.0, 30.0), (80.0, 20.0)]);
        assert_eq!(segments([0, 0, 0], 0), [(0.0, 0.0); 3]);
    }
}
