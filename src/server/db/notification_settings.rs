//! SQL of `notification_settings` and `notification_subscriptions`.

use super::{Db, DbResult, Tx, db_sql, members::Membership, tx_sql};
use crate::model::{
    ids::{TenantId, UserId},
    notification::{NotificationKind, NotificationSettings},
    operation::OperationType,
};

/// The members who want to hear of this in the tenant.
pub async fn subscribers(
    tx: &mut Tx,
    tenant: TenantId,
    kind: NotificationKind,
    operation_type: OperationType,
) -> DbResult<Vec<UserId>> {
    let rows: Vec<(UserId,)> = tx_sql!(
        tx,
        fetch_all(
            "SELECT s.user_id FROM notification_subscriptions s \
             JOIN memberships m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id \
             WHERE s.tenant_id = $1 AND s.kind = $2 AND s.operation_type = $3",
            tenant,
            kind,
            operation_type
        )
    )?;
    Ok(rows.into_iter().map(|(user,)| user).collect())
}

/// What the member wants to be told; the defaults when they never said.
pub async fn find(db: &Db, member: &Membership) -> DbResult<NotificationSettings> {
    let (tenant, user) = (member.scope().tenant(), member.user_id());
    let row: Option<(bool, bool, bool)> = db_sql!(
        db,
        fetch_optional(
            "SELECT run_started, run_completed, quiet FROM notification_settings WHERE tenant_id = $1 AND user_id = $2",
            tenant,
            user
        )
    )?;
    let subscribed: Vec<(NotificationKind, OperationType)> = db_sql!(
        db,
        fetch_all(
            "SELECT kind, operation_type FROM notification_subscriptions WHERE tenant_id = $1 AND user_id = $2 \
             ORDER BY operation_type",
            tenant,
            user
        )
    )?;
    let of = |wanted| subscribed.iter().filter(|(kind, _)| *kind == wanted).map(|(_, which)| *which).collect();
    let mut settings = NotificationSettings {
        run_failed: of(NotificationKind::RunFailed),
        schedule_late: of(NotificationKind::ScheduleLate),
        ..NotificationSettings::default()
    };
    if let Some((run_started, run_completed, quiet)) = row {
        settings = NotificationSettings { run_started, run_completed, quiet, ..settings };
    }
    Ok(settings)
}

/// Writes all that the member wants to be told in the tenant.
pub async fn save(tx: &mut Tx, member: &Membership, settings: &NotificationSettings) -> DbResult<()> {
    let (tenant, user) = (member.scope().tenant(), member.user_id());
    tx_sql!(
        tx,
        execute(
            "INSERT INTO notification_settings (tenant_id, user_id, run_started, run_completed, quiet) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, user_id) DO UPDATE SET \
             run_started = excluded.run_started, run_completed = excluded.run_completed, quiet = excluded.quiet",
            tenant,
            user,
            settings.run_started,
            settings.run_completed,
            settings.quiet
        )
    )?;
    tx_sql!(tx, execute("DELETE FROM notification_subscriptions WHERE tenant_id = $1 AND user_id = $2", tenant, user))?;
    let failed = settings.run_failed.iter().map(|which| (NotificationKind::RunFailed, *which));
    let late = settings.schedule_late.iter().map(|which| (NotificationKind::ScheduleLate, *which));
    for (kind, which) in failed.chain(late) {
        tx_sql!(
            tx,
            execute(
                "INSERT INTO notification_subscriptions (tenant_id, kind, operation_type, user_id) \
                 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                tenant,
                kind,
                which,
                user
            )
        )?;
    }
    Ok(())
}
