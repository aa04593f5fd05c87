//! What a page holds that starts operations: the form's action, and its answer. With scripts the answer is a toast;
//! without them the form leads back to its page, whose address then names the run.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{NavigateOptions, hooks::use_navigate, hooks::use_query_map};

use super::{
    clock::zone_offset,
    components::toast::ToastText,
    context::{CurrentTenant, action_error, sign_in_address},
    words,
};
use crate::{
    error::AppError,
    model::{ids::RunId, run::Started, time::WallClock},
};

/// A form that starts an operation, of any server function that answers with the run.
/// Made by the page itself, so that the answer outlives a reload of the page's data.
pub struct Starting<S: ServerFn + 'static>
where
    S::Output: 'static,
{
    pub action: ServerAction<S>,
    /// Shown by a `<Toast>` outside of what the page reloads.
    pub toast: RwSignal<Option<ToastText>>,
    error: Signal<Option<AppError>>,
    told: Memo<Option<Told>>,
}

impl<S: ServerFn> Clone for Starting<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ServerFn> Copy for Starting<S> {}

/// What the address says came of a form that was sent without scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub run: RunId,
    /// False when the request joined a run that was already active.
    pub created: bool,
}

impl Told {
    /// Reads the query that [`Started`] leaves. An address can be written by anyone: only an id is taken from it.
    fn read(get: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let id = |name: &str| get(name)?.parse().ok();
        let created = id(Started::CREATED_QUERY).map(|run| Self { run, created: true });
        created.or_else(|| id(Started::JOINED_QUERY).map(|run| Self { run, created: false }))
    }
}

impl<S> Starting<S>
where
    S: ServerFn<Error = AppError, Output = Started> + Clone + Send + Sync + 'static,
{
    /// For the body of a page below a tenant.
    pub fn on_this_page() -> Self {
        let CurrentTenant(tenant) = expect_context();
        let query = use_query_map();
        let action = ServerAction::<S>::new();
        let toast = RwSignal::new(None);
        let sign_in = sign_in_address();
        let navigate = use_navigate();
        Effect::new(move |_| match action.value().get() {
            Some(Ok(started)) => toast.set(Some(started_toast(&tenant.get_untracked(), &started))),
            Some(Err(AppError::Unauthenticated)) => navigate(&sign_in, NavigateOptions::default()),
            Some(Err(error)) => toast.set(Some(ToastText { words: error.to_string(), alert: true, link: None })),
            None => {}
        });
        Self {
            action,
            toast,
            error: action_error(action),
            told: Memo::new(move |_| Told::read(|name| query.read().get(name))),
        }
    }

    /// What went wrong with the form that was sent without scripts.
    pub fn form_error(self) -> Option<AppError> {
        self.error.get().filter(|_| self.action.version().get() == 0)
    }

    /// The run that the form started or joined, when it was sent without scripts.
    pub fn form_told(self) -> Option<Told> {
        self.told.get().filter(|_| self.action.version().get() == 0)
    }

    /// Calls `listener` with each run that the form has started or joined.
    pub fn on_started(self, listener: impl Fn(&Started) + Send + Sync + 'static) {
        let action = self.action;
        Effect::new(move |_| {
            if let Some(Ok(started)) = action.value().get() {
                listener(&started);
            }
        });
    }
}

fn started_toast(tenant: &str, started: &Started) -> ToastText {
    let created = started.run.created_at;
    let at = WallClock::new(created, zone_offset(created)).short();
    ToastText {
        words: words::started(started, &at),
        alert: false,
        link: Some((format!("/t/{tenant}/operations/{}", started.run.id), "View run")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_run_or_says_nothing() {
        let id = "01a20928-c782-7212-aa80-2b1d05d5643e";
        let told = |name: &'static str, value: &'static str| {
            Told::read(|asked| (asked == name).then(|| value.to_owned()))
                .map(|told| (told.run.to_string(), told.created))
        };
        assert_eq!(told("started", id), Some((id.to_owned(), true)));
        assert_eq!(told("joined", id), Some((id.to_owned(), false)));
        assert_eq!(told("started", "Your account is locked"), None);
        assert_eq!(told("other", id), None);
    }
}
