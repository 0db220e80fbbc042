//! Invented people, editions and instants for the store's tests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::desk::Desk as _;
use super::whole::Whole as _;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use fortnightly::domain::activity::{Activity, Sensitivity, Theme};
use fortnightly::domain::address::Address;
use fortnightly::domain::band::BandSet;
use fortnightly::domain::delivery::listing::DeliveryFilter;
use fortnightly::domain::delivery::{DeliveryId, DeliveryState, ItemId, Outcome, Reply};
use fortnightly::domain::edition::{
    Edit, Edition, EditionChange, EditionNumber, EditionState, HoldReason, LastUse, Pick, PickReason, Selection,
    ThemeReason, UnapproveReason, state as life,
};
use fortnightly::domain::fingerprint::{Fingerprint, TextPart};
use fortnightly::domain::picture::{Picture, PictureForm, PictureSubject};
use fortnightly::domain::prose::Prose;
use fortnightly::domain::rendered::{Body, Piece, Rendered, Slot};
use fortnightly::domain::sender::Sender;
use fortnightly::domain::subscriber::{
    Locale, MailboxRecord, Origin, Profile, RecipientId, Sector, SubscribeRequest, SubscriberRecord,
};
use fortnightly::store::{
    AttemptResult, Claimed, ClaimedContent, Marked, Publication, PublishResult, PublishedPicture, PublishedSegment,
    PublishedText, Step, Store,
};

pub(super) const SEVEN: EditionNumber = EditionNumber(7);

/// More than there are in any of these stores.
pub(super) const ALL: u32 = 1_000;

/// So many minutes after the invented beginning.
pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_788_768_000_000).unwrap() + TimeDelta::minutes(minutes)
}

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn bands(names: &str) -> BandSet {
    names.split_whitespace().map(|name| name.parse().unwrap()).collect()
}

pub(super) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(super) fn profile(name: &str) -> Profile {
    Profile { name: name.to_owned(), sector: Sector::School, locale: Locale::EnGb, urn: None }
}

pub(super) fn wish(name: &str, mailbox: &str, names: &str) -> SubscribeRequest {
    SubscribeRequest { profile: profile(name), address: address(mailbox), bands: bands(names), origin: Origin::Cli }
}

pub(super) fn wish_of(urn: &str, name: &str, mailbox: &str, names: &str) -> SubscribeRequest {
    let mut wish = wish(name, mailbox, names);
    wish.profile.urn = Some(urn.to_owned());
    wish.origin = Origin::Import;
    wish
}

/// `count` mailboxes `m0@…` to, one school each, all for 4-5.
pub(super) fn crowd(count: usize) -> Vec<SubscribeRequest> {
    (0..count).map(|i| wish(&format!("School {i}"), &format!("m{i}@school.example"), "4-5")).collect()
}

pub(super) fn selection(theme: &str) -> Selection {
    let pick = |band: &str| Pick {
        band: band.parse().unwrap(),
        id: format!("{theme}/for-{}", band.replace('+', "plus")).parse().unwrap(),
        title: format!("Title for {band}"),
        reason: PickReason::Rotation(LastUse::Never),
        fingerprint: "ab".repeat(32).into(),
    };
    let picks = vec![pick("8-10"), pick("4-5"), pick("14+")];
    Selection {
        theme: theme.to_owned(),
        theme_reason: ThemeReason::NeverUsed,
        theme_fingerprint: Fingerprint::default(),
        picks,
    }
}

pub(super) fn plan(number: EditionNumber) -> EditionChange {
    EditionChange::Plan { number, date: day("2026-09-07"), due_at: at(0), selection: selection("sharing") }
}

pub(super) fn sender() -> Sender {
    Sender {
        service: "Online Safety at Home".to_owned(),
        from: "Online Safety at Home <activities@example.org>".parse().unwrap(),
        reply_to: Some("team@example.org".parse().unwrap()),
        base_url: "https://activities.example.org".to_owned(),
        bounce_address: address("bounces@example.org"),
        key_version: 1,
    }
}

pub(super) fn rendered(subject: &str) -> Rendered {
    let body = Body(vec![Piece::Literal("Dear ".to_owned()), Piece::Slot(Slot::Greeting)]);
    Rendered { subject: subject.to_owned(), html: body.clone(), text: body, pictures: Vec::new() }
}

pub(super) fn theme() -> Theme {
    Theme {
        name: "sharing".to_owned(),
        title: "Sharing".to_owned(),
        strand: "reputation".to_owned(),
        order: None,
        reviewed: day("2026-09-01"),
        review_by: day("2028-09-01"),
        author: None,
        reviewed_by: None,
        opening: Prose::default(),
        for_parents: Prose::default(),
    }
}

pub(super) fn activity(id: &str) -> Activity {
    Activity {
        id: id.parse().unwrap(),
        title: "Ask first".to_owned(),
        bands: vec!["4-5".parse().unwrap()],
        minutes: 15,
        summary: "Ask before you share.".to_owned(),
        needs: Vec::new(),
        screen: false,
        sensitivity: Sensitivity::None,
        reviewed: day("2026-09-01"),
        review_by: day("2028-09-01"),
        not_before: None,
        not_after: None,
        occasions: Vec::new(),
        resources: Vec::new(),
        image: None,
        skill: None,
        say: None,
        next: None,
        printable: None,
        get_ready: Prose::default(),
        do_it_together: Prose::default(),
        talk_about_it: Prose::default(),
        if_something_worries_you: Prose::default(),
    }
}

/// An edition that no store has.
fn unplanned(number: EditionNumber) -> Edition {
    Edition {
        number,
        state: EditionState::Planned,
        reason: None,
        date: at(0).date_naive(),
        due_at: at(0),
        selection: Selection {
            theme: String::new(),
            theme_reason: ThemeReason::NothingEligible,
            theme_fingerprint: Fingerprint::default(),
            picks: Vec::new(),
        },
        published_at: None,
        finished_at: None,
        approved_at: None,
        released_at: None,
    }
}

/// A person's hold.
pub(super) fn held(why: &str) -> HoldReason {
    HoldReason::Operator { why: Some(why.to_owned()) }
}

/// Edits of one text.
pub(super) fn edited() -> UnapproveReason {
    let edit = Edit { id: "sharing".to_owned(), title: "Sharing".to_owned(), parts: vec![TextPart::Title] };
    UnapproveReason::Edited { edits: vec![edit] }
}

/// Makes the changes that the states of the store's editions allow; how many that were.
pub(super) async fn change_editions(store: &dyn Store, changes: &[EditionChange], at: DateTime<Utc>) -> usize {
    let changed = life::change(&store.editions().await.unwrap(), changes, at);
    assert!(store.write_editions(&changed, &[], "test", at).await.unwrap(), "nobody else is at work");
    changed.audit.len()
}

/// An activity's picture, and the one for whoever passes an edition on.
pub(super) fn pictures() -> Vec<PublishedPicture> {
    let picture = |byte: u8, form| Picture::new(vec![byte; 3_000], form, (1_120, u32::from(byte)));
    vec![
        PublishedPicture { subject: PictureSubject::Share, picture: picture(1, PictureForm::Png) },
        PublishedPicture {
            subject: PictureSubject::Activity("sharing/for-4-5".parse().unwrap()),
            picture: picture(2, PictureForm::Jpeg),
        },
    ]
}

/// A publication that renders exactly what the audience is now.
pub(super) async fn publication(store: &dyn Store, number: EditionNumber, served: &str) -> Publication {
    let served = bands(served);
    let audience = store.audience(&served).await.unwrap();
    let segments = audience
        .into_iter()
        .map(|segment| PublishedSegment { rendered: rendered(&format!("{:?}", segment.key)), key: segment.key })
        .collect();
    let content = activity("sharing/for-4-5");
    let texts = vec![PublishedText { activity: content.id.clone(), content }];
    let before = store.edition(number).await.unwrap().unwrap_or_else(|| unplanned(number));
    let after = life::publish(&before, at(1)).unwrap_or_else(|_| before.clone());
    let (sender, theme, notices) = (sender(), theme(), Vec::new());
    Publication { before, after, at: at(1), served, sender, segments, theme, texts, notices, pictures: pictures() }
}

/// Plans and publishes edition 7 for these people; how many get it.
pub(super) async fn send_out(store: &dyn Store, people: &[SubscribeRequest]) -> u64 {
    store.subscribe(people, at(0)).await.unwrap();
    change_editions(store, &[plan(SEVEN)], at(0)).await;
    let publication = publication(store, SEVEN, "4-5 5-7 8-10 11-14 14+").await;
    match store.publish(&publication).await.unwrap() {
        PublishResult::Published { recipients } => recipients,
        PublishResult::Changed => panic!("not published"),
    }
}

pub(super) async fn claim(store: &dyn Store, minutes: i64, limit: u32) -> Vec<Claimed> {
    store.claim(Some(SEVEN), at(minutes), limit).await.unwrap()
}

pub(super) async fn done(store: &dyn Store, id: ItemId, outcome: Outcome, retry: Option<i64>) {
    if state(store, id).await == DeliveryState::Claimed {
        mark(store, id).await;
    }
    let result = AttemptResult { id, outcome, at: at(2), retry_at: retry.map(at) };
    record_and_mark(store, Some(result), None).await.unwrap();
}

pub(super) async fn mark(store: &dyn Store, id: ItemId) -> bool {
    record_and_mark(store, None, Some(id)).await.unwrap()
}

/// One step alone.
pub(super) async fn record_and_mark(store: &dyn Store, result: Option<AttemptResult>, mark: Option<ItemId>) -> Marked {
    store.record_and_mark(&[Step { result, mark }].into()).await?.remove(0)
}

/// Takes up what a handle had in hand that was dropped a moment ago; how many.
pub(super) async fn recovered(store: &dyn Store, resend: bool, minutes: i64) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let items = store.recover(resend, at(minutes)).await.unwrap();
        if items > 0 || Instant::now() > deadline {
            return items;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(super) async fn state(store: &dyn Store, id: ItemId) -> DeliveryState {
    store.item_state(id).await.unwrap().unwrap()
}

/// The edition's deliveries in these states.
pub(super) fn all_of(states: &[DeliveryState]) -> DeliveryFilter {
    DeliveryFilter { edition: Some(SEVEN), states: states.to_vec(), ..DeliveryFilter::default() }
}

pub(super) fn reply(code: u16) -> Reply {
    Reply { code: Some(code), text: "as the relay said".to_owned() }
}

pub(super) fn delivery(recipient: u64) -> DeliveryId {
    DeliveryId { edition: SEVEN, recipient: RecipientId(recipient) }
}

pub(super) fn id(recipient: u64) -> ItemId {
    delivery(recipient).into()
}

/// The name with which a mail of an edition greets.
pub(super) fn greeted(claimed: &Claimed) -> &str {
    match &claimed.content {
        ClaimedContent::Digest { subscriber, .. } => subscriber,
        ClaimedContent::Transactional(_) => "",
    }
}

/// The mailbox with this address, and the subscriber it belongs to.
pub(super) async fn look_up(store: &dyn Store, mailbox: &str) -> (SubscriberRecord, MailboxRecord) {
    let wanted = address(mailbox);
    for subscriber in store.subscribers().await.unwrap() {
        if let Some(found) = subscriber.mailboxes.iter().find(|m| m.address == wanted) {
            return (subscriber.clone(), found.clone());
        }
    }
    panic!("{mailbox} is no mailbox");
}

/// Opens one more handle to the same store.
pub(super) type Open<'a> = &'a (dyn Fn() -> Arc<dyn Store> + Sync);
