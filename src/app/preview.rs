//! The whole run on disk: what every segment of an edition would get, and who is in it.

mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::dispatch::Letter;
use super::error::PreviewError;
use super::planner::{PlanRow, PlanState};
use super::publisher::objection;
use super::{AppError, Service, sync};
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::edits::edits;
use crate::domain::rendered::{Rendered, Slot};
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::domain::subscriber::MailboxState;
use crate::mail::Frame;
use crate::messages;

/// An edition as it would go out (or went out).
#[derive(Debug, Clone, Serialize)]
pub struct Proof {
    /// Its number.
    pub edition: EditionNumber,
    /// Its segments, largest first.
    pub segments: Vec<ProofSegment>,
    /// All recipients.
    pub recipients: u64,
    /// The fortnight's row of the plan: date, picks, reasons.
    #[serde(skip)]
    pub row: PlanRow,
    /// What would keep it from going out, or is worth knowing first.
    #[serde(skip)]
    pub notes: Vec<String>,
    #[serde(skip)]
    sender: Sender,
    #[serde(skip)]
    pub(super) at: DateTime<Utc>,
}

/// One segment of a [`Proof`].
#[derive(Debug, Clone, Serialize)]
pub struct ProofSegment {
    /// Its id, as `--segment` takes it.
    pub id: String,
    /// Its bands, in the service's order.
    pub bands: Vec<String>,
    /// Its sector.
    pub sector: &'static str,
    /// Its locale.
    pub locale: &'static str,
    /// How many mailboxes it has.
    pub recipients: u64,
    /// The subject.
    pub subject: String,
    /// Size of the HTML with sample links, in bytes.
    pub html_bytes: usize,
    /// The files that show it, where they were written.
    pub files: Vec<PathBuf>,
    /// Who is in it: the subscriber's name and the address.
    #[serde(skip)]
    pub readers: Vec<(String, Address)>,
    #[serde(skip)]
    rendered: Rendered,
}

type Readers = BTreeMap<SegmentKey, Vec<(String, Address)>>;

impl Service {
    /// Everything an edition would send. `self` must work on a copy of the store: entries of the config that were not
    /// synced are brought into it first.
    ///
    /// # Errors
    /// When the fortnight has no edition, a digest cannot be made, or the store cannot be read.
    pub async fn proof(&self, number: EditionNumber) -> Result<Proof, AppError> {
        let now = self.clock.now();
        let synced = sync::sync(self.store.as_ref(), &self.config.subscribers, true, now).await?;
        let mut notes = Vec::new();
        if synced.plan.needs_consent() {
            notes.push(
                "config.toml would end many subscriptions at once: run `fortnightly sync --yes` first".to_owned(),
            );
        }
        self.reconcile(now).await?;
        let row = self.planner()?.plan_of(number, now).await?;
        let stored = self.store.editions().await?.into_iter().find(|e| e.number == number);
        if let Some(edition) = stored.as_ref().filter(|e| e.is_published()) {
            return self.published_proof(edition, row, notes).await;
        }
        refuse_closed(number, &row)?;
        let selection = row.selection.clone().filter(|s| !s.picks.is_empty()).ok_or_else(|| nothing_to_show(&row))?;
        let due_at = row.due_at.with_timezone(&Utc);
        let as_planned = match &stored {
            Some(edition) => Edition { reason: None, date: row.date, due_at, selection, ..edition.clone() },
            None => Edition::planned(number, row.date, due_at, selection),
        };
        notes.extend(messages::plan::reason(&row));
        if let Some(edition) = &stored {
            let since = if edition.approved_at.is_some() { "approved" } else { "planned" };
            let edits = edits(self.library()?.texts(), &edition.selection);
            notes.extend(
                edits.iter().map(|edit| format!("edited since it was {since}: {}", messages::picks::edit(edit))),
            );
        }
        let objection = objection(&self.context(), &as_planned).await?;
        notes.extend(objection.map(|why| format!("it would be held: {}", messages::edition::hold(&why, number))));
        self.planned_proof(&as_planned, row, notes).await
    }

    async fn planned_proof(&self, edition: &Edition, row: PlanRow, notes: Vec<String>) -> Result<Proof, AppError> {
        let selection = &edition.selection;
        let material = self.edition_material(edition.number, edition.date, &selection.theme, &selection.picks)?;
        let mut readers = self.readers_by_segment().await?;
        let mut segments = Vec::new();
        for segment in self.store.audience(&self.config.bands.names()).await? {
            let rendered = self.render_segment(&material, &segment.key)?.rendered;
            let who = readers.remove(&segment.key).unwrap_or_default();
            segments.push(self.proof_segment(edition.number, &segment.key, rendered, segment.recipients, who)?);
        }
        let at = edition.due_at;
        Ok(proof(edition.number, segments, row, notes, self.sender(), at))
    }

    async fn published_proof(
        &self,
        edition: &Edition,
        row: PlanRow,
        mut notes: Vec<String>,
    ) -> Result<Proof, AppError> {
        let number = edition.number;
        let stored = self.store.published(number).await?;
        let stored = stored.ok_or_else(|| AppError::Refused(format!("edition {number} was not published")))?;
        let mut readers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for addressee in self.store.addressees(number).await? {
            readers.entry(addressee.segment).or_default().push((addressee.subscriber, addressee.address));
        }
        let mut segments = Vec::new();
        for (at, segment) in stored.segments {
            let who = readers.remove(&at).unwrap_or_default();
            segments.push(self.proof_segment(number, &segment.key, segment.rendered, who.len() as u64, who)?);
        }
        notes.push(format!("edition {number} is {}: this is what was published", edition.state));
        let sender = Sender { key_version: self.keyring.current(), ..stored.sender };
        Ok(proof(number, segments, row, notes, sender, stored.at))
    }

    fn proof_segment(
        &self,
        edition: EditionNumber,
        key: &SegmentKey,
        rendered: Rendered,
        recipients: u64,
        readers: Vec<(String, Address)>,
    ) -> Result<ProofSegment, AppError> {
        let letter = self.sample_letter(edition)?;
        let html = rendered.html.fill(|slot| sample(&letter, slot, &readers));
        Ok(ProofSegment {
            id: key.id(&self.config.bands),
            bands: self.config.bands.ordered(&key.bands).iter().map(|band| band.id.to_string()).collect(),
            sector: key.sector.as_str(),
            locale: key.locale.as_str(),
            recipients,
            subject: rendered.subject.clone(),
            html_bytes: html.len(),
            files: Vec::new(),
            readers,
            rendered,
        })
    }

    /// Active mailboxes by the segment that they would be in.
    async fn readers_by_segment(&self) -> Result<Readers, AppError> {
        let served = self.config.bands.names();
        let mut readers = Readers::new();
        for subscriber in self.store.subscribers().await? {
            for mailbox in subscriber.mailboxes {
                let bands: BandSet = mailbox.bands.intersection(&served).cloned().collect();
                if mailbox.state == MailboxState::Active && mailbox.suppressed.is_none() && !bands.is_empty() {
                    let key =
                        SegmentKey { bands, sector: subscriber.profile.sector, locale: subscriber.profile.locale };
                    readers.entry(key).or_default().push((subscriber.profile.name.clone(), mailbox.address));
                }
            }
        }
        Ok(readers)
    }

    /// Writes one segment's mail, as bytes on the wire, to `to`: `name` is its Message-ID's local part.
    pub(super) fn sample_message(
        &self,
        proof: &Proof,
        segment: &ProofSegment,
        to: &Address,
        mark: &str,
        at: DateTime<Utc>,
    ) -> Result<SampleMessage, AppError> {
        let rendered = Rendered { subject: format!("{mark}{}", segment.subject), ..segment.rendered.clone() };
        let frame = Frame::build(&rendered, &proof.sender, proof.edition, at)?;
        let letter = self.sample_letter(proof.edition)?;
        let greeting = greeting(&segment.readers);
        let personal = letter.personal(to, &greeting);
        let mut bytes = Vec::new();
        frame.join(&personal, &mut bytes);
        self.dkim()?.sign(at, &mut bytes)?;
        Ok(SampleMessage { envelope: frame.envelope(&personal)?, name: letter.name.clone(), bytes })
    }
}

/// A message that belongs to no delivery.
pub(super) struct SampleMessage {
    pub(super) envelope: crate::mail::Envelope,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

fn refuse_closed(number: EditionNumber, row: &PlanRow) -> Result<(), PreviewError> {
    let ended = PlanState::Edition(EditionState::Missed) == row.state
        || PlanState::Edition(EditionState::Withdrawn) == row.state;
    if ended || row.is_paused() {
        let (state, reason) = (row.state.as_str(), messages::plan::reason(row));
        return Err(PreviewError::Closed { number, date: row.date, state, reason });
    }
    Ok(())
}

fn nothing_to_show(row: &PlanRow) -> PreviewError {
    PreviewError::Empty { number: row.edition, date: row.date }
}

fn proof(
    edition: EditionNumber,
    mut segments: Vec<ProofSegment>,
    row: PlanRow,
    notes: Vec<String>,
    sender: Sender,
    at: DateTime<Utc>,
) -> Proof {
    segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.id.cmp(&b.id)));
    let recipients = segments.iter().map(|s| s.recipients).sum();
    Proof { edition, segments, recipients, row, notes, sender, at }
}

fn greeting(readers: &[(String, Address)]) -> String {
    let name = readers.first().map_or("Example Organisation", |(name, _)| name.as_str());
    crate::render::greeting(name)
}

fn sample(letter: &Letter, slot: Slot, readers: &[(String, Address)]) -> String {
    match slot {
        Slot::Greeting => crate::render::escape(&greeting(readers)),
        Slot::UnsubscribeUrl => letter.unsubscribe_url.clone(),
        Slot::PreferencesUrl => letter.preferences_url.clone(),
        // No digest has it.
        Slot::ConfirmUrl => String::new(),
    }
}

/// The error for a segment that is not there, naming those that are.
pub(super) fn unknown_segment(wanted: &str, ids: &[String]) -> AppError {
    PreviewError::UnknownSegment { wanted: wanted.to_owned(), known: ids.to_vec() }.into()
}

/// `Monday 30 November 2026`.
pub fn long_date(date: NaiveDate) -> String {
    date.format("%A %-d %B %Y").to_string()
}
