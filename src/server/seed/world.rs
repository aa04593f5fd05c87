//! Who there is: tenants of different sizes and the people who work for them.

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, rngs::StdRng};
use uuid::Uuid;

use super::SeedError;
use crate::{
    model::{
        ids::{TenantId, UserId},
        user::Role,
    },
    server::{
        db::{
            Db,
            members::{self, UserRow},
            tenants::{self, TenantRow},
        },
        secrets::SecretBox,
    },
};

/// The big tenant's share of the runs, in percent.
const BIG_SHARE: u32 = 60;

const COMPANIES: [&str; 16] = [
    "Adatum",
    "Bellows College",
    "Coho Winery",
    "Datum Logistics",
    "Fourth Coffee",
    "Graphic Design Institute",
    "Humongous Insurance",
    "Litware",
    "Lucerne Publishing",
    "Margies Travel",
    "Proseware",
    "Relecloud",
    "Tailspin Toys",
    "Trey Research",
    "Wingtip Toys",
    "Woodgrove Bank",
];
const FIRST_NAMES: [&str; 20] = [
    "Ana", "Jonas", "Clara", "Mei", "Samuel", "Ines", "Tomasz", "Aisha", "Lukas", "Priya", "Noah", "Zoe", "Mateo",
    "Hanna", "Omar", "Yuki", "Elena", "David", "Freya", "Kofi",
];
const LAST_NAMES: [&str; 20] = [
    "Pereira",
    "Lindqvist",
    "Dubois",
    "Tanaka",
    "Okafor",
    "Novak",
    "Rossi",
    "Haddad",
    "Meyer",
    "Sharma",
    "Jensen",
    "Carter",
    "Alvarez",
    "Virtanen",
    "Farouk",
    "Sato",
    "Petrova",
    "Cohen",
    "Berg",
    "Mensah",
];

/// Everybody there is.
pub struct World {
    pub tenants: Vec<SeededTenant>,
    since: DateTime<Utc>,
}

pub struct SeededTenant {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub members: Vec<SeededMember>,
}

pub struct SeededMember {
    pub id: UserId,
    pub name: String,
    email: String,
    role: Role,
}

/// A UUIDv7 of that moment, the same for the same dice.
pub fn id_at(rng: &mut StdRng, at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rng.random()).into_uuid()
}

impl World {
    pub(super) fn imagine(rng: &mut StdRng, tenants: u32, since: DateTime<Utc>) -> Self {
        let tenants = (0..tenants as usize).map(|index| tenant(rng, index, since)).collect();
        Self { tenants, since }
    }

    /// Whose run it is: mostly the big tenant's, else anybody's, the first of them more often than the last.
    pub(super) fn tenant(&self, rng: &mut StdRng) -> &SeededTenant {
        let others = self.tenants.len() - 1;
        if others == 0 || rng.random_ratio(BIG_SHARE, 100) {
            return &self.tenants[0];
        }
        let dice = rng.random_range(0..others).min(rng.random_range(0..others));
        &self.tenants[1 + dice]
    }

    /// Writes tenants, people and memberships; how many rows they are.
    pub(super) async fn write(&self, db: &Db, secrets: &SecretBox) -> Result<u64, SeedError> {
        let mut rows = 0;
        for tenant in &self.tenants {
            let row = TenantRow {
                id: tenant.id,
                slug: tenant.slug.clone(),
                name: tenant.name.clone(),
                directory_id: tenant.id.to_string(),
                client_id: Uuid::nil().to_string(),
                client_secret: secrets.encrypt("seeded", &tenant.slug)?,
                graph_url: "https://graph.microsoft.com".to_owned(),
                authority: "https://login.microsoftonline.com".to_owned(),
                created_at: self.since,
            };
            tenants::upsert(db, &row).await?;
            for member in &tenant.members {
                let user = UserRow {
                    id: member.id,
                    email: member.email.clone(),
                    name: member.name.clone(),
                    // No hash: nobody signs in as somebody who was made up.
                    password_hash: String::new(),
                    created_at: self.since,
                };
                let id = members::upsert_user(db, &user).await?;
                members::grant(db, id, tenant.id, member.role, self.since).await?;
            }
            rows += 1 + 2 * tenant.members.len() as u64;
        }
        Ok(rows)
    }
}

fn tenant(rng: &mut StdRng, index: usize, since: DateTime<Utc>) -> SeededTenant {
    let company = COMPANIES[index % COMPANIES.len()];
    let name = match index / COMPANIES.len() {
        0 => company.to_owned(),
        round => format!("{company} {}", round + 1),
    };
    let slug = name.to_lowercase().replace(' ', "-");
    let id = TenantId(id_at(rng, since - TimeDelta::seconds(60)));
    let people = if index == 0 { 40 } else { rng.random_range(3..12) };
    let offset = rng.random_range(0..FIRST_NAMES.len() * LAST_NAMES.len());
    let members = (0..people).map(|number| member(rng, &slug, since, number, offset)).collect();
    SeededTenant { id, slug, name, members }
}

fn member(rng: &mut StdRng, slug: &str, since: DateTime<Utc>, number: usize, offset: usize) -> SeededMember {
    // 7 and 20 × 20 share no factor: names repeat only after all of them were there.
    let pair = (offset + number * 7) % (FIRST_NAMES.len() * LAST_NAMES.len());
    let (first, last) = (FIRST_NAMES[pair % FIRST_NAMES.len()], LAST_NAMES[pair / FIRST_NAMES.len()]);
    let role = match number {
        0 => Role::Owner,
        1 => Role::Manager,
        _ if number % 5 == 4 => Role::Readonly,
        _ => Role::Operator,
    };
    SeededMember {
        id: UserId(id_at(rng, since - TimeDelta::seconds(30))),
        name: format!("{first} {last}"),
        email: format!("{}.{}@{slug}.example", first.to_lowercase(), last.to_lowercase()),
        role,
    }
}
