//! The frame around every page of a tenant: the bar at the top, the product areas at the left.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{
    bell::Bell,
    icon::{Glyph, Icon},
    logo::Logo,
    menu::Menu,
    person_menu::PersonMenu,
    tenant_menu::TenantMenu,
};
use crate::{model::user::Viewer, ui::inbox::InboxStore};

/// A product area: its name, its icon and its path within the tenant.
struct Area(&'static str, Glyph, &'static str);

/// The areas that exist. A new one is one more line.
const AREAS: &[Area] = &[
    Area("Operations", Glyph::Pulse, "operations"),
    Area("Inventory", Glyph::Layers, "inventory"),
    Area("Policies", Glyph::Document, "policies"),
    Area("Groups", Glyph::People, "groups"),
    Area("Drift", Glyph::Swap, "drift"),
    Area("Backups", Glyph::Archive, "backups"),
    Area("Restore", Glyph::Undo, "restores"),
    Area("Schedules", Glyph::Calendar, "schedules"),
    Area("Audit log", Glyph::Book, "audit"),
];

/// The paths of the areas that there are.
pub fn area_paths() -> Vec<&'static str> {
    AREAS.iter().map(|Area(_, _, path)| *path).collect()
}

/// The bar at the top. Without a viewer, who may still be on the way, only the product's name stands in it.
#[component]
pub fn TopBar(viewer: Option<Viewer>, #[prop(into)] tenant: Signal<String>, inbox: InboxStore) -> impl IntoView {
    view! {
        <Menu label="Areas" class="area-menu" summary=|| view! { <Icon glyph=Glyph::Lines/> }>
            <Areas tenant/>
        </Menu>
        <a class="home-link" href="/" aria-label="Runledger, home"><Logo/></a>
        {viewer
            .map(|Viewer { name, email, tenants, .. }| {
                view! {
                    <span class="top-rule" aria-hidden="true"></span>
                    <TenantMenu tenants current=tenant/>
                    <span class="grow"></span>
                    <Bell tenant inbox/>
                    <PersonMenu name email/>
                }
            })}
    }
}

/// The links to the product areas of a tenant.
#[component]
pub fn Areas(#[prop(into)] tenant: Signal<String>) -> impl IntoView {
    view! {
        <nav class="areas" aria-label="Areas">
            {AREAS
                .iter()
                .map(|&Area(name, glyph, path)| {
                    view! {
                        <A href=move || format!("/t/{}/{path}", tenant.get())>
                            <Icon glyph/>
                            {name}
                        </A>
                    }
                })
                .collect_view()}
        </nav>
    }
}
