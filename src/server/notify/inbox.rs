//! What a person does with what they were told: look, read, put away. Every open page of theirs hears of it.

use chrono::TimeDelta;

use crate::{
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        ids::NotificationId,
        listing::Listing,
        notification::{Inbox, NOTIFICATIONS_A_PAGE, Notification, NotificationSettings},
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{Db, DbResult, members::Membership, notification_settings, notifications, sessions::SessionUser},
        live::Hub,
    },
};

/// A toast older than this is not shown any more; the bell still has it.
const FRESH: TimeDelta = TimeDelta::hours(12);
/// How many toasts a page that is opened gets at most.
const TOASTS: i64 = 20;
/// How many notifications one request may put away.
const AT_ONCE: usize = 100;

/// A person's notifications. Cheap to clone.
#[derive(Clone)]
pub struct InboxService {
    db: Db,
    clock: Clock,
    live: Hub,
}

impl InboxService {
    pub const fn new(db: Db, clock: Clock, live: Hub) -> Self {
        Self { db, clock, live }
    }

    /// How many are unread, and the toasts that the person has not seen anywhere.
    pub async fn inbox(&self, user: &SessionUser) -> DbResult<Inbox> {
        let toasts = notifications::toasts(&self.db, user, self.clock.now() - FRESH, TOASTS).await?;
        Ok(Inbox { unread: notifications::unread(&self.db, user.id).await?, toasts })
    }

    /// A page of the list, newest first. A place that does not exist shows the newest, with a note.
    pub async fn list(&self, user: &SessionUser, unread: bool, after: Option<&str>) -> DbResult<Listing<Notification>> {
        let after = after.filter(|text| !text.is_empty()).map(str::parse::<NotificationId>);
        let note = matches!(after, Some(Err(_))).then(|| {
            "The place in the list that this address names does not exist; these are the newest notifications."
                .to_owned()
        });
        let after = after.and_then(Result::ok);
        let mut items = notifications::list(&self.db, user, unread, after, NOTIFICATIONS_A_PAGE as i64 + 1).await?;
        let more = items.len() > NOTIFICATIONS_A_PAGE;
        items.truncate(NOTIFICATIONS_A_PAGE);
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Listing { items, next, note })
    }

    /// Marks one as read, or all that there are now. Gives what is still unread.
    pub async fn read(&self, user: &SessionUser, which: Option<NotificationId>) -> DbResult<u64> {
        let mut tx = self.db.begin().await?;
        let at = self.clock.now();
        match which {
            Some(id) => notifications::mark_read(&mut tx, user, id, at).await?,
            None => notifications::mark_all_read(&mut tx, user, at).await?,
        };
        tx.commit().await?;
        self.tell_pages(user, which.into_iter().collect()).await
    }

    /// Puts toasts away, on every device.
    pub async fn put_away(&self, user: &SessionUser, ids: &[NotificationId]) -> DbResult<u64> {
        let ids = &ids[..ids.len().min(AT_ONCE)];
        let mut tx = self.db.begin().await?;
        for id in ids {
            notifications::mark_toasted(&mut tx, user, *id, self.clock.now()).await?;
        }
        tx.commit().await?;
        self.tell_pages(user, ids.to_vec()).await
    }

    async fn tell_pages(&self, user: &SessionUser, toasted: Vec<NotificationId>) -> DbResult<u64> {
        let unread = notifications::unread(&self.db, user.id).await?;
        self.live.inbox_changed(user.id, unread, toasted);
        Ok(unread)
    }

    pub async fn settings(&self, member: &Membership) -> DbResult<NotificationSettings> {
        notification_settings::find(&self.db, member).await
    }

    pub async fn save_settings(&self, member: &Membership, settings: &NotificationSettings) -> DbResult<()> {
        let mut tx = self.db.begin().await?;
        notification_settings::save(&mut tx, member, settings).await?;
        let subject = Subject::new(SubjectKind::Member, member.user_id(), member.user_name());
        let deed = Deed::new(member, AuditAction::NotificationsSaved);
        deed.done_to(subject, &mut tx, &self.clock, member.scope()).await?;
        tx.commit().await
    }
}
