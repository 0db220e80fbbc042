//! `deliveries list|retry|resolve`: what did not arrive, and what to do about it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::listing::{JsonList, TableList};
use super::out;
use super::table::Column;
use crate::app::bootstrap;
use crate::app::deliveries::Deliveries;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::bulletin::BulletinName;
use crate::domain::delivery::DeliveryState;
use crate::domain::delivery::listing::{Attempt, DeliveryFilter, DeliveryRecord};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::subscription::suppression::AddressHasher;
use crate::messages;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Deliveries and what was last said about them: those that failed, expired or are uncertain, unless others are named
    ///
    /// They stand by edition, the oldest first, and within one in the order in which the mailboxes were subscribed. `accepted
    /// (bounced)` is one that the relay had accepted before it came back.
    List(List),
    /// Queue failed, expired and uncertain deliveries again
    Retry(Retry),
    /// Say what became of uncertain deliveries, once you know it from the relay's log
    Resolve(Resolve),
}

impl Command {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Retry(command) => command.run(context).await,
            Self::Resolve(command) => command.run(context).await,
        }
    }
}

/// A state as people name it, and the states that it stands for.
fn states(words: &[String]) -> Vec<DeliveryState> {
    DeliveryState::ALL.iter().copied().filter(|state| words.iter().any(|word| word == state.group())).collect()
}

fn only(addresses: &[Address]) -> Option<Vec<Address>> {
    (!addresses.is_empty()).then(|| addresses.to_vec())
}

const ENDED: [&str; 3] = ["failed", "expired", "uncertain"];
const STATES: [&str; 8] = ["queued", "sending", "accepted", "deferred", "uncertain", "failed", "expired", "suppressed"];

#[derive(Debug, Args)]
pub(super) struct List {
    /// Only these mailboxes, in whatever state their deliveries are
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,
    /// Only this edition
    #[arg(long, value_name = "N", conflicts_with = "bulletin")]
    edition: Option<u32>,
    /// Only this bulletin
    #[arg(long, value_name = "NAME")]
    bulletin: Option<BulletinName>,
    /// Only these states; left out: failed, expired and uncertain, or, where mailboxes are named, all of them
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(STATES))]
    state: Vec<String>,
    /// Only those that came back after they were accepted
    #[arg(long, conflicts_with = "state")]
    bounced: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column<'_>] = &[
    Column::Number("Edition"),
    Column::Text("Address"),
    Column::Text("Subscriber"),
    Column::Text("State"),
    Column::Number("Attempts"),
    Column::Text("Next"),
    Column::Note("Last said"),
];

impl List {
    /// Of a mailbox that is named, everything; of all, what did not arrive.
    fn states(&self) -> Vec<DeliveryState> {
        match &self.state[..] {
            [] if self.bounced => vec![DeliveryState::Accepted],
            [] if self.addresses.is_empty() => states(&ENDED.map(str::to_owned)),
            [] => DeliveryState::ALL.to_vec(),
            named => states(named),
        }
    }

    fn nothing(&self) -> &'static str {
        match &self.state[..] {
            [] if self.bounced => "Nothing has come back.",
            [] if self.addresses.is_empty() => {
                "Nothing has failed, expired or is uncertain. Name a mailbox or a --state to see other deliveries."
            }
            [] => "Nothing has been sent to this mailbox yet.",
            _ => "No delivery is in such a state.",
        }
    }

    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let app = bootstrap::open_copy_undated(config, context.clock).await?;
        let hasher = app.keyring.address_hasher();
        let deliveries = Deliveries::new(&app);
        let names = deliveries.bulletins().await?;
        let filter = DeliveryFilter {
            edition: named(&deliveries, self.edition, self.bulletin.as_ref()).await?,
            states: self.states(),
            addresses: only(&self.addresses),
            bounced: self.bounced,
            ..DeliveryFilter::default()
        };
        let more = if self.json {
            let mut list = JsonList::new();
            let mut add = |record: &DeliveryRecord| list.add(&as_json(record, &names, &hasher, &app.config));
            let more = deliveries.each(&filter, self.limit, |page| page.iter().try_for_each(&mut add)).await?;
            list.end("");
            more
        } else {
            let mut table = TableList::new(COLUMNS);
            let mut add = |record: &DeliveryRecord| table.add(row(record, &names, &app.config));
            let more = deliveries.each(&filter, self.limit, |page| page.iter().try_for_each(&mut add)).await?;
            table.end(self.nothing());
            more
        };
        if more {
            out::note(&format!(
                "There are more than {}: use --limit, or name an edition, state or address.",
                self.limit
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What those are called that were sent under the numbers of bulletins.
type Names = BTreeMap<EditionNumber, BulletinName>;

/// The number under which it was sent that the command line names.
async fn named(
    deliveries: &Deliveries,
    edition: Option<u32>,
    bulletin: Option<&BulletinName>,
) -> Result<Option<EditionNumber>, Failure> {
    match bulletin {
        Some(name) => Ok(Some(deliveries.of_bulletin(name).await?)),
        None => Ok(edition.map(EditionNumber)),
    }
}

/// `Edition 7`, or `Bulletin warning`.
fn told(number: EditionNumber, bulletin: Option<&BulletinName>) -> String {
    bulletin.map_or_else(|| format!("Edition {number}"), |name| format!("Bulletin {name}"))
}

fn moment(at: DateTime<Utc>, config: &Config) -> String {
    at.with_timezone(&config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn as_json(record: &DeliveryRecord, names: &Names, hasher: &AddressHasher, config: &Config) -> Value {
    let (last, bulletin) = (record.last.as_ref(), names.get(&record.id.edition));
    json!({
        "edition": bulletin.is_none().then_some(record.id.edition),
        "bulletin": bulletin,
        "address": record.address,
        // As the log names it.
        "mailbox": record.address.as_ref().map(|address| hasher.key(address).short()),
        "subscriber": record.subscriber,
        "state": record.state.group(),
        "attempts": record.attempts,
        "next_at": record.next_at.map(|at| moment(at, config)),
        "last_at": last.map(|last| moment(last.at, config)),
        "code": last.and_then(|last| last.reply.code),
        "reply": last.map(|last| last.reply.text.as_str()),
        "bounced_at": record.bounce.as_ref().map(|bounce| moment(bounce.at, config)),
        "bounce": record.bounce.as_ref().and_then(|bounce| bounce.status.as_deref()),
    })
}

fn row(record: &DeliveryRecord, names: &Names, config: &Config) -> Vec<String> {
    let edition = record.id.edition;
    vec![
        names.get(&edition).map_or_else(|| edition.to_string(), ToString::to_string),
        record.address.as_ref().map_or_else(|| "(erased)".to_owned(), ToString::to_string),
        record.subscriber.clone(),
        state(record),
        record.attempts.to_string(),
        record.next_at.map(|at| out::moment(at, config)).unwrap_or_default(),
        last_said(record, config),
    ]
}

/// Its state, and whether it came back.
fn state(record: &DeliveryRecord) -> String {
    let came_back = record.state == DeliveryState::Accepted && record.bounce.is_some();
    format!("{}{}", record.state.group(), if came_back { " (bounced)" } else { "" })
}

/// The relay's last reply, or the bounce that came after it. What the relay refused did not come back: its words say more.
fn last_said(record: &DeliveryRecord, config: &Config) -> String {
    let refused = |last: &Attempt| last.reply.code.is_some_and(|code| code / 100 == 5);
    let bounce = record.bounce.as_ref().filter(|_| !record.last.as_ref().is_some_and(refused));
    match (bounce, &record.last) {
        (Some(bounce), _) => {
            let status = bounce.status.as_deref().unwrap_or("no status named");
            format!("came back: {status} ({})", out::moment(bounce.at, config))
        }
        (None, Some(last)) => format!("{} ({})", last.reply, out::moment(last.at, config)),
        (None, None) => String::new(),
    }
}

#[derive(Debug, Args)]
pub(super) struct Retry {
    /// Only these mailboxes
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,
    /// The edition; left out: the newest that was published
    #[arg(long, value_name = "N", conflicts_with = "bulletin")]
    edition: Option<u32>,
    /// A bulletin in place of an edition
    #[arg(long, value_name = "NAME")]
    bulletin: Option<BulletinName>,
    /// Only these states
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = ENDED, default_values = ENDED)]
    state: Vec<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Retry {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let deliveries = Deliveries::new(&context.open().await?);
        let (bulletin, named) =
            (self.bulletin.as_ref(), named(&deliveries, self.edition, self.bulletin.as_ref()).await?);
        let (edition, retried) = deliveries.retry(named, states(&self.state), only(&self.addresses)).await?;
        let (number, state) = (edition.number, edition.state);
        let taken = retried.ended + retried.uncertain;
        if self.json {
            out::json(
                &json!({ "edition": bulletin.is_none().then_some(number), "bulletin": bulletin, "retried": taken,
                         "uncertain": retried.uncertain, "suppressed": retried.suppressed }),
            );
            return Ok(ExitCode::SUCCESS);
        }
        let mails = out::count(taken, "mail", "mails");
        out::line(&format!("{}: {mails} queued again.", told(number, bulletin)));
        if retried.uncertain > 0 {
            out::line(&format!(
                "  {} of them may have arrived before: those get the same mail again.",
                retried.uncertain
            ));
        }
        if retried.suppressed > 0 {
            out::line(&format!("  {} left as they are: their mailbox is suppressed.", retried.suppressed));
        }
        if taken > 0 {
            let next = match (state == EditionState::Held, bulletin) {
                (true, None) => format!("release {number}"),
                (true, Some(name)) => format!("release bulletin:{name}"),
                (false, None) => format!("send --edition {number}"),
                (false, Some(name)) => format!("bulletin {name}"),
            };
            out::line(&format!("  `fortnightly {next}` goes on, or `fortnightly run` by itself."));
            for follows in deliveries.followed_by(number).await? {
                out::line(&format!("  {}", messages::bulletins::follows(&follows)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(super) struct Resolve {
    /// These mailboxes
    #[arg(value_name = "ADDRESS", required_unless_present = "all", conflicts_with = "all")]
    addresses: Vec<Address>,
    /// Every uncertain delivery of the edition
    #[arg(long)]
    all: bool,
    /// The edition; left out: the newest that was published
    #[arg(long, value_name = "N", conflicts_with = "bulletin")]
    edition: Option<u32>,
    /// A bulletin in place of an edition
    #[arg(long, value_name = "NAME")]
    bulletin: Option<BulletinName>,
    /// They arrived
    #[arg(long, required_unless_present = "failed", conflicts_with = "failed")]
    accepted: bool,
    /// They did not
    #[arg(long)]
    failed: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Resolve {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let deliveries = Deliveries::new(&context.open().await?);
        let (bulletin, named) =
            (self.bulletin.as_ref(), named(&deliveries, self.edition, self.bulletin.as_ref()).await?);
        let (edition, resolved) = deliveries.resolve(named, only(&self.addresses), self.accepted).await?;
        let what = if self.accepted { "accepted" } else { "failed" };
        if self.json {
            let number = bulletin.is_none().then_some(edition);
            out::json(&json!({ "edition": number, "bulletin": bulletin, "resolved": resolved, "state": what }));
        } else {
            let mails = out::count(resolved, "uncertain mail counts", "uncertain mails count");
            out::line(&format!("{}: {mails} as {what} now.", told(edition, bulletin)));
        }
        Ok(ExitCode::SUCCESS)
    }
}
