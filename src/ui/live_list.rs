//! The list of runs while it is on the screen: asked for by its address, and kept up to date without moving under its
//! reader's hands.

use leptos::{prelude::*, task::spawn_local};

use super::{
    announcer::Announcer,
    clock::browser_now,
    context::ViewerResource,
    filter_words,
    live::LiveFeed,
    reader::Reader,
    rows::{Applied, Hold, RunRows},
    throttle::once_a_second,
    words,
};
use crate::{
    api::operations::list_runs,
    error::AppError,
    model::{
        filter::RunFilter,
        ids::UserId,
        page::{RunCount, RunPage},
        run::{LiveEvent, Run},
    },
};

/// What the page and its parts hold of the list.
#[derive(Clone, Copy)]
pub struct LiveList {
    pub page: Resource<Result<RunPage, AppError>>,
    pub filter: Memo<RunFilter>,
    pub paused: RwSignal<bool>,
    pub reader: Reader,
    pub announcer: Announcer,
    /// The rows on the screen now, for what comes in later.
    shown: RwSignal<Option<RunRows>>,
    /// Who is looking.
    me: StoredValue<Option<UserId>>,
    refresh: Callback<()>,
    /// Asks for the page and shows it whatever the reader does.
    reload: Callback<()>,
}

impl LiveList {
    /// For the body of the page.
    pub fn on_this_page(tenant: Memo<String>, query: Memo<String>, filter: Memo<RunFilter>) -> Self {
        let page = Resource::new(move || (tenant.get(), query.get()), |(tenant, query)| list_runs(tenant, query));
        let (shown, paused, reader) = (RwSignal::new(None), RwSignal::new(false), Reader::on_this_page());
        let announcer = Announcer::on_this_page();
        let hold = move || match (paused.get_untracked(), reader.is_busy()) {
            (true, _) => Hold::Everything,
            (false, true) => Hold::Places,
            (false, false) => Hold::Nothing,
        };
        let ask = move |held: bool| {
            let asked = (tenant.get_untracked(), query.get_untracked());
            spawn_local(async move {
                let answer = list_runs(asked.0.clone(), asked.1.clone()).await;
                // Whoever has gone on meanwhile sees another list.
                if tenant.try_get_untracked() != Some(asked.0) || query.try_get_untracked() != Some(asked.1) {
                    return;
                }
                match answer {
                    Ok(page) => with_rows(shown, |rows| {
                        let before = rows.waiting_now();
                        rows.replace(&page, if held { hold() } else { Hold::Nothing });
                        if rows.waiting_now() != before {
                            announcer.waiting(words::new_runs(rows.waiting_now()));
                        }
                    }),
                    // Shown by asking through the page's resource, which leads to the sign-in page or says that there
                    // is no such tenant any more.
                    Err(AppError::Unauthenticated | AppError::NotFound { .. }) => page.refetch(),
                    // Away for a moment: what is on the screen stays, and the stream says that it reconnects.
                    Err(_) => {}
                }
            });
        };
        let refresh = once_a_second(move || ask(true));
        let viewer = expect_context::<ViewerResource>();
        let me = StoredValue::new(None);
        Effect::new(move |_| {
            let viewer = viewer.get().and_then(Result::ok).flatten();
            me.set_value(viewer.map(|viewer| viewer.id));
        });
        let list = Self {
            page,
            filter,
            paused,
            reader,
            announcer,
            shown,
            me,
            refresh: Callback::new(move |()| refresh()),
            reload: Callback::new(move |()| ask(false)),
        };
        expect_context::<LiveFeed>().listen(move |event| match event {
            LiveEvent::Run { run } => list.apply(&run, hold()),
            LiveEvent::Gap => refresh(),
            LiveEvent::Notification { .. }
            | LiveEvent::Inbox { .. }
            | LiveEvent::Clock { .. }
            | LiveEvent::DatabaseAway => {}
        });
        // What happened while it was paused was not kept: the truth is asked for.
        Effect::new(move |before: Option<bool>| {
            let paused = paused.get();
            if before == Some(true) && !paused {
                refresh();
            }
            paused
        });
        // Whoever hears the page is told what a filter leaves of the list; at first they read it with the page.
        Effect::new(move |before: Option<bool>| {
            let count = shown.with(|rows| rows.as_ref().map(RunRows::count_now));
            if let (Some(true), Some(count)) = (before, count) {
                announcer.found(filter_words::runs(count));
            }
            before == Some(true) || count.is_some()
        });
        list
    }

    /// These rows are on the screen now. Nothing comes in later on the server, where the parts of a page are drawn on
    /// several threads: a part that read this signal while another wrote it would fail.
    pub fn show(self, rows: &RunRows) {
        if cfg!(feature = "hydrate") {
            self.shown.try_set(Some(rows.clone()));
        }
    }

    /// How many runs there are, once it is known.
    pub fn count(self) -> Option<RunCount> {
        // A part of the page that is drawn last, on the server, may outlive the page's signals.
        self.shown.try_read()?.as_ref().map(RunRows::count)
    }

    /// The reader's own run: it goes in at once where they can see it.
    pub fn started(self, run: &Run) {
        self.apply(run, if self.reader.is_busy() { Hold::Places } else { Hold::Nothing });
    }

    /// Shows the runs that wait, from the top.
    pub fn release(self) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.announcer.waiting(None);
        with_rows(self.shown, |rows| if rows.is_stale() { self.reload.run(()) } else { rows.release() });
    }

    fn apply(self, run: &Run, hold: Hold) {
        // A reader who is idle again gets what has waited first: newer runs do not go in above it.
        if hold == Hold::Nothing {
            with_rows(self.shown, |rows| match rows.is_stale() {
                true => self.refresh.run(()),
                false => rows.release(),
            });
        }
        let filter = self.filter.get_untracked();
        let admitted = filter.admits(run, self.me.get_value(), browser_now().unwrap_or(run.updated_at));
        if admitted && !filter.reasons.is_any() {
            // Why a run failed is not in its line: whether it is in this list, only the server can say.
            if !run.status.is_active() {
                self.refresh.run(());
            }
            return with_rows(self.shown, |rows| _ = rows.apply(run, false, hold));
        }
        with_rows(self.shown, |rows| match rows.apply(run, admitted, hold) {
            Applied::Changed(state) => self.announcer.changed(run.operation_type, state),
            Applied::Inserted => self.announcer.changed(run.operation_type, run.state()),
            Applied::Waiting => self.announcer.waiting(words::new_runs(rows.waiting_now())),
            Applied::Quiet | Applied::Elsewhere => {}
        });
    }
}

/// Works on the rows on the screen, if the page is still there.
fn with_rows(shown: RwSignal<Option<RunRows>>, work: impl FnOnce(&RunRows)) {
    if let Some(Some(rows)) = shown.try_get_untracked() {
        work(&rows);
    }
}
