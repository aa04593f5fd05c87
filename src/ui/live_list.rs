//! The list of runs while it is on the screen: asked for by its address, and kept up to date without moving under its
//! reader's hands.

use leptos::{prelude::*, task::spawn_local};

use super::{
    announcer::Announcer,
    clock::browser_now,
    context::ViewerResource,
    live::LiveFeed,
    reader::Reader,
    rows::{Applied, RunRows},
    throttle::once_a_second,
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
}

impl LiveList {
    /// For the body of the page.
    pub fn on_this_page(tenant: Memo<String>, query: Memo<String>, filter: Memo<RunFilter>) -> Self {
        let page = Resource::new(move || (tenant.get(), query.get()), |(tenant, query)| list_runs(tenant, query));
        let (shown, paused, reader) = (RwSignal::new(None), RwSignal::new(false), Reader::on_this_page());
        let refresh = once_a_second(move || {
            let (tenant, query) = (tenant.get_untracked(), query.get_untracked());
            spawn_local(async move {
                match list_runs(tenant, query).await {
                    Ok(page) => {
                        with_rows(shown, |rows| rows.replace(&page, paused.get_untracked() || reader.is_busy()))
                    }
                    // Shown by asking through the page's resource, which leads to the sign-in page or says that there
                    // is no such tenant any more.
                    Err(AppError::Unauthenticated | AppError::NotFound { .. }) => page.refetch(),
                    // Away for a moment: what is on the screen stays, and the stream says that it reconnects.
                    Err(_) => {}
                }
            });
        });
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
            announcer: Announcer::on_this_page(),
            shown,
            me,
            refresh: Callback::new(move |()| refresh()),
        };
        expect_context::<LiveFeed>().listen(move |event| match event {
            LiveEvent::Run { run } => list.changed(&run),
            LiveEvent::Gap => refresh(),
            LiveEvent::Notification { .. } | LiveEvent::Inbox { .. } | LiveEvent::Clock { .. } => {}
        });
        // What happened while it was paused was not kept: the truth is asked for.
        Effect::new(move |before: Option<bool>| {
            let paused = paused.get();
            if before == Some(true) && !paused {
                refresh();
            }
            paused
        });
        list
    }

    /// These rows are on the screen now.
    pub fn show(self, rows: &RunRows) {
        self.shown.try_set(Some(rows.clone()));
    }

    /// How many runs there are, once it is known.
    pub fn count(self) -> Option<RunCount> {
        // A part of the page that is drawn last, on the server, may outlive the page's signals.
        self.shown.try_read()?.as_ref().map(RunRows::count)
    }

    /// The reader's own run: it goes in at once where they can see it.
    pub fn started(self, run: &Run) {
        self.apply(run, self.reader.is_busy());
    }

    /// Shows the runs that wait, from the top.
    pub fn release(self) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
        with_rows(self.shown, RunRows::release);
    }

    fn changed(self, run: &Run) {
        let paused = self.paused.get_untracked();
        let known = self.shown.with_untracked(|rows| rows.as_ref().is_some_and(|rows| rows.has(run.id)));
        if !(paused && known) {
            self.apply(run, paused || self.reader.is_busy());
        }
    }

    fn apply(self, run: &Run, hold: bool) {
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
            // The pill says that runs wait.
            Applied::Waiting | Applied::Quiet | Applied::Elsewhere => {}
        });
    }
}

/// Works on the rows on the screen, if the page is still there.
fn with_rows(shown: RwSignal<Option<RunRows>>, work: impl FnOnce(&RunRows)) {
    if let Some(Some(rows)) = shown.try_get_untracked() {
        work(&rows);
    }
}
