//! The sender in this process: a real store, a Maildir, and an observer that writes down what it is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fortnightly::app::decisions::Decisions;
use fortnightly::app::sender::{
    EarlyEdition, Ended, Observer, Order, Posted, Progress, RunReport, SendError, Sender, Sent, Target,
};
use fortnightly::app::subscriber::Subscriber;
use fortnightly::app::sync::Synced;
use fortnightly::app::sync::sync;
use fortnightly::app::{AppContext, Content, bootstrap};
use fortnightly::clock::Clock;
use fortnightly::domain::calendar::Action;
use fortnightly::domain::delivery::Tally;
use fortnightly::domain::edition::{EditionNumber, EditionState};
use fortnightly::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest};
use tokio_util::sync::CancellationToken;

use crate::support::fixture::{BASE, Fixture, three};

const DUE: &str = "2026-11-30T08:00:00Z";
const SEVEN: EditionNumber = EditionNumber(7);

/// Writes down what it is told, and answers what it is asked.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<String>>,
    answer: Option<bool>,
}

impl Recorder {
    fn answering(answer: Option<bool>) -> Self {
        Self { answer, ..Self::default() }
    }

    fn note(&self, what: impl Into<String>) {
        self.told.lock().unwrap().push(what.into());
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

#[async_trait]
impl Observer for Recorder {
    fn synced(&self, synced: &Synced) {
        self.note(format!("synced {}", synced.applied));
    }

    fn reconciled(&self, _: &[Action]) {
        self.note("reconciled");
    }

    fn posted(&self, posted: &Posted) {
        self.note(format!("posted {}", posted.accepted));
    }

    fn may_go_early(&self, edition: &EarlyEdition) -> Option<bool> {
        self.note(format!("asked about {} for {}", edition.number, edition.readers));
        self.answer
    }

    async fn run_begins(&self, before: Tally, _: &Arc<Progress>, _: &CancellationToken) {
        self.note(format!("begins with {}", before.total));
    }

    async fn run_ends(&self) {
        self.note("ends");
    }

    fn run_ended(&self, report: &RunReport) {
        self.note(format!("ended with {}", report.tally.accepted));
    }
}

fn at(moment: &str) -> DateTime<Utc> {
    moment.parse().unwrap()
}

async fn opened(fixture: &Fixture, now: &str) -> (AppContext, Content) {
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    bootstrap::open_whole(config, Clock::Fixed(at(now))).await.unwrap()
}

fn command(target: Target) -> Order {
    Order { target, late: false, early: false, alone: true }
}

async fn send(
    (app, content): &(AppContext, Content),
    order: Order,
    observer: &dyn Observer,
) -> Result<Sent, SendError> {
    Sender::new(app, content).send(&order, observer, &CancellationToken::new()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_syncs_plans_publishes_and_sends() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let (opened, recorder) = (opened(&fixture, DUE).await, Recorder::default());
    let Sent::Run(report) = send(&opened, command(Target::Due), &recorder).await.unwrap() else { panic!("it is due") };
    assert_eq!((report.edition.number, report.edition.state), (SEVEN, EditionState::Sent));
    assert_eq!((report.ended, report.tally.accepted, report.attempts), (Ended::Finished, 4, 4));
    assert_eq!(recorder.told(), ["synced true", "reconciled", "begins with 4", "ends", "ended with 4"]);
    assert_eq!(fixture.mail_count(), 4);
    // Again, with nothing left to do.
    let again = send(&opened, command(Target::Due), &recorder).await.unwrap();
    assert!(matches!(again, Sent::NothingDue(_)), "{again:?}");
    assert_eq!(recorder.told(), ["synced true", "reconciled"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_sends_the_same_mails_and_looks_again_for_nothing() {
    let [by_command, by_daemon] = [true, false].map(|_| Fixture::new(&format!("{BASE}{}", three())));
    send(&opened(&by_command, DUE).await, command(Target::Due), &()).await.unwrap();
    let opened = opened(&by_daemon, DUE).await;
    sync(&opened.0, false).await.unwrap();
    let recorder = Recorder::default();
    send(&opened, Order::WHAT_IS_DUE, &recorder).await.unwrap();
    assert_eq!(recorder.told(), ["reconciled", "begins with 4", "ends", "ended with 4"]);
    assert_eq!(by_daemon.bands_by_mailbox(), by_command.bands_by_mailbox());
    send(&opened, Order::WHAT_IS_DUE, &recorder).await.unwrap();
    assert_eq!(recorder.told(), ["reconciled"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_edition_is_asked_about() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let opened = opened(&fixture, "2026-11-26T08:00:00Z").await;
    let nobody = send(&opened, command(Target::Next), &()).await;
    assert!(matches!(nobody, Err(SendError::Early { number: SEVEN, .. })), "{nobody:?}");
    let recorder = Recorder::answering(Some(false));
    let sent = send(&opened, command(Target::Next), &recorder).await.unwrap();
    assert!(matches!(sent, Sent::NotWanted), "{sent:?}");
    assert!(recorder.told().contains(&"asked about 7 for 4".to_owned()));
    assert_eq!(fixture.mail_count(), 0);
    let sent = send(&opened, command(Target::Next), &Recorder::answering(Some(true))).await.unwrap();
    assert!(matches!(sent, Sent::Run(_)), "{sent:?}");
    assert_eq!(fixture.mail_count(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_leaves_although_the_edition_is_held_and_the_cap_reached() {
    let fixture = Fixture::new(&format!("{BASE}[mail]\ndaily_cap = 2\n{}", three()));
    let (opened, recorder) = (opened(&fixture, DUE).await, Recorder::default());
    let Sent::Run(report) = send(&opened, command(Target::Due), &recorder).await.unwrap() else { panic!("it is due") };
    assert_eq!((report.ended, report.tally.accepted), (Ended::Capped, 2));
    Decisions::new(&opened.0, Some(&opened.1)).hold(SEVEN, None).await.unwrap();
    let wish = SubscribeRequest {
        profile: Profile { name: "Jane".to_owned(), sector: Sector::Other, locale: Locale::EnGb, urn: None },
        address: "jane@home.example".parse().unwrap(),
        bands: ["4-5".parse().unwrap()].into(),
        origin: Origin::Cli,
    };
    Subscriber::new(&opened.0).ask_to_subscribe(&wish).await.unwrap();
    recorder.told();
    let stopped = send(&opened, command(Target::Number(SEVEN)), &recorder).await;
    assert!(matches!(stopped, Err(SendError::Stopped { number: SEVEN, .. })), "{stopped:?}");
    assert_eq!(recorder.told(), ["synced true", "posted 1", "reconciled"]);
    assert!(fixture.mails().iter().any(|mail| mail.to == "jane@home.example"));
    assert_eq!(fixture.mail_count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_go_out_is_refused_with_its_reason() {
    let fixture = Fixture::new(&format!("{BASE}{}", three()));
    let late = opened(&fixture, "2026-12-03T08:00:01Z").await;
    let refused = send(&late, command(Target::Number(SEVEN)), &()).await;
    assert!(matches!(refused, Err(SendError::OnlyByHand { number: SEVEN, reason: Some(_), .. })), "{refused:?}");
    let far = send(&late, command(Target::Number(EditionNumber(9_999))), &()).await;
    assert!(matches!(far, Err(SendError::TooFarAhead { .. })), "{far:?}");
    let by_hand = Order { late: true, ..command(Target::Number(SEVEN)) };
    assert!(matches!(send(&late, by_hand, &()).await.unwrap(), Sent::Run(_)));
    assert_eq!(fixture.mail_count(), 4);
}
