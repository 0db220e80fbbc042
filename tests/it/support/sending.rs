//! Runs of `send` against a relay: recipients behind it, and what came of them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use fortnightly::app::bootstrap;
use fortnightly::app::sender::{Order, SendError, Sender, Target};
use fortnightly::clock::Clock;
use fortnightly::domain::edition::EditionNumber;
use tokio_util::sync::CancellationToken;

use super::fixture::{BASE, Fixture};
use super::oracle::{Oracle, Said};

/// Always the same edition, whenever the test runs: the clock of a run that really speaks SMTP cannot be pretended.
pub(crate) const SEND: &[&str] = &["send", "--edition", "next", "--yes"];

/// A bulletin for everyone.
pub(crate) const WARNING: &str = "activities/bulletins/warning.md";

/// Sends it, also in the hour before the edition that falls due when the tests may run.
pub(crate) const SEND_WARNING: &[&str] = &["bulletin", "warning", "--yes", "--beside-edition"];

/// What stands in its file.
pub(crate) const WARNING_TEXT: &str = "+++\ntitle = \"A game with strangers in its chat\"\nsummary = \"Children have met strangers \
in the chat of a new game. Here is what to ask.\"\n+++\n\nAsk your child to **show you** the game.\n";

/// A correction of an edition.
pub(crate) const CORRECTION: &str = "+++\ntitle = \"The number was wrong\"\nsummary = \"The sheet had a telephone number that leads nowhere. \
                          Here is the right one.\"\n+++\n\n## What was wrong\n\nThe sheet said 0800 2222.\n\n## What is right\n\n\
                          Childline’s number is 0800 1111.\n";

/// A fixture with so many recipients, whose mail goes to the relay on `port` by two connections.
pub(crate) fn behind_relay(port: u16, recipients: usize, more: &str) -> Fixture {
    with_connections(port, recipients, 2, more)
}

/// As `behind_relay`, with as many connections as a test needs.
pub(crate) fn with_connections(port: u16, recipients: usize, connections: usize, more: &str) -> Fixture {
    let mail = format!(
        "\n[mail]\ntransport = \"smtp://127.0.0.1:{port}\"\ntls = \"none\"\nconnections = {connections}\n{more}"
    );
    let fixture = Fixture::new(&format!("{BASE}{mail}"));
    let rows: String = (0..recipients).map(|n| format!("School {n},school,s{n}@school.example,4-5,,,\n")).collect();
    fixture.write("list.csv", &format!("name,sector,email,bands,ages,locale,urn\n{rows}"));
    fixture.run(&["subscribers", "import", "list.csv"]).exits(0);
    fixture
}

/// A store in which, from a run's first greeting on, what fits cannot be written. A store that someone gave a trigger
/// would not be opened.
#[derive(Clone, Default)]
pub(crate) struct Fault(Arc<OnceLock<PathBuf>>);

impl Fault {
    /// A relay that brings it about; `which` is what the trigger fits, as `UPDATE ON waves`.
    pub(crate) fn behind(
        &self,
        which: &str,
        decide: impl Fn(&Said<'_>) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Oracle {
        let path = Arc::clone(&self.0);
        let trigger =
            format!("CREATE TRIGGER fault BEFORE {which} BEGIN SELECT RAISE(ABORT, 'a fault of the test'); END");
        Oracle::deciding(move |said| {
            if let (0, "GREET", Some(path)) = (said.connection, said.line, path.get()) {
                rusqlite::Connection::open(path).unwrap().execute_batch(&trigger).unwrap();
            }
            decide(said)
        })
    }

    /// It is this fixture's store.
    pub(crate) fn strikes(&self, fixture: &Fixture) {
        self.0.set(fixture.path("var/fortnightly.db")).unwrap();
    }
}

/// The number of the edition that was published.
pub(crate) fn published(fixture: &Fixture) -> u64 {
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let editions = status["editions"].as_array().unwrap();
    let edition = editions.iter().find(|edition| edition["deliveries"]["total"].as_u64() > Some(0)).unwrap();
    edition["edition"].as_u64().unwrap()
}

/// How many deliveries are in `state`, the state of the edition or the bulletin that was sent, and what needs a person.
pub(crate) fn edition_status(fixture: &Fixture, state: &str) -> (u64, String, String) {
    let status = fixture.run(&["status", "--json"]).exits(0).json();
    let mut sent = ["editions", "bulletins"].into_iter().flat_map(|kind| status[kind].as_array().unwrap());
    let edition = sent.find(|one| one["deliveries"]["total"] != 0).unwrap();
    let count = edition["deliveries"][state].as_u64().unwrap();
    (count, edition["state"].as_str().unwrap().to_owned(), status["attention"].to_string())
}

/// Runs the sender in this process at so many minutes after the edition fell due, or says why it failed.
pub(crate) async fn try_send_after(fixture: &Fixture, minutes: i64) -> Result<(), SendError> {
    let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
    let due: DateTime<Utc> = "2026-11-30T08:00:00Z".parse().unwrap();
    let (app, content) = bootstrap::open_whole(config, Clock::Fixed(due + TimeDelta::minutes(minutes))).await.unwrap();
    let order = Order { target: Target::Number(EditionNumber(7)), late: true, early: true, alone: true };
    Sender::new(&app, &content).send(&order, &(), &CancellationToken::new()).await.map(drop)
}

/// As `try_send_after`, where it does not fail.
pub(crate) async fn send_after(fixture: &Fixture, minutes: i64) {
    try_send_after(fixture, minutes).await.unwrap();
}
