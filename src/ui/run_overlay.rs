//! A run opened over the page that is on the screen. Its address is the run's own: reloaded or shared, it is the run's
//! page; back leads to the page below, which the router never left. Every plain link to a run opens this way.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlAnchorElement, MouseEvent, PopStateEvent};

use super::{
    capture::{on_any_click, on_travel},
    context::CurrentTenant,
};
use crate::model::ids::RunId;

/// Which run is open over the page, if one is.
#[derive(Clone, Copy)]
pub struct RunOverlay {
    run: RwSignal<Option<RunId>>,
    tenant: Memo<String>,
    /// The address of the page below, as the router knows it.
    below: Memo<String>,
}

impl RunOverlay {
    /// For everything below: links to runs of the tenant open over the page, and history goes through it.
    pub fn provide(CurrentTenant(tenant): CurrentTenant) -> Self {
        let location = use_location();
        let below = Memo::new(move |_| address(&location.pathname.read(), &location.search.read()));
        let overlay = Self { run: RwSignal::new(None), tenant, below };
        Effect::new(move |_| {
            on_any_click(move |event| overlay.clicked(event));
            on_travel(move |event| overlay.travelled(event));
        });
        // Whoever goes on to another page has left the run.
        Effect::new(move |before: Option<String>| {
            let now = below.get();
            if before.is_some_and(|before| before != now) {
                overlay.run.set(None);
            }
            now
        });
        provide_context(overlay);
        overlay
    }

    pub fn run(self) -> Option<RunId> {
        self.run.get()
    }

    pub fn is_open(self) -> bool {
        self.run.read_untracked().is_some()
    }

    /// The address of the open run, to come back to.
    pub fn address(self) -> Option<String> {
        self.run.get_untracked().map(|run| run_address(&self.tenant.get_untracked(), run))
    }

    /// Opens a run over the page.
    pub fn open(self, run: RunId) {
        let Ok(history) = window().history() else { return };
        let address = run_address(&self.tenant.get_untracked(), run);
        if history.push_state_with_url(&JsValue::from_str(&self.mark()), "", Some(&address)).is_ok() {
            self.run.set(Some(run));
        }
    }

    /// Back to the page below, as the browser's own button does it.
    pub fn close(self) {
        if self.is_open()
            && let Ok(history) = window().history()
        {
            _ = history.back();
        }
    }

    /// What marks our entries of the history: the page that they lie over.
    fn mark(self) -> String {
        format!("over {}", self.below.get_untracked())
    }

    fn clicked(self, event: &MouseEvent) {
        let Some(link) = plain_link(event) else { return };
        let (tenant, below) = (self.tenant.get_untracked(), self.below.get_untracked());
        match run_of(&link.pathname(), &tenant).filter(|_| link.search().is_empty()) {
            // A run's own page shows another run in its place.
            Some(run) if run_of(&below, &tenant).is_none() => {
                event.prevent_default();
                self.open(run);
            }
            // A link out of the open run: our entry of the history becomes the page below, and the router goes on.
            _ if self.is_open() => {
                if let Ok(history) = window().history() {
                    _ = history.replace_state_with_url(&JsValue::UNDEFINED, "", Some(&below));
                }
                self.run.set(None);
            }
            _ => {}
        }
    }

    /// Back and forward between a page and a run over it are ours; the router hears of everything else.
    fn travelled(self, event: &PopStateEvent) {
        let location = window().location();
        let (path, search) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
        let run =
            run_of(&path, &self.tenant.get_untracked()).filter(|_| event.state().as_string() == Some(self.mark()));
        let ours = run.is_some() || (self.is_open() && address(&path, &search) == self.below.get_untracked());
        self.run.set(run);
        if ours {
            event.stop_immediate_propagation();
        }
    }
}

/// The link under a click that would open it here.
fn plain_link(event: &MouseEvent) -> Option<HtmlAnchorElement> {
    let modified = event.meta_key() || event.alt_key() || event.ctrl_key() || event.shift_key();
    if event.default_prevented() || event.button() != 0 || modified {
        return None;
    }
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    let link = target.closest("a[href]").ok()??.dyn_into::<HtmlAnchorElement>().ok()?;
    let elsewhere = link.has_attribute("download") || !link.target().is_empty() || link.rel().contains("external");
    (!elsewhere && link.host() == window().location().host().ok()?).then_some(link)
}

fn address(path: &str, search: &str) -> String {
    match search.trim_start_matches('?') {
        "" => path.to_owned(),
        search => format!("{path}?{search}"),
    }
}

/// Where a run is.
pub fn run_address(tenant: &str, run: RunId) -> String {
    format!("/t/{tenant}/operations/{run}")
}

/// The run of the tenant that an address shows.
fn run_of(path: &str, tenant: &str) -> Option<RunId> {
    path.strip_prefix("/t/")?.strip_prefix(tenant)?.strip_prefix("/operations/")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_run_of_the_tenant_is_one() {
        let id = "0199a0c0-0000-7000-8000-000000000001";
        let run = id.parse().unwrap();
        assert_eq!(run_of(&run_address("contoso", run), "contoso"), Some(run));
        for other in [
            "/t/contoso/operations".to_owned(),
            "/t/contoso/operations/".to_owned(),
            format!("/t/fabrikam/operations/{id}"),
            format!("/t/contoso/operations/{id}/export.json"),
            format!("/t/contoso/inventory/{id}"),
        ] {
            assert_eq!(run_of(&other, "contoso"), None, "{other}");
        }
    }

    #[test]
    fn an_address_has_its_query_however_it_is_spelt() {
        assert_eq!(
            [address("/a", ""), address("/a", "?"), address("/a", "?b=1"), address("/a", "b=1")],
            ["/a", "/a", "/a?b=1", "/a?b=1"]
        );
    }
}
