//! What a person does with what they were told: look, read, put away. Every open page of theirs hears of it.

use chrono::TimeDelta;

use crate::{
    model::{
        audit::{AuditAction, Subject, SubjectKind},
        ids::NotificationId,
        listing::Listing,
        notification::{Inbox, NOTIFICATIONS_A_PAGE, Notification, NotificationSettings, NotificationTopic},
    },
    server::{
        audit::Deed,
        clock::Clock,
        db::{
            Db, DbResult,
            inbox::{self, Wanted},
            members::Membership,
            notification_settings,
            sessions::SessionUser,
        },
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
        let toasts = inbox::toasts(&self.db, user, self.clock.now() - FRESH, TOASTS).await?;
        Ok(Inbox { unread: inbox::unread(&self.db, user.id).await?, toasts })
    }

    /// A page of the list, newest first. What of the address makes no sense is left out, with a note.
    pub async fn list(
        &self,
        user: &SessionUser,
        unread: bool,
        topic: Option<&str>,
        after: Option<&str>,
    ) -> DbResult<Listing<Notification>> {
        let after = after.filter(|text| !text.is_empty()).map(str::parse::<NotificationId>);
        let topic = topic.filter(|text| !text.is_empty()).map(str::parse::<NotificationTopic>);
        let note = match (&topic, &after) {
            (Some(Err(unknown)), _) => Some(format!("{unknown}; these are notifications of all kinds.")),
            (_, Some(Err(_))) => Some(
                "The place in the list that this address names does not exist; these are the newest notifications."
                    .to_owned(),
            ),
            _ => None,
        };
        let wanted = Wanted { unread, topic: topic.and_then(Result::ok) };
        let after = after.and_then(Result::ok);
        let mut items = inbox::list(&self.db, user, wanted, after, NOTIFICATIONS_A_PAGE as i64 + 1).await?;
        let more = items.len() > NOTIFICATIONS_A_PAGE;
        items.truncate(NOTIFICATIONS_A_PAGE);
        let next = items.last().filter(|_| more).map(|last| last.id.to_string());
        Ok(Listing { items, next, note })
    }

    /// Marks one as read, or all that there are now; their toasts go on every device. Gives what is still unread.
    pub async fn read(&self, user: &SessionUser, which: Option<NotificationId>) -> DbResult<u64> {
        let mut tx = self.db.begin().await?;
        let at = self.clock.now();
        let gone = match which {
            Some(id) => {
                inbox::mark_read(&mut tx, user, id, at).await?;
                vec![id]
            }
            None => {
                let standing = inbox::standing(&mut tx, user, at, AT_ONCE as i64).await?;
                inbox::mark_all_read(&mut tx, user, at).await?;
                standing
            }
        };
        tx.commit().await?;
        self.tell_pages(user, gone).await
    }

    /// Puts toasts away, on every device.
    pub async fn put_away(&self, user: &SessionUser, ids: &[NotificationId]) -> DbResult<u64> {
        let ids = &ids[..ids.len().min(AT_ONCE)];
        let mut tx = self.db.begin().await?;
        for id in ids {
            inbox::mark_toasted(&mut tx, user, *id, self.clock.now()).await?;
        }
        tx.commit().await?;
        self.tell_pages(user, ids.to_vec()).await
    }

    async fn tell_pages(&self, user: &SessionUser, toasted: Vec<NotificationId>) -> DbResult<u64> {
        let unread = inbox::unread(&self.db, user.id).await?;
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
