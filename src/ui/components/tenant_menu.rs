//! The tenant switcher: the tenants of the viewer, with what they are in each.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::model::user::TenantSummary;

#[component]
pub fn TenantMenu(
    tenants: Vec<TenantSummary>,
    /// The slug of the tenant of the page.
    #[prop(into)]
    current: Signal<String>,
) -> impl IntoView {
    let names: Vec<(String, String)> =
        tenants.iter().map(|tenant| (tenant.slug.clone(), tenant.name.clone())).collect();
    let name = Memo::new(move |_| {
        let current = current.read();
        names.iter().find(|(slug, _)| *slug == *current).map_or("Choose a tenant".to_owned(), |(_, name)| name.clone())
    });
    let choices = tenants
        .into_iter()
        .map(|tenant| {
            let slug = tenant.slug.clone();
            let here = Memo::new(move |_| *current.read() == slug);
            view! {
                <li>
                    <a
                        class="menu-item"
                        href=format!("/t/{}/operations", tenant.slug)
                        aria-current=move || here.get().then_some("true")
                    >
                        <span class="menu-check">{move || here.get().then(|| view! { <Icon glyph=Glyph::Check/> })}</span>
                        <span class="grow clip">{tenant.name}</span>
                        <span class="quiet">{tenant.role.label()}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let summary = move || {
        view! {
            <span class="menu-title clip">{move || name.get()}</span>
            <Icon glyph=Glyph::ChevronDown/>
        }
    };
    view! {
        <Menu label="Tenant" class="tenant-menu" summary>
            <p class="menu-heading">"Tenants"</p>
            <ul>{choices}</ul>
        </Menu>
    }
}
