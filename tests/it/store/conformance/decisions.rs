//! An operator's decisions, and what each allows and forbids afterwards.

use fortnightly::domain::edition::{EditionChange, EditionState};
use fortnightly::store::{Published, Step};

use super::desk::Desk as _;
use super::samples::{Open, SEVEN, at, crowd, plan, publication, selection, send_out};

pub(in crate::store) async fn an_approval_survives_a_hold_and_not_a_repick(open: Open<'_>) {
    use EditionState::{Approved, Held, Planned};
    let store = open();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let change = async |change: EditionChange, minute: i64| {
        store.change_editions(&[change], "test", at(minute)).await.unwrap();
        let edition = store.editions().await.unwrap().remove(0);
        (edition.state, edition.approved_at, edition.released_at)
    };
    assert_eq!(change(EditionChange::Approve(SEVEN), 1).await, (Approved, Some(at(1)), None));
    assert_eq!(change(EditionChange::Hold(SEVEN, "wait".to_owned()), 2).await, (Held, Some(at(1)), None));
    assert_eq!(change(EditionChange::Release(SEVEN), 3).await, (Approved, Some(at(1)), Some(at(3))));
    let repick = EditionChange::Repick { number: SEVEN, selection: selection("kindness") };
    assert_eq!(change(repick, 4).await, (Planned, None, Some(at(3))));
    assert_eq!(change(EditionChange::Approve(SEVEN), 5).await, (Approved, Some(at(5)), Some(at(3))));
    let edited = EditionChange::Unapprove(SEVEN, "edited".to_owned());
    assert_eq!(change(edited.clone(), 6).await, (Planned, None, Some(at(3))));
    assert_eq!(store.change_editions(&[edited], "test", at(7)).await.unwrap(), 0);
}

pub(in crate::store) async fn a_withdrawn_edition_comes_back_only_by_being_reinstated(open: Open<'_>) {
    let store = open();
    let withdraw = EditionChange::Withdraw(SEVEN, "an operator withdrew it".to_owned());
    store.change_editions(&[plan(SEVEN), withdraw.clone()], "test", at(0)).await.unwrap();
    let others = [
        EditionChange::Approve(SEVEN),
        EditionChange::Release(SEVEN),
        EditionChange::Hold(SEVEN, "x".to_owned()),
        plan(SEVEN),
        withdraw,
    ];
    assert_eq!(store.change_editions(&others, "test", at(1)).await.unwrap(), 0);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.reason.as_deref()), (EditionState::Withdrawn, Some("an operator withdrew it")));
    assert_eq!(store.change_editions(&[EditionChange::Reinstate(SEVEN)], "test", at(2)).await.unwrap(), 1);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.reason), (EditionState::Planned, None));
}

pub(in crate::store) async fn a_hold_stops_the_sending_and_a_release_goes_on(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(5)).await;
    let claimed = store.claim(SEVEN, at(2), 3).await.unwrap();
    let mark = |at: usize| Step { done: None, mark: Some(claimed[at].id) };
    assert!(store.step(mark(0)).await.unwrap());
    let hold = EditionChange::Hold(SEVEN, "an operator held it".to_owned());
    assert_eq!(store.change_editions(&[hold], "test", at(3)).await.unwrap(), 1);
    // What is at the dot is finished; what was only claimed goes back, and nothing new is given out.
    assert!(!store.step(mark(1)).await.unwrap());
    assert!(store.claim(SEVEN, at(4), 10).await.unwrap().is_empty());
    assert!(!store.finish(SEVEN, at(4)).await.unwrap());
    let tally = store.tally(SEVEN).await.unwrap();
    assert_eq!((tally.total, tally.queued, tally.sending), (5, 3, 2));
    let edition = store.editions().await.unwrap().remove(0);
    assert!(edition.state == EditionState::Held && edition.is_published() && !edition.is_open());
    assert_eq!(store.change_editions(&[EditionChange::Release(SEVEN)], "test", at(5)).await.unwrap(), 1);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Sending);
    assert_eq!(store.claim(SEVEN, at(6), 10).await.unwrap().len(), 3);
}

pub(in crate::store) async fn a_held_one_that_expires_is_sent(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(2)).await;
    store.change_editions(&[EditionChange::Hold(SEVEN, "x".to_owned())], "test", at(3)).await.unwrap();
    assert_eq!(store.expire(SEVEN, at(4)).await.unwrap(), 2);
    assert!(store.finish(SEVEN, at(5)).await.unwrap());
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.reason), (EditionState::Sent, None));
}

pub(in crate::store) async fn a_withdrawn_activity_is_never_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let id = store.editions().await.unwrap()[0].selection.picks[0].id.clone();
    let publication = publication(&*store, SEVEN, "4-5").await;
    assert_eq!(store.withdraw_activity(&id, true, (&[], &[]), "test", at(1)).await.unwrap(), Some(true));
    assert_eq!(
        store.withdraw_activity(&id, true, (&[], &[]), "test", at(1)).await.unwrap(),
        Some(false),
        "it was so before"
    );
    assert!(store.withdrawn().await.unwrap().contains(&id));
    assert_eq!(store.publish(&publication).await.unwrap(), Published::Changed);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 0);
    // Its place is taken in the same transaction.
    let repick = EditionChange::Repick { number: SEVEN, selection: selection("kindness") };
    let seen = store.editions().await.unwrap();
    assert_eq!(
        store.withdraw_activity(&id, true, (&[], std::slice::from_ref(&repick)), "test", at(2)).await.unwrap(),
        None
    );
    store.withdraw_activity(&id, true, (&seen, &[repick]), "test", at(2)).await.unwrap();
    assert_eq!(store.editions().await.unwrap()[0].selection.theme, "kindness");
    assert_eq!(store.withdraw_activity(&id, false, (&[], &[]), "test", at(3)).await.unwrap(), Some(true));
    assert!(store.withdrawn().await.unwrap().is_empty());
}

pub(in crate::store) async fn what_was_decided_on_an_older_reading_is_not_applied(open: Open<'_>) {
    let store = open();
    assert!(store.change_seen(&[], &[plan(SEVEN)], "test", at(0)).await.unwrap());
    assert!(!store.change_seen(&[], &[plan(SEVEN)], "test", at(0)).await.unwrap(), "it is there now");
    let seen = store.editions().await.unwrap();
    store.change_editions(&[EditionChange::Approve(SEVEN)], "operator", at(1)).await.unwrap();
    let hold = EditionChange::Hold(SEVEN, "approval is missing".to_owned());
    assert!(!store.change_seen(&seen, std::slice::from_ref(&hold), "calendar", at(2)).await.unwrap());
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Approved);
    let seen = store.editions().await.unwrap();
    assert!(store.change_seen(&seen, &[hold], "calendar", at(3)).await.unwrap());
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Held);
}

pub(in crate::store) async fn a_withdrawal_ends_an_approval(open: Open<'_>) {
    let store = open();
    let changes = [
        plan(SEVEN),
        EditionChange::Approve(SEVEN),
        EditionChange::Withdraw(SEVEN, "x".to_owned()),
        EditionChange::Reinstate(SEVEN),
        EditionChange::Hold(SEVEN, "x".to_owned()),
        EditionChange::Release(SEVEN),
    ];
    assert_eq!(store.change_editions(&changes, "test", at(0)).await.unwrap(), 6);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.state, edition.approved_at), (EditionState::Planned, None));
}

pub(in crate::store) async fn the_audit_says_what_took_whose_place(open: Open<'_>) {
    let store = open();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let mut other = store.editions().await.unwrap()[0].selection.clone();
    let same = EditionChange::Repick { number: SEVEN, selection: other.clone() };
    let before = other.picks[0].id.clone();
    other.picks[0].id = "kindness/other".parse().unwrap();
    let (band, reason) = (other.picks[0].band.clone(), other.picks[0].reason.clone());
    let swap = EditionChange::Repick { number: SEVEN, selection: other };
    store.change_editions(&[same, swap], "test", at(1)).await.unwrap();
    let audit = store.audit().await.unwrap();
    let told: Vec<_> = audit.iter().filter(|row| row.action == "repick").map(|row| row.detail.clone()).collect();
    let swapped = format!("{band}: {before} → kindness/other ({reason})");
    assert_eq!(told, ["the texts as they are now".to_owned(), swapped]);
}
