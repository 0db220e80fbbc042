//! A bulletin before it goes out, and as it went out: who gets it, in which segments.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::proof::{ProofSegment, Who};
use super::shown::ShownMail;
use super::{Previewer, SampleMessage};
use crate::app::AppError;
use crate::domain::address::Address;
use crate::domain::bulletin::{BulletinId, BulletinName, MailingName};
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::store::{PublishedMails, PublishedPicture, PublishedSegment, SegmentNumber};

/// A bulletin as it would go out (or went out).
#[derive(Debug, Clone, Serialize)]
pub struct BulletinProof {
    pub bulletin: BulletinName,
    /// Its segments, largest first.
    pub segments: Vec<ProofSegment>,
    pub recipients: u64,
    /// It goes to those who got this, or went to them.
    #[serde(skip)]
    pub readers_of: Option<MailingName>,
    #[serde(skip)]
    id: BulletinId,
    #[serde(skip)]
    sender: Sender,
    #[serde(skip)]
    pictures: Vec<PublishedPicture>,
}

/// What a segment's proof is made of: its text, how many get it, and who is the first of them.
type Parts = (PublishedSegment, u64, Option<String>, Option<SegmentNumber>);

impl Previewer {
    /// A bulletin that was not published: these segments, with how many mailboxes each has.
    pub(in crate::app) fn bulletin_proof(
        &self,
        (name, id, readers_of): (BulletinName, BulletinId, Option<MailingName>),
        (sender, pictures): (Sender, Vec<PublishedPicture>),
        segments: Vec<(PublishedSegment, u64)>,
    ) -> Result<BulletinProof, AppError> {
        let parts = segments.into_iter().map(|(segment, recipients)| (segment, recipients, None, None)).collect();
        self.proof_of_parts((name, id, readers_of), (sender, pictures), parts)
    }

    /// One that was published: as its mails are kept.
    pub(in crate::app) async fn published_bulletin_proof(
        &self,
        (name, id, readers_of): (BulletinName, BulletinId, Option<MailingName>),
        stored: PublishedMails,
    ) -> Result<BulletinProof, AppError> {
        let mut addressed = self.context.store.addressed(id.mailing()).await?;
        let sender = Sender { key_version: self.context.keyring.current(), ..stored.sender };
        let parts = stored.segments.into_iter().map(|(at, segment)| {
            let (recipients, first) = addressed.remove(&at).map_or((0, None), |(known, first)| (known, Some(first)));
            (segment, recipients, first, Some(at))
        });
        self.proof_of_parts((name, id, readers_of), (sender, stored.pictures), parts.collect())
    }

    fn proof_of_parts(
        &self,
        (bulletin, id, readers_of): (BulletinName, BulletinId, Option<MailingName>),
        (sender, pictures): (Sender, Vec<PublishedPicture>),
        parts: Vec<Parts>,
    ) -> Result<BulletinProof, AppError> {
        let proof = |(PublishedSegment { key, rendered }, recipients, first, at): Parts| {
            let who = at.map_or_else(|| Who::Reads(SegmentKey::clone(&key)), Who::Addressed);
            self.proof_segment(id.mailing(), &key, rendered, (recipients, first, who))
        };
        let mut segments = parts.into_iter().map(proof).collect::<Result<Vec<_>, _>>()?;
        segments.sort_by(|a, b| b.recipients.cmp(&a.recipients).then_with(|| a.id.cmp(&b.id)));
        let recipients = segments.iter().map(|segment| segment.recipients).sum();
        Ok(BulletinProof { bulletin, segments, recipients, readers_of, id, sender, pictures })
    }

    /// The mail of one segment with so many mailboxes, sent under this number.
    pub(in crate::app) fn shown_bulletin(
        &self,
        number: EditionNumber,
        (sender, pictures): (&Sender, &[PublishedPicture]),
        (segment, recipients): (PublishedSegment, u64),
        at: DateTime<Utc>,
    ) -> Result<ShownMail, AppError> {
        let PublishedSegment { key, rendered } = segment;
        let who = Who::Reads(key.clone());
        let segment = self.proof_segment(number, &key, rendered, (recipients, None, who))?;
        self.shown_mail((sender, number, pictures), &segment, at)
    }

    /// Its largest segment's mail to `to`, marked as a copy. None where it has no segment.
    pub(in crate::app) fn bulletin_copy(
        &self,
        proof: &BulletinProof,
        to: &Address,
    ) -> Result<Option<SampleMessage>, AppError> {
        let Some(segment) = proof.segments.first() else { return Ok(None) };
        let (now, says) = (self.context.clock.now(), (&proof.sender, proof.id.mailing(), &proof.pictures[..]));
        let mut message = self.sample_message(says, segment, to, "[Test copy] ", now)?;
        message.name = format!("test-{}-{}", now.timestamp_micros(), message.name);
        Ok(Some(message))
    }
}
