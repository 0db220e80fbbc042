//! What a store remembers about itself, editions, audiences, publishing.

use fortnightly::domain::activity::ActivityId;
use fortnightly::domain::edition::state::{Changed, Transition};
use fortnightly::domain::edition::{
    Deadline, Edition, EditionChange, EditionNumber, EditionState, HoldReason, Ineligibility, LastUse, MissReason,
    PickReason, StateReason, ThemeReason, ToldHold, UnservedBand, WithdrawReason,
};
use fortnightly::domain::refusal::Refusal;
use fortnightly::domain::subscriber::{Sector, SuppressionReason};
use fortnightly::store::{ActivityWithdrawal, ClaimedContent, PublishResult, SegmentNumber, StoreError, StoreMeta};

use super::desk::Desk as _;
use super::samples::{
    Open, SEVEN, address, at, bands, change_editions, crowd, day, edited, held, pictures, plan, publication, selection,
    send_out, sender, wish,
};
use super::whole::Whole as _;

pub(in crate::store) async fn facts_are_kept_until_something_was_published(open: Open<'_>) {
    let store = open();
    assert_eq!(store.meta().await.unwrap(), None);
    let first = StoreMeta { anchor: day("2026-09-07"), first: EditionNumber(3) };
    assert_eq!(store.begin(first, at(0)).await.unwrap(), first);
    let later = StoreMeta { first: EditionNumber(9), ..first };
    assert_eq!(store.begin(later, at(1)).await.unwrap(), first, "it remembers where it began");

    change_editions(&*store, &[plan(SEVEN)], at(1)).await;
    let other = StoreMeta { anchor: day("2026-09-14"), first: EditionNumber(2) };
    assert_eq!(store.begin(other, at(2)).await.unwrap(), other);
    assert_eq!(store.meta().await.unwrap(), Some(other));
    assert!(store.editions().await.unwrap().is_empty(), "editions of the old anchor are dropped");

    send_out(&*store, &crowd(1)).await;
    let Err(StoreError::Refused(refused)) = store.begin(first, at(3)).await else { panic!("editions were sent") };
    assert_eq!(refused, Refusal::AnchorChanged { began: other.anchor, wished: first.anchor });
    assert_eq!(store.begin(other, at(3)).await.unwrap(), other);
    assert_eq!(store.editions().await.unwrap().len(), 1);
}

pub(in crate::store) async fn an_edition_is_read_as_it_was_written(open: Open<'_>) {
    let store = open();
    change_editions(&*store, &[plan(SEVEN), plan(EditionNumber(8))], at(0)).await;
    let planned = store.edition(SEVEN).await.unwrap().unwrap();
    assert_eq!((planned.selection.clone(), planned.due_at), (selection("sharing"), at(0)));
    assert_eq!(store.edition(EditionNumber(9)).await.unwrap(), None);
    let due = "2026-09-07T08:00:00+01:00".parse().unwrap();
    let deadline = Deadline { due, grace: 259_200 };
    let band = UnservedBand { band: "4-5".parse().unwrap(), mailboxes: 3 };
    let reply = || "550 no".to_owned();
    let mut reasons: Vec<_> = [
        HoldReason::Late { deadline, unapproved: true },
        HoldReason::ApprovalMissing { due: Some(due) },
        HoldReason::RestoredStore,
        HoldReason::UnservedBands { bands: vec![band] },
        HoldReason::ConsentMissing,
        HoldReason::SenderRefused { reply: reply() },
        HoldReason::TooManyRefused { failed: 3, tried: 50, last: Some(reply()) },
        HoldReason::MessageFailed { why: "a header".to_owned() },
        HoldReason::Operator { why: None },
        HoldReason::Told { kind: ToldHold::Late, text: "late: …".to_owned() },
    ]
    .map(|reason| (EditionState::Held, StateReason::Held(reason)))
    .into();
    let missed = [MissReason::Overtaken { by: EditionNumber(8), held: true }, MissReason::LateBehindNewer(deadline)];
    reasons.extend(missed.map(|reason| (EditionState::Missed, StateReason::Missed(reason))));
    reasons.push((EditionState::Withdrawn, StateReason::Withdrawn(WithdrawReason::Operator)));
    let mut before = planned;
    for (state, reason) in reasons {
        let after = Edition { state, reason: Some(reason), approved_at: Some(at(3)), ..before.clone() };
        let transitions = vec![Transition { before: Some(before), after: Some(after.clone()) }];
        assert!(
            store.write_editions(&Changed { transitions, ..Changed::default() }, &[], "test", at(4)).await.unwrap()
        );
        assert_eq!(store.edition(SEVEN).await.unwrap(), Some(after.clone()));
        before = after;
    }
    assert_eq!(store.editions().await.unwrap().len(), 2);
}

pub(in crate::store) async fn the_reasons_of_picks_are_read_as_they_were_written(open: Open<'_>) {
    let store = open();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let used = LastUse::In(EditionNumber(3));
    let id = || "sharing/old".parse().unwrap();
    let (lacking, name) = ("sharing".to_owned(), "safer-internet-day".to_owned());
    let replaces =
        |because| PickReason::Replaces { id: id(), because, choice: Box::new(PickReason::Rotation(LastUse::Never)) };
    let theme = ThemeReason::LongestAgo { last: EditionNumber(2), themes: 4 };
    let themes = [ThemeReason::Replaces { theme: "privacy".to_owned(), choice: Box::new(theme.clone()) }, theme];
    let picks = [
        PickReason::OnlyOne,
        PickReason::Borrowed { lacking: lacking.clone(), used },
        PickReason::Occasion { name, lacking: Some(lacking), used },
        replaces(Ineligibility::Overdue(day("2026-09-01"))),
        replaces(Ineligibility::Gone),
        PickReason::Operator { instead: Some(id()), last: None, next: Some(EditionNumber(9)) },
        PickReason::Told { occasion: None, text: "never used".to_owned() },
    ];
    for (at_, reason) in picks.into_iter().enumerate() {
        let mut selection = selection("sharing");
        selection.theme_reason = themes[at_ % 2].clone();
        selection.picks[0].reason = reason;
        let repick = EditionChange::Repick { number: SEVEN, selection: selection.clone() };
        assert_eq!(change_editions(&*store, &[repick], at(1)).await, 1);
        assert_eq!(store.edition(SEVEN).await.unwrap().unwrap().selection, selection);
    }
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
        EditionChange::Unapprove(SEVEN, edited()),
        EditionChange::Withdraw(SEVEN, WithdrawReason::Operator),
        EditionChange::Reinstate(SEVEN),
        EditionChange::Miss(SEVEN, MissReason::Overtaken { by: EditionNumber(8), held: false }),
        EditionChange::Release(SEVEN),
        plan(SEVEN),
    ];
    assert_eq!(change_editions(&*store, &changes, at(2)).await, 0);
    assert_eq!(store.editions().await.unwrap(), before);
    // Nor does its audience.
    store.subscribe(&[wish("New", "new@b.example", "4-5")], at(3)).await.unwrap();
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 2);
    assert_eq!(store.claim(Some(SEVEN), at(3), 10).await.unwrap().len(), 2);
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
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    assert_eq!(store.published(SEVEN).await.unwrap(), None, "planned is not published");
    let publication = publication(&*store, SEVEN, "4-5 5-7").await;
    assert_eq!(store.publish(&publication).await.unwrap(), PublishResult::Published { recipients: 2 });
    let stored = store.published(SEVEN).await.unwrap().unwrap();
    assert_eq!((stored.edition, stored.at, &stored.sender), (SEVEN, at(1), &sender()));
    let segments: Vec<_> = stored.segments.into_values().collect();
    assert_eq!(segments, publication.segments);
    let addressees = store.addressees(SEVEN).await.unwrap();
    let told: Vec<_> = addressees.iter().map(|a| (a.segment.0, a.subscriber.as_str(), a.address.as_str())).collect();
    assert_eq!(told, [(0, "A", "a@b.example"), (1, "B", "b@b.example")]);
    assert_eq!(store.addressees(EditionNumber(8)).await.unwrap(), []);
    let claimed = store.claim(Some(SEVEN), at(2), 9).await.unwrap();
    for (claimed, segment) in claimed.iter().zip([0, 1]) {
        assert!(matches!(&claimed.content, ClaimedContent::Digest { segment: SegmentNumber(s), .. } if *s == segment));
    }
}

pub(in crate::store) async fn pictures_are_kept_with_their_edition_and_go_with_what_they_show(open: Open<'_>) {
    let store = open();
    let pictures = pictures();
    let names: Vec<_> = pictures.iter().map(|one| one.picture.info.name.clone()).collect();
    assert_eq!(store.published_picture(&names[0]).await.unwrap(), None);
    assert_eq!(send_out(&*store, &[wish("A", "a@b.example", "4-5")]).await, 1);
    let kept = store.published(SEVEN).await.unwrap().unwrap().pictures;
    assert!(kept.len() == 2 && pictures.iter().all(|one| kept.contains(one)), "{kept:?}");
    let shown = store.published_view(SEVEN).await.unwrap().unwrap().pictures;
    assert!(pictures.iter().all(|one| shown.contains(&(one.subject.clone(), one.picture.info.clone()))), "{shown:?}");
    for one in &pictures {
        assert_eq!(store.published_picture(&one.picture.info.name).await.unwrap().as_ref(), Some(&one.picture));
    }
    let activity: ActivityId = "sharing/for-4-5".parse().unwrap();
    let withdrawal = [ActivityWithdrawal { activity, withdrawn: true }];
    assert!(store.write_editions(&Changed::default(), &withdrawal, "test", at(2)).await.unwrap());
    assert_eq!(store.published_picture(&names[1]).await.unwrap(), None, "it shows what was withdrawn");
    assert!(store.published_picture(&names[0]).await.unwrap().is_some());
}

pub(in crate::store) async fn only_what_was_rendered_is_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    let unplanned = publication(&*store, SEVEN, "4-5").await;
    assert_eq!(store.publish(&unplanned).await.unwrap(), PublishResult::Changed);
    let change = async |change| change_editions(&*store, &[change], at(0)).await;
    change(plan(SEVEN)).await;
    let planned = publication(&*store, SEVEN, "4-5").await;
    change(EditionChange::Hold(SEVEN, held("wait"))).await;
    assert_eq!(store.publish(&planned).await.unwrap(), PublishResult::Changed);
    change(EditionChange::Approve(SEVEN)).await;
    assert_eq!(store.publish(&planned).await.unwrap(), PublishResult::Changed, "it is approved now");
    let approved = publication(&*store, SEVEN, "4-5").await;
    assert_eq!(store.publish(&approved).await.unwrap(), PublishResult::Published { recipients: 1 });
    assert_eq!(store.publish(&approved).await.unwrap(), PublishResult::Changed);
    assert_eq!(store.edition(SEVEN).await.unwrap(), Some(approved.after));
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 1);
}

pub(in crate::store) async fn an_audience_that_changed_is_not_published(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(3), at(0)).await.unwrap();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let stale = publication(&*store, SEVEN, "4-5 5-7").await;
    store.subscribe(&[wish("New", "new@b.example", "4-5 5-7")], at(1)).await.unwrap();
    assert_eq!(store.publish(&stale).await.unwrap(), PublishResult::Changed);
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Planned);
    assert_eq!(store.tally(SEVEN).await.unwrap().total, 0);
    assert_eq!(store.published(SEVEN).await.unwrap(), None);
    let fresh = publication(&*store, SEVEN, "4-5 5-7").await;
    assert_eq!(store.publish(&fresh).await.unwrap(), PublishResult::Published { recipients: 4 });
}

pub(in crate::store) async fn nobody_is_an_audience_too(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(2), at(0)).await.unwrap();
    change_editions(&*store, &[plan(SEVEN)], at(0)).await;
    let nobody = publication(&*store, SEVEN, "").await;
    assert_eq!(store.publish(&nobody).await.unwrap(), PublishResult::Published { recipients: 0 });
    assert_eq!(store.editions().await.unwrap()[0].state, EditionState::Sending);
    assert_eq!(store.claim(Some(SEVEN), at(1), 10).await.unwrap(), []);
    assert!(store.finish(SEVEN, at(2)).await.unwrap());
    assert_eq!(store.editions().await.unwrap()[0].finished_at, Some(at(2)));
}

pub(in crate::store) async fn of_two_publishers_one_wins(open: Open<'_>) {
    let (one, two) = (open(), open());
    one.subscribe(&crowd(20), at(0)).await.unwrap();
    change_editions(&*one, &[plan(SEVEN)], at(0)).await;
    let publication = publication(&*one, SEVEN, "4-5").await;
    let (a, b) = tokio::join!(one.publish(&publication), two.publish(&publication));
    let mut answers = [a.unwrap(), b.unwrap()];
    answers.sort_by_key(|answer| *answer == PublishResult::Changed);
    assert_eq!(answers, [PublishResult::Published { recipients: 20 }, PublishResult::Changed]);
    assert_eq!(two.tally(SEVEN).await.unwrap().total, 20);
}
