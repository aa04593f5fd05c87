//! `/t/{tenant}/audit`: who did what, when and from where; the filter is the address.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use crate::{
    api::audit::list_audit,
    model::{
        audit::{AuditAction, AuditAsked, AuditPage as Page},
        page::Person,
    },
    ui::{
        components::{
            audit_table::AuditTable,
            error_panel::ErrorPanel,
            get_form::GetForm,
            icon::{Glyph, Icon},
            menu::Menu,
            notice::Notice,
            page_header::PageHeader,
        },
        context::CurrentTenant,
    },
};

#[component]
pub fn AuditPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let given = |name: &str| query.get_str(name).filter(|text| !text.is_empty()).map(str::to_owned);
        AuditAsked {
            action: given("action"),
            person: given("person"),
            from: given("from"),
            to: given("to"),
            after: given("after"),
        }
    });
    let page = Resource::new(
        move || (tenant.get(), asked.get()),
        |(tenant, asked)| list_audit(tenant, asked.action, asked.person, asked.from, asked.to, asked.after),
    );
    view! {
        <Title text="Audit log"/>
        <Transition>
            {move || Suspend::new(async move {
                let (tenant, asked) = (tenant.get_untracked(), asked.get_untracked());
                match page.await {
                    Err(error) => {
                        let way_out = (format!("/t/{tenant}/operations"), "Go to operations");
                        view! { <ErrorPanel error way_out/> }.into_any()
                    }
                    Ok(Page { entries, people }) => {
                        let filtered = asked.is_filtered();
                        let export = view! { <Export asked=asked.clone() tenant=tenant.clone()/> };
                        view! {
                            <PageHeader title="Audit log" beside=|| ()>
                                {export}
                            </PageHeader>
                            <Filters asked=asked.clone() people tenant=tenant.clone()/>
                            {entries.note.map(|text| view! { <Notice text/> })}
                            {match entries.items.is_empty() {
                                true => view! { <Nothing filtered/> }.into_any(),
                                false => view! { <AuditTable entries=entries.items tenant=tenant.clone()/> }.into_any(),
                            }}
                            <Pages asked next=entries.next tenant/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// The page's address, or a file's, with this filter.
fn address(path: &str, asked: &AuditAsked) -> String {
    let query: Vec<String> = asked.pairs().map(|(name, value)| format!("{name}={}", Url::escape(value))).collect();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
}

/// A form whose fields are the address.
#[component]
fn Filters(asked: AuditAsked, people: Vec<Person>, tenant: String) -> impl IntoView {
    let action = format!("/t/{tenant}/audit");
    let filtered = asked.is_filtered();
    let (chosen, person) = (asked.action.unwrap_or_default(), asked.person.unwrap_or_default());
    let actions = AuditAction::ALL
        .iter()
        .map(|one| view! { <option value=one.as_str() selected=one.as_str() == chosen>{one.label()}</option> })
        .collect_view();
    let people = people
        .into_iter()
        .map(|one| {
            let id = one.id.to_string();
            let selected = id == person;
            view! { <option value=id selected=selected>{one.name}</option> }
        })
        .collect_view();
    view! {
        <GetForm action=action.clone() class="group-filters audit-filters" role="search">
            <label class="field-inline">
                <span class="sr-only">"What was done"</span>
                <select name="action"><option value="">"All actions"</option>{actions}</select>
            </label>
            <label class="field-inline">
                <span class="sr-only">"Who did it"</span>
                <select name="person"><option value="">"Everybody"</option>{people}</select>
            </label>
            <label class="field-inline">
                <span>"From"</span>
                <input type="date" name="from" value=asked.from title="From the beginning of this day, UTC"/>
            </label>
            <label class="field-inline">
                <span>"to"</span>
                <input type="date" name="to" value=asked.to title="To the end of this day, UTC"/>
            </label>
            <button type="submit" class="button">"Filter"</button>
            {filtered.then(|| view! { <a class="button button-plain" href=action>"Show all"</a> })}
        </GetForm>
    }
}

/// The log as it is filtered, as a file.
#[component]
fn Export(asked: AuditAsked, tenant: String) -> impl IntoView {
    let whole = AuditAsked { after: None, ..asked };
    let link = move |ending: &'static str, words: &'static str, note: &'static str| {
        view! {
            <li>
                <a
                    class="menu-item"
                    href=address(&format!("/t/{tenant}/audit/export.{ending}"), &whole)
                    download
                    rel="external"
                >
                    <span class="grow">{words}</span>
                    <span class="quiet">{note}</span>
                </a>
            </li>
        }
    };
    let summary = || view! { <Icon glyph=Glyph::Download/> <span class="wide-only">"Export"</span> };
    view! {
        <Menu label="Export the log" class="export-menu" summary>
            <ul>{link("csv", "CSV", "for spreadsheets")} {link("ndjson", "NDJSON", "one entry a line")}</ul>
        </Menu>
    }
}

#[component]
fn Nothing(filtered: bool) -> impl IntoView {
    let (title, advice) = match filtered {
        true => ("No entry matches", "Choose other days, another person or another action, or show all."),
        false => ("Nothing yet", "Whoever starts, cancels, restores or changes something here leaves an entry."),
    };
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Book/></span>
            <h2>{title}</h2>
            <p>{advice}</p>
        </div>
    }
}

#[component]
fn Pages(asked: AuditAsked, next: Option<String>, tenant: String) -> impl IntoView {
    let path = format!("/t/{tenant}/audit");
    let deep = asked.after.is_some();
    let first = address(&path, &AuditAsked { after: None, ..asked.clone() });
    (deep || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of the audit log">
                {deep
                    .then(|| {
                        view! {
                            <a class="button button-plain" href=first>
                                <Icon glyph=Glyph::ChevronLeft/>
                                "Newest entries"
                            </a>
                        }
                    })}
                <span class="grow"></span>
                {next
                    .map(|next| {
                        view! {
                            <a
                                class="button button-plain"
                                href=address(&path, &AuditAsked { after: Some(next), ..asked })
                            >
                                "Older entries"
                                <Icon glyph=Glyph::ChevronRight/>
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
