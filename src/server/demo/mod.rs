//! The demo: sample tenants on a Graph simulator, sample users, and a history that is marked as samples.

mod samples;
mod schedules;

use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{info, warn};

use super::{
    boot::Core,
    db::{
        members,
        tenants::{self, TenantRow},
    },
    error::ServiceError,
    simulator::{Simulator, SimulatorOptions, serve},
};
use crate::model::{
    ids::{TenantId, UserId},
    user::Role,
};

/// What the demo prints under its address.
pub const SIGN_INS: &str = "\
Sign in with the password runledger-demo as
  owner@contoso.example       owner of Contoso
  operator@contoso.example    operator of Contoso
  auditor@contoso.example     read-only in Contoso
  owner@fabrikam.example      owner of Fabrikam
  provider@runledger.example  member of all sample tenants
";

const PASSWORD: &str = "runledger-demo";
/// How long the simulator takes to answer: a sync is over in seconds, and one can watch it.
const LATENCY: Duration = Duration::from_millis(220);

struct SampleTenant {
    slug: &'static str,
    name: &'static str,
    directory_id: &'static str,
    runs: usize,
}

const TENANTS: [SampleTenant; 3] = [
    SampleTenant { slug: "contoso", name: "Contoso", directory_id: "6f1c0a52-3c1e-4d6f-9a53-0c5a1f6b7c01", runs: 140 },
    SampleTenant { slug: "fabrikam", name: "Fabrikam", directory_id: "6f1c0a52-3c1e-4d6f-9a53-0c5a1f6b7c02", runs: 70 },
    SampleTenant {
        slug: "northwind",
        name: "Northwind Traders",
        directory_id: "6f1c0a52-3c1e-4d6f-9a53-0c5a1f6b7c03",
        runs: 40,
    },
];

struct SampleUser {
    email: &'static str,
    name: &'static str,
    roles: &'static [(&'static str, Role)],
}

const USERS: [SampleUser; 5] = [
    SampleUser { email: "owner@contoso.example", name: "Ana Pereira", roles: &[("contoso", Role::Owner)] },
    SampleUser { email: "operator@contoso.example", name: "Jonas Lindqvist", roles: &[("contoso", Role::Operator)] },
    SampleUser { email: "auditor@contoso.example", name: "Mei Tanaka", roles: &[("contoso", Role::Readonly)] },
    SampleUser { email: "owner@fabrikam.example", name: "Samuel Okafor", roles: &[("fabrikam", Role::Owner)] },
    SampleUser {
        email: "provider@runledger.example",
        name: "Clara Dubois",
        roles: &[("contoso", Role::Manager), ("fabrikam", Role::Manager), ("northwind", Role::Manager)],
    },
];

/// Makes what is missing of the demo and starts its simulator. Safe to repeat.
pub async fn prepare(core: &Core) -> Result<(), ServiceError> {
    let graph_url = start_simulator().await?;
    for sample in &TENANTS {
        add_tenant(core, sample, &graph_url).await?;
    }
    for SampleUser { email, name, roles } in USERS {
        let user = ensure_user(core, email, name).await?;
        for (slug, role) in roles {
            if let Some(tenant) = tenants::by_slug(&core.db, slug).await? {
                members::grant(&core.db, user, tenant.id, *role, core.clock.now()).await?;
            }
        }
    }
    schedules::add(core).await?;
    for sample in &TENANTS {
        if let Some(tenant) = tenants::by_slug(&core.db, sample.slug).await? {
            samples::add(core, tenant.id, sample.slug, sample.runs).await?;
        }
    }
    Ok(())
}

async fn start_simulator() -> Result<String, ServiceError> {
    let options = SimulatorOptions { latency: LATENCY, ..SimulatorOptions::default() };
    let internal = |error: String| ServiceError::Internal(error);
    let simulator = Simulator::new(options).map_err(|error| internal(error.to_string()))?;
    // Any free port: the sample tenants are told the address at each start.
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| internal(error.to_string()))?;
    let url = format!("http://{}", listener.local_addr().map_err(|error| internal(error.to_string()))?);
    info!(url, "Graph simulator started");
    tokio::spawn(async move {
        // It ends with the process: jobs that finish while the process stops still need it.
        if let Err(error) = serve(listener, simulator, std::future::pending::<()>()).await {
            warn!(%error, "the Graph simulator failed");
        }
    });
    Ok(url)
}

async fn add_tenant(core: &Core, sample: &SampleTenant, graph_url: &str) -> Result<(), ServiceError> {
    let secret = core
        .secrets
        .encrypt("sample-secret", sample.slug)
        .map_err(|error| ServiceError::Internal(error.to_string()))?;
    let row = TenantRow {
        id: TenantId(core.clock.new_id()),
        slug: sample.slug.to_owned(),
        name: sample.name.to_owned(),
        directory_id: sample.directory_id.to_owned(),
        client_id: "c0ffee00-0000-4000-8000-00000000da7a".to_owned(),
        client_secret: secret,
        graph_url: graph_url.to_owned(),
        authority: graph_url.to_owned(),
        created_at: core.clock.now(),
    };
    tenants::upsert(&core.db, &row).await?;
    Ok(())
}

/// Hashing five passwords takes a while: only once.
async fn ensure_user(core: &Core, email: &str, name: &str) -> Result<UserId, ServiceError> {
    match members::user_by_email(&core.db, email).await? {
        Some(user) => Ok(user.id),
        None => core.auth.add_user(email, name, PASSWORD).await,
    }
}
