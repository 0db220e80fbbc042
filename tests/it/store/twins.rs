//! Random decisions and mails, on `SQLite` and on `PostgreSQL` alike: whatever is asked of them, the answers are the same.

use std::convert::Infallible;
use std::fmt::Debug;

use chrono::{DateTime, Utc};
use fortnightly::domain::delivery::listing::DeliveryFilter;
use fortnightly::domain::delivery::{DailyCap, DeliveryState, Outcome, Reply};
use fortnightly::domain::subscriber::{RecipientId, SuppressionReason};
use fortnightly::domain::subscription::confirm::Asked;
use fortnightly::domain::subscription::mailing_list::MailingList;
use fortnightly::domain::subscription::{forget, returned};
use fortnightly::domain::user::bearer::TokenHash;
use fortnightly::store::postgres::PostgresStore;
use fortnightly::store::sqlite::SqliteStore;
use fortnightly::store::{AttemptResult, Scope, Store, decide};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::accounts;
use super::counts::{self, MAILBOXES, mailbox};
use super::desk::Desk as _;
use super::hasher;
use super::samples::{SEVEN, at, bands, change_editions, delivery, id, mark, plan, publication, record_and_mark};
use super::whole::Whole as _;
use crate::support::postgres::fresh;
use crate::support::trials::is_long;

const SERVED: &str = "4-5 5-7 14+";

#[derive(Debug, Clone)]
pub(super) enum Act {
    List(counts::Act),
    /// The edition goes out.
    Publish,
    /// The relay says of a mailbox what it says.
    Relay(u64, bool),
    /// A report about a mailbox, with one of these statuses.
    Report(u64, &'static str),
    Confirm,
    Dismiss,
    Dissolve,
    /// What bounces have suppressed is taken back.
    TakeBack,
    /// Who ended is forgotten.
    Retire,
    /// The console's users.
    Users(accounts::Act),
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let who = || 1..=MAILBOXES as u64 + 1;
    let status = prop_oneof![Just("5.1.1"), Just("5.1.1"), Just("5.2.2"), Just("5.7.1")];
    prop_oneof![
        10 => counts::act().prop_map(Act::List),
        3 => Just(Act::Publish),
        6 => (who(), any::<bool>()).prop_map(|(i, refused)| Act::Relay(i, refused)),
        8 => (who(), status).prop_map(|(i, status)| Act::Report(i, status)),
        1 => Just(Act::Confirm),
        1 => Just(Act::Dismiss),
        1 => Just(Act::Dissolve),
        1 => Just(Act::TakeBack),
        1 => Just(Act::Retire),
        4 => accounts::act().prop_map(Act::Users),
    ]
}

/// One of the two, with the requests that wait in it.
pub(super) struct Twin {
    pub(super) store: Box<dyn Store>,
    pub(super) asked: Vec<Asked>,
    /// The links of the console's users.
    pub(super) links: [Option<TokenHash>; 3],
}

impl Twin {
    /// Carries it out on this day; what it came to.
    pub(super) async fn perform(&mut self, act: Act, day: i64, now: DateTime<Utc>) -> String {
        let store = &*self.store;
        match act {
            Act::List(act) => {
                counts::perform(store, act, day, &mut self.asked).await;
                format!("{:?}", self.asked)
            }
            Act::Publish if store.edition(SEVEN).await.unwrap().is_some() => String::new(),
            Act::Publish => {
                change_editions(store, &[plan(SEVEN)], now).await;
                let publication = publication(store, SEVEN, SERVED).await;
                format!("{:?}", store.publish(&publication).await)
            }
            Act::Relay(recipient, refused) => self.relay(recipient, refused, now).await,
            Act::Report(recipient, status) => {
                format!("{:?}", store.bounce(delivery(recipient), status.parse().ok(), now).await)
            }
            Act::Dissolve => match store.open_waves().await.unwrap().first() {
                Some(open) => format!("{:?}", store.dissolve_wave(open.wave.id, None, now).await),
                None => String::new(),
            },
            Act::Confirm => self.settle(now, |list| returned::confirm(list, "test", None)).await,
            Act::Dismiss => self.settle(now, |list| returned::dismiss(list, "test", None)).await,
            Act::TakeBack => {
                let scope = Scope::Suppressed(SuppressionReason::Bounced, at(0), None, 2);
                decided(store, &scope, now, |list| returned::take_back_all(list, "test")).await
            }
            Act::Users(act) => accounts::perform(store, act, &mut self.links, now).await,
            Act::Retire => {
                let scope = Scope::Ended(RecipientId(0), 3);
                decided(store, &scope, now, move |list| forget::retire(list, now)).await
            }
        }
    }

    async fn relay(&self, recipient: u64, refused: bool, now: DateTime<Utc>) -> String {
        let claimed = self.store.claim(Some(SEVEN), now, 99).await.unwrap();
        let id = id(recipient);
        if self.store.item_state(id).await.unwrap() != Some(DeliveryState::Claimed) {
            return format!("{claimed:?}");
        }
        let marked = mark(&*self.store, id).await;
        let reply = Reply { code: Some(550), text: "5.1.1 no such user".to_owned() };
        let outcome = if refused {
            Outcome::Permanent { reply, suppress: Some(SuppressionReason::Bounced) }
        } else {
            Outcome::Accepted(reply)
        };
        let result = marked.then_some(AttemptResult { id, outcome, at: now, retry_at: None });
        format!("{claimed:?} {:?}", record_and_mark(&*self.store, result, None).await)
    }

    async fn settle<T: Debug + Send + 'static>(
        &self,
        now: DateTime<Utc>,
        settle: impl FnMut(&mut MailingList) -> T + Send + 'static,
    ) -> String {
        let Some(open) = self.store.open_waves().await.unwrap().into_iter().next() else { return String::new() };
        decided(&*self.store, &Scope::Wave(open.wave.id, RecipientId(0), 3), now, settle).await
    }

    /// What it answers to whatever is asked of it.
    pub(super) async fn answers(&self) -> Vec<String> {
        let (store, served) = (&*self.store, bands(SERVED));
        let mut answers = vec![
            format!("{:?}", store.subscribers().await),
            format!("{:?}", store.suppressions().await),
            format!("{:?}", store.audit().await),
            format!("{:?}", store.audience(&served).await),
            format!("{:?}", store.first_readers(&served).await),
            format!("{:?}", store.readers_page(&served, None, 99).await),
            format!("{:?}", store.readers().await),
            format!("{:?} {:?}", store.subscriber_counts().await, store.suppression_count().await),
            format!("{:?}", store.unserved(&bands("8-10"), 2).await),
            format!("{:?}", store.subscribers_in(&["example"], 2).await),
            format!("{:?}", store.addresses_near(&mailbox(2), 2).await),
            format!("{:?} {:?}", store.bounce_counts().await, store.open_waves().await),
            format!("{:?} {:?}", store.tally(SEVEN).await, store.recipients_of(SEVEN, None, 99).await),
            format!("{:?}", store.edition(SEVEN).await),
            format!("{:?}", store.left_within(DailyCap { most: 99, since: at(0) }).await),
        ];
        answers.extend(accounts::answers(store, at(0)).await);
        for wave in store.waves().await.unwrap() {
            answers.push(format!("{wave:?} {:?}", store.wave_bounces(wave.id).await));
        }
        for i in 0..MAILBOXES {
            let scope = Scope::Person(mailbox(i));
            let list = store.mailing_list(&scope, at(0)).await.unwrap();
            let mailboxes: Vec<_> = list.mailboxes().collect();
            let organisations: Vec<_> = list.organisations().collect();
            answers.push(format!("{:?} {mailboxes:?} {organisations:?}", list.suppression(&mailbox(i))));
            answers.push(format!("{:?}", store.subject_data(RecipientId(i as u64 + 1)).await));
        }
        let all = DeliveryFilter { states: DeliveryState::ALL.to_vec(), ..DeliveryFilter::default() };
        answers.push(format!("{:?}", store.deliveries(&all, None, 99).await));
        answers
    }
}

async fn decided<T: Debug + Send + 'static>(
    store: &dyn Store,
    scope: &Scope,
    now: DateTime<Utc>,
    mut decision: impl FnMut(&mut MailingList) -> T + Send + 'static,
) -> String {
    let decision = move |list: &mut MailingList| Ok::<_, Infallible>(decision(list));
    format!("{:?}", decide(store, scope, now, None, decision).await)
}

#[test]
fn both_give_the_same_answers() {
    let cases = if is_long() { 200 } else { 8 };
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let history = |acts: Vec<Act>| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let settings = fresh().expect("PostgreSQL is installed where this is run");
            let on_postgres = PostgresStore::open(&settings, hasher()).await.unwrap();
            let mut first = Twin {
                store: Box::new(SqliteStore::in_memory(hasher()).unwrap()),
                asked: Vec::new(),
                links: [None; 3],
            };
            let mut second = Twin { store: Box::new(on_postgres), asked: Vec::new(), links: [None; 3] };
            let mut day = 0;
            for (minute, act) in (1..).zip(acts) {
                day += i64::from(matches!(act, Act::List(_)));
                let now = at(day * 24 * 60 + minute);
                let done = first.perform(act.clone(), day, now).await;
                assert_eq!(second.perform(act, day, now).await, done);
                let (asked, expected) = (second.answers().await, first.answers().await);
                for (answer, expected) in asked.iter().zip(&expected) {
                    assert_eq!(answer, expected);
                }
                assert_eq!(asked.len(), expected.len());
            }
        });
        Ok(())
    };
    TestRunner::new(config).run(&prop::collection::vec(act(), 1..30), history).unwrap();
}
