//! The whole run on disk: what every segment of an edition would get, and who is in it.

pub mod bulletin;
pub mod difference;
pub mod index;
pub mod proof;
mod recipient_lists;
pub mod shown;
pub mod write;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use self::proof::{Note, Proof, ProofMails, ProofSegment, Readership, Who};
use super::context::sender;
use super::edition_content::{DigestMaker, Illustrated, inline};
use super::error::PreviewError;
use super::planner::{PlanRow, PlanState, Planner};
use super::publisher::objection;
use super::sender::message::DeliveryLinks;
use super::sender::transport;
use super::{AppContext, AppError, Content, sync};
use crate::domain::address::Address;
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::edits::edits;
use crate::domain::rendered::{Rendered, Slot};
use crate::domain::segment::{Segment, SegmentKey};
use crate::domain::sender::Sender;
use crate::mail::{Envelope, Frame};

/// Shows editions before they go out, and as they went out. It must work on a copy of the store: entries of the config
/// that were not synced are brought into it first.
pub struct Previewer {
    context: AppContext,
    content: Content,
    digests: DigestMaker,
}

impl Previewer {
    /// Previews on the store of `context`, which is a copy.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        let digests = DigestMaker::new(context, content);
        Self { context: context.clone(), content: content.clone(), digests }
    }

    fn planner(&self) -> Planner {
        Planner::new(&self.context, &self.content)
    }

    /// The first edition to come that is not paused, sent before its time or not.
    pub fn next(&self) -> Result<EditionNumber, PreviewError> {
        self.context.config.schedule.next_after(self.context.clock.now()).ok_or(PreviewError::NothingAhead)
    }

    /// The edition that is due.
    pub async fn due(&self) -> Result<EditionNumber, AppError> {
        let reconciled = self.planner().reconcile(self.context.clock.now()).await?;
        Ok(reconciled.due.ok_or(PreviewError::NothingDue)?)
    }

    /// Everything an edition would send.
    ///
    /// # Errors
    /// When the fortnight has no edition, a digest cannot be made, or the store cannot be read.
    pub async fn proof(&self, number: EditionNumber) -> Result<Proof, AppError> {
        let AppContext { store, clock, .. } = &self.context;
        let (planner, now) = (self.planner(), clock.now());
        let synced = sync::sync(&self.context, true).await?;
        let mut notes = Vec::new();
        if synced.plan.needs_consent() {
            notes.push(Note::SyncWaits);
        }
        planner.reconcile(now).await?;
        let row = planner.plan_of(number, now).await?;
        let stored = store.edition(number).await?;
        if let Some(edition) = stored.as_ref().filter(|e| e.is_published()) {
            return self.published_proof(edition, row, notes, None).await;
        }
        let planned = as_planned(number, &row, stored.as_ref())?;
        notes.extend(row.reason.clone().map(|reason| Note::Reason { edition: number, reason }));
        if let Some(edition) = &stored {
            let was_approved = edition.approved_at.is_some();
            let edits = edits(self.content.library.texts(), &edition.selection);
            notes.extend(edits.into_iter().map(|edit| Note::Edited { was_approved, edit }));
        }
        let objection = objection(&self.context, &planned).await?;
        notes.extend(objection.map(|reason| Note::WouldBeHeld { edition: number, reason }));
        self.planned_proof(&planned, row, notes, None).await
    }

    /// `only` leaves out all other segments, and whom the first mailbox belongs to.
    async fn planned_proof(
        &self,
        edition: &Edition,
        row: PlanRow,
        notes: Vec<Note>,
        only: Option<&str>,
    ) -> Result<Proof, AppError> {
        let AppContext { config, store, keyring, .. } = &self.context;
        let selection = &edition.selection;
        let illustrated = self.digests.look_up(edition.number, edition.date, &selection.theme, &selection.picks)?;
        let served = config.bands.names();
        let mut first = if only.is_none() { store.first_readers(&served).await? } else { BTreeMap::new() };
        let is_meant = |segment: &Segment| only.is_none_or(|only| segment.key.id(&config.bands) == only);
        let mut segments = Vec::new();
        for Segment { key, recipients } in store.audience(&served).await?.into_iter().filter(is_meant) {
            let says = (&illustrated.issue, &illustrated.drawn.pictures[..]);
            let rendered = self.digests.segment(says, &key)?.rendered;
            let (who, first) = (Who::Reads(key.clone()), first.remove(&key));
            segments.push(self.proof_segment(edition.number, &key, rendered, (recipients, first, who))?);
        }
        let Illustrated { issue, drawn } = illustrated;
        let notices = issue.notices.into_iter().cloned().collect();
        let says = (sender(config, keyring), edition.due_at);
        let mails = ProofMails::new(edition.number, segments, Readership::Edition, drawn.pictures, says);
        Ok(Proof { edition: edition.number, mails, row, notes, notices, difference: None })
    }

    async fn published_proof(
        &self,
        edition: &Edition,
        row: PlanRow,
        mut notes: Vec<Note>,
        only: Option<&str>,
    ) -> Result<Proof, AppError> {
        let AppContext { config, store, keyring, .. } = &self.context;
        let number = edition.number;
        let stored = store.published(number).await?.ok_or(PreviewError::NoLongerKept(number))?;
        let mut addressed = if only.is_none() { store.addressed(number).await? } else { BTreeMap::new() };
        let is_meant = |key: &SegmentKey| only.is_none_or(|only| key.id(&config.bands) == only);
        let mut segments = Vec::new();
        for (at, segment) in stored.segments.into_iter().filter(|(_, segment)| is_meant(&segment.key)) {
            let (recipients, first) = addressed.remove(&at).map_or((0, None), |(known, first)| (known, Some(first)));
            let who = (recipients, first, Who::Addressed(at));
            segments.push(self.proof_segment(number, &segment.key, segment.rendered, who)?);
        }
        notes.push(Note::Published { edition: number, state: edition.state });
        let sender = Sender { key_version: keyring.current(), ..stored.sender };
        let notices = store.published_view(number).await?.map(|view| view.notices).unwrap_or_default();
        let says = (sender, stored.at);
        let mails = ProofMails::new(number, segments, Readership::Published, stored.pictures, says);
        Ok(Proof { edition: number, mails, row, notes, notices, difference: None })
    }

    fn proof_segment(
        &self,
        edition: EditionNumber,
        key: &SegmentKey,
        rendered: Rendered,
        (recipients, first, who): (u64, Option<String>, Who),
    ) -> Result<ProofSegment, AppError> {
        let bands = &self.context.config.bands;
        let links = self.digests.sample_links(edition)?;
        let html = rendered.html.fill(|slot| sample(&links, slot, first.as_deref()));
        Ok(ProofSegment {
            id: key.id(bands),
            bands: bands.ordered(&key.bands).iter().map(|band| band.id.to_string()).collect(),
            sector: key.sector.as_str(),
            locale: key.locale.as_str(),
            recipients,
            key: key.clone(),
            subject: rendered.subject.clone(),
            html_bytes: html.len(),
            files: Vec::new(),
            who,
            first,
            rendered,
        })
    }

    /// Makes one segment's mail to `to`, with `mark` before its subject.
    pub(super) fn sample_message(
        &self,
        mails: &ProofMails,
        segment: &ProofSegment,
        to: &Address,
        mark: &str,
        at: DateTime<Utc>,
    ) -> Result<SampleMessage, AppError> {
        let rendered = Rendered { subject: format!("{mark}{}", segment.subject), ..segment.rendered.clone() };
        let (number, inline) = (mails.number, inline(&rendered, &mails.pictures));
        let frame = Frame::illustrated(&rendered, &inline, &mails.sender, number, at)?;
        let links = self.digests.sample_links(number)?;
        let greeting = greeting(segment.first.as_deref());
        let personal = links.personal(to, &greeting);
        let mut bytes = Vec::new();
        frame.join(&personal, &mut bytes);
        transport::signers(&self.context.config)?.sign(at, &mut bytes)?;
        Ok(SampleMessage { envelope: frame.envelope(&personal)?, name: links.name.clone(), bytes })
    }
}

/// A message that belongs to no delivery.
pub(super) struct SampleMessage {
    pub(super) envelope: Envelope,
    /// The local part of its Message-ID.
    pub(super) name: String,
    /// As they go over the wire.
    pub(super) bytes: Vec<u8>,
}

/// The edition as it would be published now.
fn as_planned(number: EditionNumber, row: &PlanRow, stored: Option<&Edition>) -> Result<Edition, PreviewError> {
    use EditionState::{Missed, Withdrawn};
    if matches!(row.state, PlanState::Paused(_) | PlanState::Edition(Missed | Withdrawn)) {
        let (state, reason) = (row.state.clone(), row.reason.clone());
        return Err(PreviewError::Closed { number, date: row.date, state, reason });
    }
    let selection = row.selection.clone().filter(|selection| !selection.picks.is_empty());
    let selection = selection.ok_or(PreviewError::Empty { number, date: row.date })?;
    let due_at = row.due_at.to_utc();
    Ok(match stored {
        Some(edition) => Edition { reason: None, date: row.date, due_at, selection, ..edition.clone() },
        None => Edition::planned(number, row.date, due_at, selection),
    })
}

fn greeting(first: Option<&str>) -> String {
    crate::render::greeting(first.unwrap_or("Example Organisation"))
}

/// What a preview shows in a slot of the HTML.
fn sample(links: &DeliveryLinks, slot: Slot, first: Option<&str>) -> String {
    match slot {
        Slot::Greeting => crate::render::escape(&greeting(first)),
        Slot::UnsubscribeUrl => links.unsubscribe_url.clone(),
        Slot::PreferencesUrl => links.preferences_url.clone(),
        // No digest has it.
        Slot::ConfirmUrl => String::new(),
    }
}
