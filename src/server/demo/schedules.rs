//! Sample schedules: Contoso reads its inventory every night and its groups several times a day.

use crate::{
    model::{operation::OperationType, run::Initiator, schedule::ScheduleDraft},
    server::{boot::Core, db::tenants, error::ServiceError},
};

const TENANT: &str = "contoso";
const SCHEDULES: [(OperationType, &str, &str); 2] =
    [(OperationType::InventorySync, "0 2 * * *", "26"), (OperationType::DirectoryGroupsSync, "30 */6 * * *", "8")];

/// Adds them, unless somebody has set up one already.
pub(super) async fn add(core: &Core) -> Result<(), ServiceError> {
    let Some(tenant) = tenants::by_slug(&core.db, TENANT).await? else { return Ok(()) };
    let schedules = core.schedules();
    let page = schedules.page(tenant.scope(), None, None).await?;
    if page.schedules.iter().any(|schedule| schedule.settings.is_some()) {
        return Ok(());
    }
    let ana = Initiator { user_id: None, name: "Ana Pereira".to_owned() };
    for (operation_type, cron, expected_hours) in SCHEDULES {
        let draft = ScheduleDraft {
            operation_type,
            cron: cron.to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            expected_hours: expected_hours.to_owned(),
            enabled: true,
        };
        if let Err(form) = schedules.save(tenant.scope(), ana.clone(), draft).await? {
            return Err(ServiceError::Internal(form.error().unwrap_or_default().to_owned()));
        }
    }
    Ok(())
}
