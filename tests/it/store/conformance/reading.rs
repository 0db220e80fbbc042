//! What was published, read back for the web; and bounces.

use std::collections::BTreeMap;

use fortnightly::domain::activity::{Activity, Printable, Theme};
use fortnightly::domain::delivery::Outcome;
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::edition::state::Changed;
use fortnightly::domain::lasting::Revision;
use fortnightly::domain::revised::{RevisedText, TextRevision};
use fortnightly::domain::subscription::bounce::{BounceCount, EnhancedStatus, Meaning};
use fortnightly::domain::subscription::report_kind::ReportKind;
use fortnightly::domain::subscription::returned::Bounced;
use fortnightly::store::{ActivityWithdrawal, Recall, Store};

use super::desk::Desk as _;
use super::samples::{
    Open, SEVEN, at, change_editions, claim, crowd, delivery, done, id, look_up, mark, plan, publication, reply,
    send_out,
};

pub(in crate::store) async fn a_published_edition_is_read_as_it_went_out(open: Open<'_>) {
    let store = open();
    assert_eq!(store.published_view(SEVEN).await.unwrap(), None);
    send_out(&*store, &crowd(1)).await;
    let read = store.published_view(SEVEN).await.unwrap().unwrap();
    assert_eq!((read.edition.number, read.theme.title.as_str()), (SEVEN, "Sharing"));
    let text = &read.texts[0];
    let (edition, activity) = store.published_activity(&text.activity).await.unwrap().unwrap();
    assert_eq!((edition, &activity), (SEVEN, &text.content));
    assert_eq!(store.published_activity(&"no/such".parse().unwrap()).await.unwrap(), None);
    assert_eq!(store.published_view(EditionNumber(8)).await.unwrap(), None);
}

pub(in crate::store) async fn a_printable_is_found_with_the_edition_that_had_it_last(open: Open<'_>) {
    let store = open();
    store.subscribe(&crowd(1), at(0)).await.unwrap();
    let sheet = |file: &str, svg: &str| Some(Printable { file: file.to_owned(), svg: svg.to_owned() });
    let drawn = [sheet("a “sheet”.svg", "<svg>\u{1}é</svg>"), sheet("b.svg", "<svg/>"), None, sheet("b.svg", "<svg >")];
    for (number, printable) in (1..).map(EditionNumber).zip(drawn.clone()) {
        change_editions(&*store, &[plan(number)], at(0)).await;
        let mut publication = publication(&*store, number, "4-5").await;
        publication.texts[0].content.printable = printable;
        store.publish(&publication).await.unwrap();
    }
    let id = "sharing/for-4-5".parse().unwrap();
    let found = async |file: &str| store.published_printable(&id, file).await.unwrap();
    assert_eq!(found("a “sheet”.svg").await, drawn[0]);
    assert_eq!(found("b.svg").await, drawn[3], "that of the newest edition");
    assert_eq!(found("c.svg").await, None);
    assert_eq!(store.published_printable(&"no/such".parse().unwrap(), "b.svg").await.unwrap(), None);
}

pub(in crate::store) async fn a_view_tells_what_was_taken_back_and_when_it_came_back(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(1)).await;
    let view = async || store.published_view(SEVEN).await.unwrap().unwrap();
    assert!(view().await.recalls.is_empty());
    let activity = view().await.texts[0].activity.clone();
    for (stands, minute) in [(true, 3), (false, 4), (true, 5), (false, 6)] {
        let change = ActivityWithdrawal { activity: activity.clone(), withdrawn: stands };
        assert!(store.write_editions(&Changed::default(), &[change], "cli", at(minute)).await.unwrap());
        let recalls: Vec<_> = view().await.recalls.into_iter().collect();
        assert_eq!(recalls, [(activity.clone(), Recall { stands, at: at(minute) })]);
        assert_eq!(store.withdrawn().await.unwrap().contains(&activity), stands);
    }
}

/// A slip in the theme of a published edition is mended.
pub(in crate::store) async fn mend_one(store: &dyn Store) {
    let editions = store.editions().await.unwrap();
    let number = editions.iter().find(|edition| edition.is_published()).unwrap().number;
    let theme = store.published_view(number).await.unwrap().unwrap().theme;
    let revision = TextRevision { text: RevisedText::Theme(Box::new(theme)), number: 1, at: at(0) };
    assert!(store.revise_text(number, &revision, "test").await.unwrap());
}

pub(in crate::store) async fn a_mended_text_stands_beside_what_was_sent(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(1)).await;
    let view = async || store.published_view(SEVEN).await.unwrap().unwrap();
    let (sent, theme) = (view().await.texts[0].content.clone(), view().await.theme);
    let activity = |title: &str| Activity { title: title.to_owned(), ..sent.clone() };
    let revision = |text: RevisedText, number, minute| TextRevision { text, number, at: at(minute) };
    let first = revision(RevisedText::Activity(Box::new(activity("One"))), 1, 3);
    let second = revision(RevisedText::Activity(Box::new(activity("Two “é”"))), 2, 4);
    let of_theme = revision(RevisedText::Theme(Box::new(Theme { title: "Other".to_owned(), ..theme.clone() })), 1, 5);
    assert!(store.revise_text(SEVEN, &first, "test").await.unwrap());
    assert!(
        !store.revise_text(SEVEN, &revision(second.text.clone(), 1, 4), "test").await.unwrap(),
        "another was first"
    );
    assert!(store.revise_text(SEVEN, &second, "test").await.unwrap());
    assert!(store.revise_text(SEVEN, &of_theme, "test").await.unwrap());
    assert!(!store.revise_text(EditionNumber(8), &first, "test").await.unwrap(), "it was never published");
    let read = store.published_view(SEVEN).await.unwrap().unwrap();
    assert_eq!(read.revised, [of_theme, second]);
    assert_eq!((&read.theme, &read.texts[0].content), (&theme, &sent), "what was sent is still known");
    assert_eq!(store.published_activity(&sent.id).await.unwrap(), Some((SEVEN, sent)));
}

pub(in crate::store) async fn revisions_are_read_as_they_were_written(open: Open<'_>) {
    let store = open();
    let name = store.public_name().await.unwrap();
    assert_eq!((name.0.len(), &store.public_name().await.unwrap()), (32, &name));
    let first = BTreeMap::from(["a", "b"].map(|name| (name.to_owned(), Revision::new("x".to_owned(), 0, at(1)))));
    store.write_revisions(&first).await.unwrap();
    assert_eq!(store.revisions().await.unwrap(), first);
    let next = Revision::new("y".to_owned(), 1, at(2));
    store.write_revisions(&BTreeMap::from([("b".to_owned(), next.clone())])).await.unwrap();
    let both = store.revisions().await.unwrap();
    assert_eq!((&both["a"], &both["b"]), (&first["a"], &next));
}

pub(in crate::store) async fn a_bounce_is_noted_once_and_means_what_its_status_says(open: Open<'_>) {
    let store = open();
    send_out(&*store, &crowd(3)).await;
    claim(&*store, 2, 9).await;
    for recipient in 1..=3 {
        mark(&*store, id(recipient)).await;
        done(&*store, id(recipient), Outcome::Accepted(reply(250)), None).await;
    }
    let status = |text: &str| Some(text.parse::<EnhancedStatus>().unwrap());
    for _ in 0..2 {
        let noted = store.bounce(delivery(1), status("5.2.2"), at(5)).await.unwrap();
        assert_eq!(noted, Bounced::Counted { in_a_row: 1, of: 3 });
    }
    assert_eq!(store.bounce(delivery(2), status("5.7.1"), at(5)).await.unwrap(), Bounced::Policy);
    assert_eq!(store.bounce(delivery(9), status("5.1.1"), at(5)).await.unwrap(), Bounced::Unknown);
    assert_eq!(store.suppression_count().await.unwrap(), 0);
    assert_eq!(store.bounce(delivery(3), status("5.1.1"), at(5)).await.unwrap(), Bounced::Suppressed);
    assert!(look_up(&*store, "m2@school.example").await.1.suppressed.is_some());
    assert_eq!(store.tally(SEVEN).await.unwrap().accepted, 3, "the relay took them");
    let count =
        |meaning, suppressed| BounceCount { edition: SEVEN, meaning, waits: false, mails: 1, accepted: 1, suppressed };
    let counts = [count(Meaning::After(3), 0), count(Meaning::Gone, 1), count(Meaning::Policy, 0)];
    assert_eq!(store.bounce_counts().await.unwrap(), counts);
    for kind in [ReportKind::Bounced, ReportKind::Unmatched, ReportKind::Bounced] {
        store.count_report(kind).await.unwrap();
    }
    let counts: Vec<_> = store.report_counts().await.unwrap().into_iter().collect();
    assert_eq!(counts, [(ReportKind::Bounced, 2), (ReportKind::Unmatched, 1)]);
    for mark in ["a", "b", "a"] {
        store.note_left_behind(mark).await.unwrap();
    }
    store.forget_left_behind("b").await.unwrap();
    store.forget_left_behind("c").await.unwrap();
    assert_eq!(store.left_behind().await.unwrap().into_iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(store.recipients_of(SEVEN, Some(id(1).recipient), 1).await.unwrap(), [id(2).recipient]);
}
