//! Where everything stands, and what needs a person.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;

use super::{AppError, Service};
use crate::domain::calendar::{Approval, Fortnight, Lateness};
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, StateReason};
use crate::domain::edits::edits;
use crate::domain::objection::unserved;
use crate::domain::subscriber::SubscriberCounts;
use crate::messages;

/// The answer of `status`.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Every edition, by number.
    pub editions: Vec<EditionStatus>,
    /// Organisations by state.
    pub subscribers: SubscriberCounts,
    /// Suppressed addresses.
    pub suppressions: u64,
    /// What goes out next by itself; nulls when there is nothing.
    pub next: NextJson,
    /// What needs a person.
    pub attention: Vec<String>,
}

/// One edition.
#[derive(Debug, Clone, Serialize)]
pub struct EditionStatus {
    /// Its number.
    pub edition: EditionNumber,
    /// Its state.
    pub state: &'static str,
    /// When it is or was due.
    #[serde(serialize_with = "with_offset")]
    pub due_at: DateTime<FixedOffset>,
    /// Its deliveries by state.
    pub deliveries: Tally,
    /// Why it is held, missed or withdrawn.
    #[serde(skip)]
    pub reason: Option<StateReason>,
}

/// The next edition.
#[derive(Debug, Clone, Copy)]
pub struct Next {
    /// Its number.
    pub edition: EditionNumber,
    /// When it is due.
    pub due_at: DateTime<FixedOffset>,
}

/// The next edition as JSON has it: the keys are always there.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct NextJson {
    /// Its number.
    pub edition: Option<EditionNumber>,
    /// When it is due.
    #[serde(serialize_with = "maybe_with_offset")]
    pub due_at: Option<DateTime<FixedOffset>>,
}

impl From<Next> for NextJson {
    fn from(next: Next) -> Self {
        Self { edition: Some(next.edition), due_at: Some(next.due_at) }
    }
}

impl Service {
    /// Looks at store, calendar and file. Changes nothing that lasts when `self` works on a copy.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self, only: Option<EditionNumber>) -> Result<Status, AppError> {
        let now = self.clock.now();
        let editions = self.store.editions().await?;
        let mut rows = Vec::new();
        let mut attention = Vec::new();
        for edition in &editions {
            let deliveries = self.store.tally(edition.number).await?;
            attention.extend(concerns(edition, &deliveries));
            attention.extend(self.edited(edition));
            attention.extend(self.unapproved(edition, now));
            if edition.is_open() && edition.due_at > now {
                let lacks = unserved(edition, &self.config.bands, &self.store.readers().await?);
                let told = |why| messages::edition::hold(&why, edition.number);
                attention.extend(lacks.map(|why| format!("edition {} would be held: {}", edition.number, told(why))));
            }
            if matches!(edition.state, EditionState::Planned | EditionState::Approved) && edition.due_at <= now {
                let due = self.local(edition.due_at).format("%A %-d %B %Y at %H:%M");
                attention.push(format!(
                    "edition {} was due on {due} and was not sent: is `fortnightly run` running?",
                    edition.number
                ));
            }
            rows.push(EditionStatus {
                edition: edition.number,
                state: edition.state.as_str(),
                due_at: self.local(edition.due_at),
                deliveries,
                reason: edition.reason.clone(),
            });
        }
        attention.extend(self.roster_concerns().await?);
        attention.extend(self.policy_concerns().await?);
        attention.splice(0..0, self.restored_concerns().await?);
        if let Some(only) = only {
            rows.retain(|row| row.edition == only);
        }
        Ok(Status {
            editions: rows,
            subscribers: self.store.subscriber_counts().await?,
            suppressions: self.store.suppression_count().await?,
            next: self.next(now, self.first().await?, &editions).map(NextJson::from).unwrap_or_default(),
            attention,
        })
    }

    /// What was edited since an open edition was planned or approved.
    fn edited(&self, edition: &Edition) -> Option<String> {
        let material = self.material.as_ref().filter(|_| edition.is_open())?;
        let edits = edits(material.library.texts(), &edition.selection);
        let since = if edition.approved_at.is_some() { "approved" } else { "planned" };
        let number = edition.number;
        (!edits.is_empty()).then(|| {
            let edits = messages::picks::edits(&edits);
            format!("edition {number} was edited since it was {since}: {edits}; look at `fortnightly preview --edition {number}`")
        })
    }

    /// An approval that will be missed when the edition falls due.
    fn unapproved(&self, edition: &Edition, now: DateTime<Utc>) -> Option<String> {
        let waits = self.config.schedule.approval == Approval::Required
            && edition.state == EditionState::Planned
            && edition.due_at > now;
        let number = edition.number;
        waits.then(|| {
            let due = self.local(edition.due_at).format("%A %-d %B %Y at %H:%M");
            format!(
                "edition {number} needs approval before {due}: look at `fortnightly preview --edition {number}`, \
                 then `fortnightly approve {number}`"
            )
        })
    }

    /// The fortnight in which the store began.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn first(&self) -> Result<Option<EditionNumber>, AppError> {
        Ok(self.store.meta().await?.map(|meta| meta.first))
    }

    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&self.config.schedule.timezone).fixed_offset()
    }

    /// The edition that goes out next by itself: one that is due, else the first unpublished one to come.
    /// None before `first`, the fortnight in which the store began.
    pub fn next(&self, now: DateTime<Utc>, first: Option<EditionNumber>, editions: &[Edition]) -> Option<Next> {
        let schedule = &self.config.schedule;
        let from = schedule.fortnight_at(now).max(first.unwrap_or(EditionNumber(1))).0;
        (from..from.saturating_add(260)).map(EditionNumber).find_map(|number| {
            let stored = editions.iter().find(|e| e.number == number);
            if stored.is_some_and(|e| !matches!(e.state, EditionState::Planned | EditionState::Approved)) {
                return None;
            }
            let lateness = |due_at: DateTime<Utc>| match stored {
                Some(edition) => schedule.lateness_of(&Edition { due_at, ..edition.clone() }, now),
                None => schedule.lateness(due_at, now),
            };
            match schedule.fortnight(number) {
                Fortnight::Sends { due_at, .. } if lateness(due_at.with_timezone(&Utc)) != Lateness::Late => {
                    Some(Next { edition: number, due_at: due_at.fixed_offset() })
                }
                _ => None,
            }
        })
    }

    /// Mail that came back although the mailbox is there: something about the sender displeases.
    async fn policy_concerns(&self) -> Result<Vec<String>, AppError> {
        let concern = |(number, count): (EditionNumber, u64)| {
            let mails = if count == 1 { "mail" } else { "mails" };
            format!(
                "edition {number}: {count} {mails} came back as a matter of policy (status 5.7), which is about this sender and \
                 not about the mailbox: look at SPF, DKIM and DMARC with `fortnightly check --online`"
            )
        };
        Ok(self.store.policy_bounces().await?.into_iter().map(concern).collect())
    }

    async fn roster_concerns(&self) -> Result<Vec<String>, AppError> {
        let mut concerns = Vec::new();
        let readers = self.store.readers().await?;
        for (band, count) in readers.iter().filter(|(band, n)| **n > 0 && self.config.bands.get(band).is_none()) {
            concerns.push(format!(
                "{count} {} for band {band}, which config.toml no longer has: nothing is sent for it",
                if *count == 1 { "mailbox asks" } else { "mailboxes ask" }
            ));
        }
        if super::sync::waits(self.store.as_ref(), &self.config.subscribers).await? {
            concerns.push(messages::edition::CONSENT.to_owned());
        }
        Ok(concerns)
    }
}

/// RFC 3339 with the offset in figures all year, where chrono alone would write `Z` in winter.
pub(super) fn with_offset<S: serde::Serializer>(at: &DateTime<FixedOffset>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.to_rfc3339())
}

#[allow(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn maybe_with_offset<S: serde::Serializer>(
    at: &Option<DateTime<FixedOffset>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => with_offset(at, serializer),
        None => serializer.serialize_none(),
    }
}

fn concerns(edition: &Edition, tally: &Tally) -> Vec<String> {
    let number = edition.number;
    let mut list = Vec::new();
    if edition.state == EditionState::Held {
        let why = messages::edition::reason(edition).unwrap_or_else(|| "no reason given".to_owned());
        list.push(format!("edition {number} is held: {why}"));
    }
    let waiting = tally.queued + tally.sending + tally.deferred;
    if edition.state == EditionState::Sending && waiting > 0 {
        list.push(format!(
            "edition {number} is unfinished: {waiting} of {} mails wait; `fortnightly run` or `fortnightly send --edition {number}` goes on",
            tally.total
        ));
    }
    for (count, what) in [
        (tally.failed, "were refused"),
        (tally.expired, "were given up"),
        (tally.uncertain, "may or may not have arrived"),
    ] {
        if count > 0 {
            list.push(format!(
                "edition {number}: {count} of {} mails {what}; look at `fortnightly deliveries list --edition {number}`",
                tally.total
            ));
        }
    }
    list
}
