//! What pages get from above: the signed-in user, the tenant of the address, and the errors of their forms.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};
use leptos_router::location::Url;

use leptos::server_fn::{ServerFn, error::ServerFnUrlError};

use super::run_overlay::RunOverlay;
use crate::{
    error::AppError,
    model::user::{Role, Viewer},
};

/// Who is signed in; loaded once by the layout, awaited by whoever needs it.
pub type ViewerResource = Resource<Result<Option<Viewer>, AppError>>;

/// The `{tenant}` of the address, by its slug.
#[derive(Clone, Copy)]
pub struct CurrentTenant(pub Memo<String>);

/// The role of the viewer in a tenant; none when signed out or not a member.
pub fn role_in(viewer: &Result<Option<Viewer>, AppError>, tenant: &str) -> Option<Role> {
    viewer.as_ref().ok()?.as_ref()?.tenant(tenant).map(|tenant| tenant.role)
}

/// The sign-in page that leads back to the page that is open now.
pub fn sign_in_address() -> String {
    let location = use_location();
    let (path, search) = (location.pathname.get_untracked(), location.search.get_untracked());
    let page = if search.is_empty() { path } else { format!("{path}?{}", search.trim_start_matches('?')) };
    let here = use_context::<RunOverlay>().and_then(RunOverlay::address).unwrap_or(page);
    format!("/login?next={}", Url::escape(&here))
}

/// The last error of an action: from its answer, or, when the form was sent without JavaScript, from the query that
/// the redirect carries. Read from the query on both sides, so that the page is the same after hydration.
pub fn action_error<S>(action: ServerAction<S>) -> Signal<Option<AppError>>
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Clone + Send + Sync + 'static,
{
    let query = use_query_map();
    Signal::derive(move || {
        if action.version().get() > 0 {
            return action.value().with(|value| value.as_ref()?.as_ref().err().cloned());
        }
        let query = query.read();
        let error = query.get_str("__err").filter(|_| query.get_str("__path") == Some(S::PATH))?;
        Some(fixed_words(ServerFnUrlError::<AppError>::decode_err(error)))
    })
}

/// An address can be written by anyone: of what it says went wrong only the kind is believed, never the words.
fn fixed_words(error: AppError) -> AppError {
    match error {
        AppError::Invalid { .. } => AppError::invalid("That did not work. Check what you entered and try again."),
        AppError::Conflict { .. } => AppError::Conflict {
            message: "That is not possible at the moment. Reload the page and try again.".to_owned(),
        },
        AppError::Unavailable { .. } => AppError::Unavailable {
            message: "The server could not do this right now. Try again in a moment.".to_owned(),
        },
        AppError::NotFound { .. } => AppError::not_found("What you asked for"),
        AppError::Internal { reference } => {
            AppError::Internal { reference: reference.chars().filter(char::is_ascii_hexdigit).take(8).collect() }
        }
        fixed => fixed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        ids::{TenantId, UserId},
        user::TenantSummary,
    };

    #[test]
    fn an_address_cannot_put_words_into_our_mouth() {
        let phishing = "Your account is locked. Call us.";
        for error in [
            AppError::invalid(phishing),
            AppError::Conflict { message: phishing.to_owned() },
            AppError::Unavailable { message: phishing.to_owned() },
            AppError::not_found(phishing),
            AppError::Internal { reference: phishing.to_owned() },
        ] {
            assert!(!fixed_words(error).to_string().contains("locked"));
        }
        assert_eq!(fixed_words(AppError::WrongCredentials), AppError::WrongCredentials);
    }

    #[test]
    fn a_role_is_known_only_in_a_tenant_of_ones_own() {
        let tenant = TenantSummary {
            id: TenantId(uuid::Uuid::nil()),
            slug: "contoso".to_owned(),
            name: "Contoso".to_owned(),
            role: Role::Operator,
        };
        let viewer = Viewer {
            id: UserId(uuid::Uuid::nil()),
            email: "ana@contoso.example".to_owned(),
            name: "Ana".to_owned(),
            tenants: vec![tenant],
        };
        assert_eq!(role_in(&Ok(Some(viewer.clone())), "contoso"), Some(Role::Operator));
        assert_eq!(role_in(&Ok(Some(viewer)), "fabrikam"), None);
        assert_eq!(role_in(&Ok(None), "contoso"), None);
        assert_eq!(role_in(&Err(AppError::Offline), "contoso"), None);
    }
}
