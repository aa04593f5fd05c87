//! `/login`: the sign-in card.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::{
    api::session::SignIn,
    model::query,
    ui::{
        components::{
            icon::{Glyph, Icon},
            logo::Logo,
            notice::Alert,
        },
        context::action_error,
    },
};

#[component]
pub fn LoginPage() -> impl IntoView {
    let sign_in = ServerAction::<SignIn>::new();
    let error = action_error(sign_in);
    let busy = sign_in.pending();
    // Not from the router's query map, which decodes twice: of the address to come back to, the inner escapes stay.
    let search = use_location().search;
    let next =
        move || search.with(|search| query::pairs(search).find(|(name, _)| name == "next").unwrap_or_default().1);
    view! {
        <Title text="Sign in"/>
        <main class="sign-in">
            <div class="sign-in-card">
                <Logo/>
                <h1>"Sign in"</h1>
                <p class="quiet">"One ledger for every long-running operation of your Intune tenants."</p>
                <ActionForm action=sign_in>
                    {move || error.get().map(|error| view! { <Alert text=error.to_string()/> })}
                    <input type="hidden" name="next" value=next/>
                    <label class="field">
                        <span>"E-mail"</span>
                        <input type="email" name="email" autocomplete="username" required autofocus/>
                    </label>
                    <label class="field">
                        <span>"Password"</span>
                        <input type="password" name="password" autocomplete="current-password" required/>
                    </label>
                    <button
                        type="submit"
                        class="button button-primary button-wide"
                        aria-disabled=move || busy.get().then_some("true")
                        aria-busy=move || busy.get().then_some("true")
                        on:click=move |event| {
                            if busy.get_untracked() {
                                event.prevent_default();
                            }
                        }
                    >
                        {move || busy.get().then(|| view! { <Icon glyph=Glyph::Arc/> })}
                        "Sign in"
                    </button>
                </ActionForm>
            </div>
        </main>
    }
}
