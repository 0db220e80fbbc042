//! Facts, editions, audiences, publishing.

use fortnightly::domain::edition::{EditionChange, EditionNumber, EditionState};
use fortnightly::domain::subscriber::{Sector, SuppressionReason};
use fortnightly::store::{Facts, Published, SegmentNumber, StoreError};

use super::desk::Desk as _;
use super::samples::{
    Open, SEVEN, address, at, bands, crowd, day, plan, publication, selection, send_out, sender, wish,
};

pub(in crate::store) async fn facts_are_kept_until_something_was_published(open: Open<'_>) {
    let store = open();
    assert_eq!(store.facts().await.unwrap(), None);
    let first = Facts { anchor: day("2026-09-07"), first: EditionNumber(3) };
    assert_eq!(store.begin(first, at(0)).await.unwrap(), first);
    let later = Facts { first: EditionNumber(9), ..first };
    assert_eq!(store.begin(later, at(1)).await.unwrap(), first, "it remembers where it began");

    store.change_editions(&[plan(SEVEN)], "test", at(1)).await.unwrap();
    let other = Facts { anchor: day("2026-09-14"), first: EditionNumber(2) };
    assert_eq!(store.begin(other, at(2)).await.unwrap(), other);
    assert_eq!(store.facts().await.unwrap(), Some(other));
    assert!(store.editions().await.unwrap().is_empty(), "editions of the old anchor are dropped");

    send_out(&*store, &crowd(1)).await;
    assert!(matches!(store.begin(first, at(3)).await, Err(StoreError::Refused(_))));
    assert_eq!(store.begin(other, at(3)).await.unwrap(), other);
    assert_eq!(store.editions().await.unwrap().len(), 1);
}

pub(in crate::store) async fn changes_follow_the_states(open: Open<'_>) {
    use EditionState::{Approved, Held, Missed, Planned};
    let store = open();
    let change = async |change: EditionChange| {
        let applied = store.change_editions(&[change], "test", at(0)).await.unwrap();
        let edition = store.editions().await.unwrap().into_iter().find(|e| e.number == SEVEN);
        (applied, edition.as_ref().map(|e| e.state), edition.and_then(|e| e.reason))
    };
    let why = |text: &str| Some(text.to_owned());
    assert_eq!(change(EditionChange::Approve(SEVEN)).await, (0, None, None));
    assert_eq!(change(plan(SEVEN)).await, (1, Some(Planned), None));
    assert_eq!(change(plan(SEVEN)).await, (0, Some(Planned), None));
    assert_eq!(store.editions().await.unwrap()[0].selection, selection("sharing"));
    assert_eq!(change(EditionChange::Release(SEVEN)).await, (0, Some(Planned), None));
    assert_eq!(change(EditionChange::Approve(SEVEN)).await, (1, Some(Approved), None));
    assert_eq!(change(EditionChange::Approve(SEVEN)).await, (0, Some(Approved), None));
    let repick = || EditionChange::Repick { number: SEVEN, selection: selection("kindness") };
    assert_eq!(change(repick()).await, (1, Some(Planned), None), "the approval is taken back");
    assert_eq!(store.editions().await.unwrap()[0].selection, selection("kindness"));
    let hold = || EditionChange::Hold(SEVEN, "late".to_owned());
    assert_eq!(change(hold()).await, (1, Some(Held), why("late")));
    assert_eq!(change(hold()).await, (0, Some(Held), why("late")));
    assert_eq!(change(repick()).await, (1, Some(Held), why("late")));
    let redate = || EditionChange::Redate { number: SEVEN, date: day("2026-09-08"), due_at: at(9) };
    assert_eq!(change(redate()).await.0, 1);
    assert_eq!(change(redate()).await.0, 0);
    let edition = store.editions().await.unwrap().remove(0);
    assert_eq!((edition.date, edition.due_at), (day("2026-09-08"), at(9)));
    assert_eq!(change(EditionChange::Release(SEVEN)).await, (1, Some(Planned), None));
    assert_eq!(change(EditionChange::Unplan(SEVEN)).await, (1, None, None));
    assert_eq!(change(plan(SEVEN)).await, (1, Some(Planned), None));
    let miss = || EditionChange::Miss(SEVEN, "too late".to_owned());
    assert_eq!(change(miss()).await, (1, Some(Missed), why("too late")));
    for closed in [miss(), hold(), redate(), repick(), EditionChange::Unplan(SEVEN), EditionChange::Approve(SEVEN)] {
        assert_eq!(change(closed).await, (0, Some(Missed), why("too late")));
    }
    let audit = store.audit().await.unwrap();
    let told: Vec<_> = audit.iter().map(|row| row.action.as_str()).collect();
    let expected = ["plan", "approve", "repick", "hold", "repick", "redate", "release", "unplan", "plan", "miss"];
    assert_eq!(told, expected, "what changed nothing is no decision");
}

pub(in crate::store) async fn a_published_edition_does_not_change(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(2)).await;
    let before = store.editions().await.unwrap();
    assert_eq!((before[0].state, before[0].published_at), (EditionState::Sending, Some(at(1))));
    let changes = [
        EditionChange::Redate { number: SEVEN, date: day("2026-09-08"), due_at: at(9) },
        EditionChange::Repick { number: SEVEN, selection: selection("kindness") },
        EditionChange::Unplan(SEVEN),
        EditionChange::Approve(SEVEN),
        EditionChange::Unapprove(SEVEN, "x".to_owned()),
        EditionChange::Withdraw(SEVEN, "x".to_owned()),
        EditionChange::Reinstate(SEVEN),
        EditionChange::Miss(SEVEN, "x".to_owned()),
        EditionChange::Release(SEVEN),
        plan(SEVEN),
    ];
    assert_eq!(store.change_editions(&changes, "test", at(2)).await.unwrap(), 0);
    assert_eq!(store.editions().await.unwrap(), before);
    // Nor does its audience.
    store.subscribe(&[wish("New", "new@b.example", "4-5")], at(3)).await.unwrap();
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 2);
    assert_eq!(store.claim(SEVEN, at(3), 10).await.unwrap().len(), 2);
}

pub(in crate::store) async fn the_audience_is_grouped_by_what_differs(open: Open<'_>) {
    let store = open();
    let mut people = vec![
        wish("A", "a@b.example", "4-5 5-7"),
        wish("B", "b@b.example", "5-7 4-5 gone"),
        wish("C", "c@b.example", "4-5"),
        wish("D", "d@b.example", "gone"),
        wish("E", "e@b.example", "4-5"),
    ];
    people[2].profile.sector = Sector::Charity;
    store.subscribe(&people, at(0)).await.unwrap();
    store.unsubscribe(&address("e@b.example"), SuppressionReason::Operator, "test", at(1)).await.unwrap();
    let told = async |served: &str| -> Vec<_> {
        let audience = store.audience(&bands(served)).await.unwrap();
        audience.into_iter().map(|s| (s.key.bands, s.key.sector, s.recipients)).collect()
    };
    assert_eq!(told("4-5 5-7 8-10").await, [(bands("4-5"), Sector::Charity, 1), (bands("4-5 5-7"), Sector::School, 2)]);
    assert_eq!(told("5-7").await, [(bands("5-7"), Sector::School, 2)]);
    assert_eq!(told("8-10 unheard-of").await, []);
    assert_eq!(told("").await, [], "an empty filter reaches nobody");
}

pub(in crate::store) async fn what_was_published_is_read_back(open: Open<'_>) {
    let store = open();
    assert_eq!(store.published(SEVEN).await.unwrap(), None);
    let people = [wish("A", "a@b.example", "4-5"), wish("B", "b@b.example", "4-5 5-7")];
    store.subscribe(&people, at(0)).await.unwrap();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    assert_eq!(store.published(SEVEN).await.unwrap(), None, "planned is not published");
    let publication = publication(&*store, SEVEN, "4-5 5-7").await;
    assert_eq!(store.publish(&publication).await.unwrap(), Published::Now { recipients: 2 });
    let stored = store.published(SEVEN).await.unwrap().unwrap();
    assert_eq!((stored.edition, stored.at, &stored.sender), (SEVEN, at(1), &sender()));
    let segments: Vec<_> = stored.segments.into_values().collect();
    assert_eq!(segments, publication.segments);
    let addressees = store.addressees(SEVEN).await.unwrap();
    let told: Vec<_> = addressees.iter().map(|a| (a.segment.0, a.subscriber.as_str(), a.address.as_str())).collect();
    assert_eq!(told, [(0, "A", "a@b.example"), (1, "B", "b@b.example")]);
    assert_eq!(store.addressees(EditionNumber(8)).await.unwrap(), []);
    let claimed = store.claim(SEVEN, at(2), 9).await.unwrap();
    for (claimed, segment) in claimed.iter().zip([0, 1]) {
        assert_eq!(claimed.segment, SegmentNumber(segment));
    }
}

pub(in crate::store) async fn only_planned_or_approved_editions_are_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    let publication = publication(&*store, SEVEN, "4-5").await;
    let refused = async || {
        let answer = store.publish(&publication).await.unwrap();
        assert!(matches!(&answer, Published::Refused(_)), "{answer:?}");
        format!("{answer:?}")
    };
    assert!(refused().await.contains("not planned"));
    let change = async |change| store.change_editions(&[change], "test", at(0)).await.unwrap();
    change(plan(SEVEN)).await;
    change(EditionChange::Hold(SEVEN, "approval missing".to_owned())).await;
    assert!(refused().await.contains("held (approval missing)"));
    change(EditionChange::Approve(SEVEN)).await;
    assert_eq!(store.publish(&publication).await.unwrap(), Published::Changed, "it is not what was rendered any more");
    let publication = super::super::samples::publication(&*store, SEVEN, "4-5").await;
    assert_eq!(store.publish(&publication).await.unwrap(), Published::Now { recipients: 1 });
    assert_eq!(store.publish(&publication).await.unwrap(), Published::Already);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 1);
}

pub(in crate::store) async fn an_audience_that_changed_is_not_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(3), at(0)).await.unwrap();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let stale = publication(&*store, SEVEN, "4-5 5-7").await;
    store.subscribe(&[wish("New", "new@b.example", "4-5 5-7")], at(1)).await.unwrap();
    assert_eq!(store.publish(&stale).await.unwrap(), Published::Changed);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Planned);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 0);
    assert_eq!(store.published(SEVEN).await.unwrap(), None);
    let fresh = publication(&*store, SEVEN, "4-5 5-7").await;
    assert_eq!(store.publish(&fresh).await.unwrap(), Published::Now { recipients: 4 });
}

pub(in crate::store) async fn nobody_is_an_audience_too(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    store.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let nobody = publication(&*store, SEVEN, "").await;
    assert_eq!(store.publish(&nobody).await.unwrap(), Published::Now { recipients: 0 });
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Sending);
    assert_eq!(store.claim(SEVEN, at(1), 10).await.unwrap(), []);
    assert!(store.finish(SEVEN, at(2)).await.unwrap());
    assert_eq!(store.editions().await.unwrap()[0].finished_at, Some(at(2)));
}

pub(in crate::store) async fn of_two_publishers_one_wins(open: Open<'_>) {
    let (one, two) = (open(), open());
    one.subscribe(&crowd(20), at(0)).await.unwrap();
    one.change_editions(&[plan(SEVEN)], "test", at(0)).await.unwrap();
    let publication = publication(&*one, SEVEN, "4-5").await;
    let (a, b) = tokio::join!(one.publish(&publication), two.publish(&publication));
    let mut answers = [a.unwrap(), b.unwrap()];
    answers.sort_by_key(|answer| *answer == Published::Already);
    assert_eq!(answers, [Published::Now { recipients: 20 }, Published::Already]);
    assert_eq!(two.tally(SEVEN).await.unwrap().total, 20);
}
