//! `/t/{tenant}/backups/new`: choosing policies, for a new set or one that takes more.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, location::Url};

use crate::{
    api::backups::{AddToBackupSet, list_policy_choices},
    model::backup::PolicyChoices,
    ui::{
        components::{
            backup::{choose_form::ChooseForm, policy_filter::PolicyFilter},
            error_panel::ErrorPanel,
            icon::{Glyph, Icon},
            notice::{Alert, Notice},
            page_header::PageHeader,
            pages::NextPage,
            skeleton::DetailSkeleton,
        },
        context::{CurrentTenant, action_error},
    },
};

#[component]
pub fn BackupNewPage() -> impl IntoView {
    let CurrentTenant(tenant) = expect_context();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let text = |name: &str| query.read().get(name).unwrap_or_default();
        Asked { family: text("family"), search: text("search"), after: text("after"), set: text("set") }
    });
    let choices = Resource::new(
        move || (tenant.get(), asked.get()),
        |(tenant, asked)| list_policy_choices(tenant, Some(asked.family), Some(asked.search), Some(asked.after)),
    );
    let add = ServerAction::<AddToBackupSet>::new();
    let error = action_error(add);
    view! {
        <Title text="Back up policies"/>
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=move || format!("/t/{}/backups", tenant.get())><Icon glyph=Glyph::ChevronLeft/>"Backups"</a>
        </nav>
        <Transition fallback=|| view! { <DetailSkeleton/> }>
            {move || Suspend::new(async move {
                let (tenant, asked) = (tenant.get_untracked(), asked.get_untracked());
                match choices.await {
                    Err(error) => {
                        view! { <ErrorPanel error way_out=(format!("/t/{tenant}/backups"), "Back to backups")/> }.into_any()
                    }
                    Ok(choices) => {
                        view! {
                            <PageHeader title="Back up policies" beside=|| ()>""</PageHeader>
                            {move || error.get().map(|error| view! { <Alert text=error.to_string()/> })}
                            <Chooser add choices asked tenant/>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    family: String,
    search: String,
    after: String,
    set: String,
}

#[component]
fn Chooser(add: ServerAction<AddToBackupSet>, choices: PolicyChoices, asked: Asked, tenant: String) -> impl IntoView {
    let path = format!("/t/{tenant}/backups/new");
    let set = choices.open_sets.iter().find(|set| set.id.to_string() == asked.set).cloned();
    let gone = (!asked.set.is_empty() && set.is_none())
        .then_some("The set that this address names takes no more policies, so a new one is made.");
    let deep = !asked.after.is_empty() && choices.page.note.is_none();
    let onward = format!(
        "{path}?family={}&search={}&set={}",
        Url::escape(&asked.family),
        Url::escape(&asked.search),
        Url::escape(&asked.set)
    );
    let never_synced = choices.page.families.is_empty();
    let next = choices.page.next.clone();
    let body = if never_synced {
        view! { <NoPolicies tenant/> }.into_any()
    } else if choices.matching == 0 {
        view! { <p class="nothing-found">"No policy fits. Choose another family or search for another name."</p> }
            .into_any()
    } else {
        let (family, search) = (asked.family.clone(), asked.search.clone());
        view! { <ChooseForm action=add choices=choices.clone() tenant family search set/> }.into_any()
    };
    view! {
        {gone.map(|text| view! { <Notice text/> })}
        {choices.page.note.clone().map(|text| view! { <Notice text/> })}
        {(!never_synced)
            .then(|| {
                let kept = vec![("set", asked.set.clone())];
                view! {
                    <PolicyFilter families=choices.page.families.clone() family=asked.family.clone() search=asked.search.clone() path kept/>
                }
            })}
        {body}
        <NextPage path=onward deep next what="policies"/>
    }
}

#[component]
fn NoPolicies(tenant: String) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon"><Icon glyph=Glyph::Archive/></span>
            <h2>"No policies known yet"</h2>
            <p>"Sync the policies of the tenant first: then you can choose which to back up."</p>
            <p class="empty-actions"><a class="button" href=format!("/t/{tenant}/policies")>"Go to policies"</a></p>
        </div>
    }
}
