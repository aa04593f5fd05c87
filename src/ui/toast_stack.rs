//! The toasts of a page as plain data: what is told once, what leaves by itself, what stays.

use super::components::{icon::Glyph, notification_row::sign_of, toast::ToastText};
use crate::model::{
    ids::NotificationId,
    notification::{Notification, NotificationKind},
};

/// How many looks (two a second) a toast stays that is no bad news.
const LOOKS: u32 = 20;
/// How many toasts stand on the screen before the rest is "2 more".
pub const STACKED: usize = 3;

/// A toast on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Within this page.
    pub key: u64,
    pub text: ToastText,
    /// Its icon, with the name of its colour.
    pub sign: (Glyph, &'static str),
    /// The notification that it shows; none for the answer to a click.
    told: Option<NotificationId>,
    /// It says that a run started or was joined, which a click's answer says as well.
    start: bool,
    /// The tenant that it is about, by its slug and its name; none as long as it is only the answer to a click.
    tenant: Option<(String, String)>,
    /// Looks until it leaves; bad news stays.
    left: Option<u32>,
}

impl Shown {
    fn of(text: ToastText) -> Self {
        let sign = if text.alert { (Glyph::CircleCross, "failed") } else { (Glyph::CircleCheck, "succeeded") };
        let left = (!text.alert).then_some(LOOKS);
        Self { key: 0, text, sign, told: None, start: false, tenant: None, left }
    }

    /// What stays the same while it is the same toast: when its words change it is told anew.
    pub fn identity(&self) -> (u64, String) {
        (self.key, self.text.words.clone())
    }

    /// What it says to somebody who looks at this tenant: of another one with its name.
    pub fn words(&self, here: &str) -> String {
        match &self.tenant {
            Some((slug, name)) if slug != here => format!("{name}: {}", self.text.words),
            _ => self.text.words.clone(),
        }
    }
}

/// The toasts of a page, oldest first, as plain data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    shown: Vec<Shown>,
    /// Notifications that this page has had; none is shown twice.
    had: Vec<NotificationId>,
    keys: u64,
}

impl Stack {
    /// What stands on the screen: the newest few, or all of them; and how many more there are.
    pub fn visible(&self, all: bool) -> (&[Shown], usize) {
        let hidden = if all { 0 } else { self.shown.len().saturating_sub(STACKED) };
        (&self.shown[hidden..], hidden)
    }

    pub const fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// Whether this page has had it.
    pub fn has_had(&self, id: NotificationId) -> bool {
        self.had.contains(&id)
    }

    /// The person was told something. The answer to the click that started a run and the notification that it
    /// started say the same: they are one toast. Its end takes the place of its start; gives the notification of that.
    pub fn tell(&mut self, notification: &Notification) -> Option<NotificationId> {
        if self.had.contains(&notification.id) {
            return None;
        }
        self.had.push(notification.id);
        let text = toast_of(notification);
        let started = notification.kind == NotificationKind::RunStarted;
        let tenant = Some((notification.tenant_slug.clone(), notification.tenant_name.clone()));
        let answer = self.shown.iter_mut().find(|shown| shown.told.is_none() && shown.text.link == text.link);
        if let Some(answer) = answer.filter(|_| started) {
            (answer.told, answer.tenant) = (Some(notification.id), tenant);
            return None;
        }
        let over = self.shown.iter().position(|shown| !started && shown.start && shown.text.link == text.link);
        let over = over.and_then(|start| self.shown.remove(start).told);
        self.push(Shown {
            told: Some(notification.id),
            sign: sign_of(notification),
            start: started,
            tenant,
            ..Shown::of(text)
        });
        over
    }

    /// The answer to a click; it takes the place of what says the same. Where the run's end is told already, nobody needs
    /// to hear that it started.
    pub fn answer(&mut self, text: ToastText) {
        let leads = text.link.is_some();
        let mut same = self.shown.iter_mut().filter(|shown| leads && shown.text.link == text.link);
        match same.next_back() {
            Some(same) if same.start => (same.text, same.left) = (text, Some(LOOKS)),
            Some(_) => {}
            None => self.push(Shown { start: leads, ..Shown::of(text) }),
        }
    }

    fn push(&mut self, shown: Shown) {
        self.keys += 1;
        self.shown.push(Shown { key: self.keys, ..shown });
    }

    /// Takes one off the screen; the notification that it showed.
    pub fn take(&mut self, key: u64) -> Option<NotificationId> {
        let index = self.shown.iter().position(|shown| shown.key == key)?;
        self.shown.remove(index).told
    }

    /// These were put away, here or elsewhere.
    pub fn put_away(&mut self, ids: &[NotificationId]) {
        self.had.extend(ids.iter().filter(|id| !self.had.contains(id)).copied().collect::<Vec<_>>());
        self.shown.retain(|shown| shown.told.is_none_or(|told| !ids.contains(&told)));
    }

    /// All of them were read.
    pub fn put_all_away(&mut self) {
        self.shown.retain(|shown| shown.told.is_none());
    }

    /// Half a second has gone by; the notifications of those that leave.
    pub fn look(&mut self) -> Vec<NotificationId> {
        for shown in &mut self.shown {
            shown.left = shown.left.map(|left| left.saturating_sub(1));
        }
        let (gone, stay) = std::mem::take(&mut self.shown).into_iter().partition(|shown| shown.left == Some(0));
        self.shown = stay;
        Vec::into_iter(gone).filter_map(|shown: Shown| shown.told).collect()
    }

    /// What the server has of it, after a gap: those that it no longer has were put away elsewhere. Gives the starts of what
    /// has ended.
    pub fn heal(&mut self, toasts: &[Notification]) -> Vec<NotificationId> {
        let known: Vec<NotificationId> = toasts.iter().map(|toast| toast.id).collect();
        self.shown.retain(|shown| shown.told.is_none_or(|told| known.contains(&told)));
        toasts.iter().filter_map(|toast| self.tell(toast)).collect()
    }
}

fn toast_of(notification: &Notification) -> ToastText {
    let mut words = notification.title();
    if let Some(counts) = notification.counts() {
        words = format!("{words}: {counts}");
    }
    let link = if notification.run_id.is_some() { "View run" } else { "View schedules" };
    ToastText { words, alert: notification.is_alert(), link: Some((notification.address(), link)) }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::model::{ids::RunId, operation::OperationType, run::RunOutcome};

    fn told(id: u128, kind: NotificationKind, outcome: Option<RunOutcome>) -> Notification {
        Notification {
            id: NotificationId(Uuid::from_u128(id)),
            kind,
            tenant_slug: "contoso".to_owned(),
            tenant_name: "Contoso".to_owned(),
            operation_type: OperationType::InventorySync,
            run_id: Some(RunId(Uuid::from_u128(7))),
            outcome,
            summary_counts: None,
            initiator_name: "Ana".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            read: false,
            toasted: false,
        }
    }

    fn started() -> Notification {
        told(1, NotificationKind::RunStarted, None)
    }

    fn failed(id: u128) -> Notification {
        told(id, NotificationKind::RunCompleted, Some(RunOutcome::Failed))
    }

    fn words(stack: &Stack) -> Vec<&str> {
        stack.visible(true).0.iter().map(|shown| shown.text.words.as_str()).collect()
    }

    #[test]
    fn the_answer_to_a_click_and_its_notification_are_one_toast() {
        let answer = ToastText { words: "Started".to_owned(), ..toast_of(&started()) };
        let mut stack = Stack::default();
        stack.answer(answer.clone());
        stack.tell(&started());
        assert_eq!(words(&stack), ["Started"]);
        let mut other_way_round = Stack::default();
        other_way_round.tell(&started());
        other_way_round.answer(answer);
        assert_eq!(words(&other_way_round), ["Started"]);
        let key = stack.visible(true).0[0].key;
        assert_eq!(stack.take(key), Some(started().id));
    }

    #[test]
    fn a_click_that_is_answered_after_the_end_leaves_the_end_on_the_screen() {
        let mut stack = Stack::default();
        let end = told(2, NotificationKind::RunCompleted, Some(RunOutcome::Succeeded));
        stack.tell(&started());
        assert_eq!(stack.tell(&end), Some(started().id), "the end takes the place of the start");
        stack.answer(ToastText { words: "Started".to_owned(), ..toast_of(&started()) });
        assert_eq!(words(&stack), ["Inventory sync succeeded"]);
        stack.put_all_away();
        assert!(stack.is_empty());
    }

    #[test]
    fn what_is_of_another_tenant_says_so() {
        let mut stack = Stack::default();
        stack.tell(&started());
        stack.answer(ToastText { words: "Saved".to_owned(), alert: false, link: None });
        let said = |here| stack.visible(true).0.iter().map(|shown| shown.words(here)).collect::<Vec<_>>();
        assert_eq!(said("contoso"), ["Inventory sync started", "Saved"]);
        assert_eq!(said("fabrikam"), ["Contoso: Inventory sync started", "Saved"]);
    }

    #[test]
    fn a_notification_is_shown_once_however_often_it_is_told() {
        let mut stack = Stack::default();
        stack.tell(&started());
        stack.put_away(&[started().id]);
        stack.tell(&started());
        assert!(stack.is_empty());
    }

    #[test]
    fn good_news_leaves_by_itself_and_bad_news_stays() {
        let mut stack = Stack::default();
        stack.tell(&failed(2));
        stack.tell(&started());
        let gone: Vec<_> = (0..LOOKS).flat_map(|_| stack.look()).collect();
        assert_eq!(gone, [started().id]);
        assert_eq!(words(&stack), ["Inventory sync failed"]);
    }

    #[test]
    fn of_many_the_newest_three_stand_on_the_screen() {
        let mut stack = Stack::default();
        for id in 1..=5 {
            stack.tell(&failed(id));
        }
        let (visible, hidden) = stack.visible(false);
        assert_eq!((visible.len(), hidden), (3, 2));
        assert_eq!(visible[2].told, Some(failed(5).id));
        assert_eq!(stack.visible(true).0.len(), 5);
    }

    #[test]
    fn after_a_gap_the_screen_shows_what_the_server_has() {
        let mut stack = Stack::default();
        stack.tell(&failed(1));
        stack.answer(ToastText { words: "Saved".to_owned(), alert: false, link: None });
        stack.heal(&[failed(2)]);
        assert_eq!(words(&stack), ["Saved", "Inventory sync failed"]);
        assert_eq!(stack.visible(true).0[1].told, Some(failed(2).id));
    }
}
