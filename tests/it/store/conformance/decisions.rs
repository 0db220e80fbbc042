//! An operator's decisions, and what each allows and forbids afterwards.

use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::edition::state::{Changed, change};
use fortnightly::domain::edition::{EditionChange, EditionState, Repicked, StateReason, WithdrawReason};
use fortnightly::domain::edits::ApprovedTexts;
use fortnightly::store::{ActivityWithdrawal, PublishResult, Store};
use tokio::task::JoinSet;

use super::desk::Desk as _;
use super::samples::{
    ALL, Open, SEVEN, activity, at, change_editions, crowd, edited, held, mark, plan, publication, selection, send_out,
    theme,
};
use super::whole::Whole as _;

pub(in crate::store) async fn an_approval_survives_a_hold_and_not_a_repick(open: Open<'_>) {
    use EditionState::{Approved, Held, Planned};
    let store = open();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let change = async |change: EditionChange, minute: i64| {
        change_editions(&*store, &[change], at(minute)).await;
        let edition = store.editions().await.unwrap().remove(0);
        (edition.state, edition.approved_at, edition.released_at)
    };
    assert_eq!(change(EditionChange::Approve(SEVEN), 1).await, (Approved, Some(at(1)), None));
    assert_eq!(change(EditionChange::Hold(SEVEN, held("wait")), 2).await, (Held, Some(at(1)), None));
    assert_eq!(change(EditionChange::Release(SEVEN), 3).await, (Approved, Some(at(1)), Some(at(3))));
    let repick = EditionChange::Repick { number: SEVEN, selection: selection("kindness") };
    assert_eq!(change(repick, 4).await, (Planned, None, Some(at(3))));
    assert_eq!(change(EditionChange::Approve(SEVEN), 5).await, (Approved, Some(at(5)), Some(at(3))));
    let edited = EditionChange::Unapprove(SEVEN, edited());
    assert_eq!(change(edited.clone(), 6).await, (Planned, None, Some(at(3))));
    assert_eq!(change_editions(&*store, &[edited], at(7)).await, 0);
}

pub(in crate::store) async fn a_withdrawn_edition_comes_back_only_by_being_reinstated(open: Open<'_>) {
    let store = open();
    let withdraw = EditionChange::Withdraw(SEVEN, WithdrawReason::Operator);
    change_editions(&*store, &[plan(SEVEN), withdraw.clone()], at(0)).await;
    let others = [
        EditionChange::Approve(SEVEN),
        EditionChange::Release(SEVEN),
        EditionChange::Hold(SEVEN, held("x")),
        plan(SEVEN),
        withdraw,
    ];
    assert_eq!(change_editions(&*store, &others, at(1)).await, 0);
    let edition = store.editions().await.unwrap().remove(0);
    let reason = StateReason::Withdrawn(WithdrawReason::Operator);
    assert_eq!((edition.state, edition.reason), (EditionState::Withdrawn, Some(reason)));
    assert_eq!(change_editions(&*store, &[EditionChange::Reinstate(SEVEN)], at(2)).await, 1);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.reason), (EditionState::Planned, None));
}

pub(in crate::store) async fn a_hold_stops_the_sending_and_a_release_goes_on(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    let claimed = store.claim(Some(SEVEN), at(2), 3).await.unwrap();
    assert!(mark(&*store, claimed[0].id).await);
    let hold = EditionChange::Hold(SEVEN, held("wait"));
    assert_eq!(change_editions(&*store, &[hold], at(3)).await, 1);
    // What is at the dot is finished; what was only claimed goes back, and nothing new is given out.
    assert!(!mark(&*store, claimed[1].id).await);
    assert!(store.claim(Some(SEVEN), at(4), 10).await.unwrap().is_empty());
    assert!(!store.finish(SEVEN, at(4)).await.unwrap());
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.queued, tally.sending), (5, 3, 2));
    let edition = store.editions().await.unwrap().remove(0);
    assert!(edition.state == EditionState::Held && edition.is_published() && !edition.is_open());
    assert_eq!(change_editions(&*store, &[EditionChange::Release(SEVEN)], at(5)).await, 1);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Sending);
    assert_eq!(store.claim(Some(SEVEN), at(6), 10).await.unwrap().len(), 3);
}

pub(in crate::store) async fn a_held_one_that_expires_is_sent(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(2)).await;
    change_editions(&*store, &[EditionChange::Hold(SEVEN, held("x"))], at(3)).await;
    assert_eq!(store.expire(SEVEN, 0, ALL, at(4)).await.unwrap(), 2);
    assert!(store.finish(SEVEN, at(5)).await.unwrap());
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.reason), (EditionState::Sent, None));
}

pub(in crate::store) async fn a_withdrawn_activity_is_never_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let id = store.editions().await.unwrap()[0].selection.picks[0].id.clone();
    let publication = publication(&*store, SEVEN, "4-5").await;
    let withdraw = |withdrawn| [ActivityWithdrawal { activity: id.clone(), withdrawn }];
    let none = Changed::default();
    assert!(store.write_editions(&none, &withdraw(true), "test", at(1)).await.unwrap());
    assert!(!store.write_editions(&none, &withdraw(true), "test", at(1)).await.unwrap(), "it is so already");
    assert!(store.withdrawn().await.unwrap().contains(&id));
    assert_eq!(store.publish(&publication).await.unwrap(), PublishResult::Changed);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 0);
    assert!(store.write_editions(&none, &withdraw(false), "test", at(2)).await.unwrap());
    // Its place is taken in the same transaction, or it stays.
    let repick = EditionChange::Repick { number: SEVEN, selection: selection("kindness") };
    let seen = store.editions().await.unwrap();
    let repicked = change(&seen, &[repick], at(3));
    change_editions(&*store, &[EditionChange::Approve(SEVEN)], at(3)).await;
    assert!(!store.write_editions(&repicked, &withdraw(true), "test", at(3)).await.unwrap());
    assert!(store.withdrawn().await.unwrap().is_empty());
    change_editions(&*store, &[EditionChange::Unapprove(SEVEN, edited())], at(3)).await;
    assert!(store.write_editions(&repicked, &withdraw(true), "test", at(3)).await.unwrap());
    assert_eq!(store.editions().await.unwrap()[0].selection.theme, "kindness");
    assert!(store.withdrawn().await.unwrap().contains(&id));
}

pub(in crate::store) async fn what_was_decided_on_an_older_reading_is_not_applied(open: Open<'_>) {
    let store = open();
    let write = async |changed: &Changed| store.write_editions(changed, &[], "test", at(0)).await.unwrap();
    let planned = change(&[], &[plan(SEVEN)], at(0));
    assert!(write(&planned).await);
    assert!(!write(&planned).await, "it is there now");
    let seen = store.editions().await.unwrap();
    change_editions(&*store, &[EditionChange::Approve(SEVEN)], at(1)).await;
    let hold = [EditionChange::Hold(SEVEN, held("wait"))];
    assert!(!write(&change(&seen, &hold, at(2))).await);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Approved);
    let audit = store.audit().await.unwrap().len();
    let seen = store.editions().await.unwrap();
    assert!(write(&change(&seen, &hold, at(3))).await);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Held);
    assert_eq!(store.audit().await.unwrap().len(), audit + 1, "what is refused leaves no line");
}

pub(in crate::store) async fn of_ten_deciders_on_two_handles_one_is_heard(open: Open<'_>) {
    let handles = [open(), open()];
    change_editions(&*handles[0], &[plan(SEVEN)], at(0)).await;
    let seen = handles[0].editions().await.unwrap();
    let mut deciders = JoinSet::new();
    for number in 0..10 {
        let (store, seen) = (handles[number % 2].clone(), seen.clone());
        deciders.spawn(async move {
            let hold = EditionChange::Hold(SEVEN, held(&format!("said by {number}")));
            store.write_editions(&change(&seen, &[hold], at(1)), &[], "test", at(1)).await.unwrap()
        });
    }
    let heard = deciders.join_all().await;
    assert_eq!(heard.iter().filter(|is_heard| **is_heard).count(), 1, "{heard:?}");
    let audit = handles[1].audit().await.unwrap();
    assert_eq!(audit.iter().filter(|row| row.action == "hold").count(), 1);
}

pub(in crate::store) async fn a_withdrawal_ends_an_approval(open: Open<'_>) {
    let store = open();
    let changes = [
        plan(SEVEN),
        EditionChange::Approve(SEVEN),
        EditionChange::Withdraw(SEVEN, WithdrawReason::Operator),
        EditionChange::Reinstate(SEVEN),
        EditionChange::Hold(SEVEN, held("x")),
        EditionChange::Release(SEVEN),
    ];
    assert_eq!(change_editions(&*store, &changes, at(0)).await, 6);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.approved_at), (EditionState::Planned, None));
}

pub(in crate::store) async fn the_audit_says_what_took_whose_place(open: Open<'_>) {
    let store = open();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let mut other = store.editions().await.unwrap()[0].selection.clone();
    let same = EditionChange::Repick { number: SEVEN, selection: other.clone() };
    let before = other.picks[0].id.clone();
    other.picks[0].id = "kindness/other".parse().unwrap();
    let (band, reason) = (other.picks[0].band.clone(), other.picks[0].reason.clone());
    let swap = EditionChange::Repick { number: SEVEN, selection: other };
    change_editions(&*store, &[same, swap], at(1)).await;
    let audit = store.audit().await.unwrap();
    let told: Vec<_> = audit.iter().filter(|row| row.action == "repick").map(|row| row.detail.clone()).collect();
    let [same, swapped] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(same, "[]", "the texts as they are now");
    let repicked: Vec<Repicked> = serde_json::from_str(swapped).unwrap();
    let after = Some("kindness/other".parse().unwrap());
    assert_eq!(repicked, [Repicked { band, before: Some(before), after, reason: Some(reason) }]);
}

/// What the edition says that is approved of with this.
fn said(number: EditionNumber, title: &str) -> Vec<(EditionNumber, ApprovedTexts)> {
    let mut activity = activity("sharing/for-4-5");
    title.clone_into(&mut activity.title);
    vec![(number, ApprovedTexts { theme: Some(theme()), activities: vec![activity], bulletin: None })]
}

/// Plans an edition and approves of it, with its texts.
pub(in crate::store) async fn approve_with_texts(store: &dyn Store, number: EditionNumber) {
    change_editions(store, &[plan(number)], at(0)).await;
    let editions = store.editions().await.unwrap();
    let changed = change(&editions, &[EditionChange::Approve(number)], at(0));
    let changed = Changed { approved: said(number, "as approved"), ..changed };
    assert!(store.write_editions(&changed, &[], "test", at(0)).await.unwrap());
}

pub(in crate::store) async fn what_was_approved_is_kept_until_it_is_published(open: Open<'_>) {
    let store = open();
    let eight = EditionNumber(8);
    change_editions(&*store, &[plan(SEVEN), plan(eight)], at(0)).await;
    assert_eq!(store.approved_texts(SEVEN).await.unwrap(), None);
    let decide = async |changes: &[EditionChange], approved: Vec<(EditionNumber, ApprovedTexts)>, minute: i64| {
        let editions = store.editions().await.unwrap();
        let changed = Changed { approved, ..change(&editions, changes, at(minute)) };
        store.write_editions(&changed, &[], "test", at(minute)).await.unwrap()
    };
    let kept =
        async |number| store.approved_texts(number).await.unwrap().map(|texts| texts.activities[0].title.clone());
    assert!(decide(&[EditionChange::Approve(SEVEN), EditionChange::Approve(eight)], said(SEVEN, "one"), 1).await);
    assert_eq!((kept(SEVEN).await.as_deref(), kept(eight).await), (Some("one"), None));
    // It outlasts the approval, so that whoever decides again sees what is different.
    assert!(decide(&[EditionChange::Unapprove(SEVEN, edited())], Vec::new(), 2).await);
    assert_eq!(kept(SEVEN).await.as_deref(), Some("one"));
    assert!(decide(&[EditionChange::Approve(SEVEN)], said(SEVEN, "two"), 3).await);
    assert_eq!(kept(SEVEN).await.as_deref(), Some("two"));
    let repick = EditionChange::Repick { number: SEVEN, selection: selection("sharing") };
    assert!(decide(&[repick, EditionChange::Approve(SEVEN)], Vec::new(), 4).await);
    assert_eq!(kept(SEVEN).await, None, "nobody knows what was approved this time");
    // Nothing is written of a decision that came too late.
    let editions = store.editions().await.unwrap();
    let mut stale = change(&editions, &[EditionChange::Withdraw(SEVEN, WithdrawReason::Operator)], at(5));
    stale.transitions[0].before = None;
    stale.approved = said(SEVEN, "three");
    assert!(!store.write_editions(&stale, &[], "test", at(5)).await.unwrap());
    assert_eq!(kept(SEVEN).await, None);
    assert!(
        decide(&[EditionChange::Hold(SEVEN, held("x")), EditionChange::Approve(SEVEN)], said(SEVEN, "four"), 6).await
    );
    assert_eq!(kept(SEVEN).await.as_deref(), Some("four"));
    store.subscribe(&crowd(2), at(6)).await.unwrap();
    let publication = publication(&*store, SEVEN, "4-5").await;
    assert!(matches!(store.publish(&publication).await.unwrap(), PublishResult::Published { .. }));
    assert_eq!(kept(SEVEN).await, None, "what was published is kept elsewhere");
}
