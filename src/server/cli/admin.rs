//! `runledger tenant` and `runledger user`: secrets and passwords come from standard input, never from arguments.

use std::{io::Read, process::ExitCode};

use clap::{Args, Subcommand};
use url::Url;

use super::CliError;
use crate::{
    model::{ids::TenantId, user::Role},
    server::{
        auth::is_name,
        boot::Core,
        clock::Clock,
        config::DataOptions,
        db::{
            members,
            tenants::{self, TenantRow},
        },
        secrets::SecretError,
    },
};

#[derive(Debug, Subcommand)]
pub(super) enum TenantCommand {
    /// Add a tenant, or give one new settings. The client secret is read from standard input.
    Add(Box<TenantAdd>),
}

#[derive(Debug, Args)]
pub(super) struct TenantAdd {
    /// The name in addresses: small letters, digits and dashes.
    slug: String,
    #[arg(long)]
    name: String,
    /// The directory (tenant) id in Entra ID.
    #[arg(long)]
    directory_id: String,
    /// The application (client) id of the app registration.
    #[arg(long)]
    client_id: String,
    /// Microsoft Graph's base address, without /v1.0.
    #[arg(long, default_value = "https://graph.microsoft.com")]
    graph_url: Url,
    /// The sign-in service's base address.
    #[arg(long, default_value = "https://login.microsoftonline.com")]
    authority: Url,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a user, or give one a new name and password. The password is read from standard input.
    Add(UserAdd),
    /// Give a user a role in a tenant: owner, manager, operator or readonly.
    Grant(UserGrant),
}

#[derive(Debug, Args)]
pub(super) struct UserAdd {
    email: String,
    #[arg(long)]
    name: String,
    #[command(flatten)]
    data: DataOptions,
}

#[derive(Debug, Args)]
pub(super) struct UserGrant {
    email: String,
    slug: String,
    role: Role,
    #[command(flatten)]
    data: DataOptions,
}

impl TenantCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        let Self::Add(add) = self;
        if !is_slug(&add.slug) {
            return Err(CliError::Refused(
                "a tenant's name in addresses has 1 to 63 small letters, digits and dashes, and begins with a letter or digit"
                    .to_owned(),
            ));
        }
        if [&add.name, &add.directory_id, &add.client_id].into_iter().any(|text| !is_name(text)) {
            return Err(CliError::Refused(
                "a tenant needs a name, a directory id and a client id of one line each".to_owned(),
            ));
        }
        for url in [&add.graph_url, &add.authority] {
            let web = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
            if !web || !url.username().is_empty() || url.password().is_some() {
                return Err(CliError::Refused(
                    "the addresses must be web addresses without a user name or password".to_owned(),
                ));
            }
        }
        let secret = from_stdin("the client secret")?;
        let core = Core::open(&add.data, Clock::system()).await?;
        let refused = |error: SecretError| CliError::Refused(error.to_string());
        let row = TenantRow {
            id: TenantId(core.clock.new_id()),
            client_secret: core.secrets.encrypt(&secret, &add.slug).map_err(refused)?,
            slug: add.slug,
            name: add.name,
            directory_id: add.directory_id,
            client_id: add.client_id,
            graph_url: add.graph_url.to_string(),
            authority: add.authority.to_string(),
            created_at: core.clock.now(),
        };
        tenants::upsert(&core.db, &row).await?;
        say!("Tenant {} is ready. Next: runledger user grant EMAIL {} ROLE", row.slug, row.slug);
        Ok(ExitCode::SUCCESS)
    }
}

impl UserCommand {
    pub(super) async fn run(self) -> Result<ExitCode, CliError> {
        match self {
            Self::Add(add) => {
                let password = from_stdin("the password")?;
                let core = Core::open(&add.data, Clock::system()).await?;
                core.auth.add_user(&add.email, &add.name, &password).await?;
                say!("User {} is ready. Next: runledger user grant {} SLUG ROLE", add.email, add.email);
            }
            Self::Grant(grant) => {
                let core = Core::open(&grant.data, Clock::system()).await?;
                let user = members::user_by_email(&core.db, &grant.email.trim().to_lowercase())
                    .await?
                    .ok_or_else(|| CliError::Refused(format!("there is no user {}", grant.email)))?;
                let tenant = find_tenant(&core, &grant.slug).await?;
                members::grant(&core.db, user.id, tenant.id, grant.role, core.clock.now()).await?;
                say!("{} is {} of {}.", user.email, grant.role, tenant.slug);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The tenant of a slug, or a sentence.
pub(super) async fn find_tenant(core: &Core, slug: &str) -> Result<TenantRow, CliError> {
    tenants::by_slug(&core.db, slug).await?.ok_or_else(|| CliError::Refused(format!("there is no tenant {slug}")))
}

fn is_slug(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn from_stdin(what: &str) -> Result<String, CliError> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(CliError::Refused(format!("{what} is expected on standard input, which was empty")));
    }
    Ok(text.to_owned())
}
