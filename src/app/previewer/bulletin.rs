//! A bulletin before it goes out, and as it went out: who gets it, in which segments.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::proof::{ProofMails, ProofSegment, Readership, Who};
use super::shown::ShownMail;
use super::{Previewer, SampleMessage};
use crate::app::AppError;
use crate::domain::address::Address;
use crate::domain::bulletin::{Audience, Bulletin, BulletinId, BulletinName, MailingName};
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::store::{PublishedMails, PublishedPicture, PublishedSegment, SegmentNumber};

/// A bulletin as it would go out (or went out).
#[derive(Debug, Clone, Serialize)]
pub struct BulletinProof {
    pub bulletin: BulletinName,
    #[serde(flatten)]
    pub mails: ProofMails,
    /// What it says, and whom it is for.
    #[serde(skip)]
    pub of: BulletinOf,
}

/// What a bulletin's proof is about.
#[derive(Debug, Clone)]
pub struct BulletinOf {
    pub text: Bulletin,
    pub audience: Audience,
    /// It goes to those who got this, or went to them.
    pub readers_of: Option<MailingName>,
    pub(in crate::app) id: BulletinId,
}

/// What a segment's proof is made of: its text, how many get it, and who is the first of them.
type Parts = (PublishedSegment, u64, Option<String>, Option<SegmentNumber>);

impl Previewer {
    /// A bulletin that was not published: these segments, with how many mailboxes each has.
    pub(in crate::app) fn bulletin_proof(
        &self,
        of: BulletinOf,
        (sender, pictures): (Sender, Vec<PublishedPicture>),
        segments: Vec<(PublishedSegment, u64)>,
    ) -> Result<BulletinProof, AppError> {
        let parts = segments.into_iter().map(|(segment, recipients)| (segment, recipients, None, None)).collect();
        let readership = Readership::Bulletin(of.audience.clone());
        self.proof_of_parts(of, readership, parts, (sender, pictures, self.context.clock.now()))
    }

    /// One that was published: as its mails are kept.
    pub(in crate::app) async fn published_bulletin_proof(
        &self,
        of: BulletinOf,
        stored: PublishedMails,
    ) -> Result<BulletinProof, AppError> {
        let mut addressed = self.context.store.addressed(of.id.mailing()).await?;
        let sender = Sender { key_version: self.context.keyring.current(), ..stored.sender };
        let parts = stored.segments.into_iter().map(|(at, segment)| {
            let (recipients, first) = addressed.remove(&at).map_or((0, None), |(known, first)| (known, Some(first)));
            (segment, recipients, first, Some(at))
        });
        self.proof_of_parts(of, Readership::Published, parts.collect(), (sender, stored.pictures, stored.at))
    }

    fn proof_of_parts(
        &self,
        of: BulletinOf,
        readership: Readership,
        parts: Vec<Parts>,
        (sender, pictures, at): (Sender, Vec<PublishedPicture>, DateTime<Utc>),
    ) -> Result<BulletinProof, AppError> {
        let number = of.id.mailing();
        let proof = |(PublishedSegment { key, rendered }, recipients, first, at): Parts| {
            let who = at.map_or_else(|| Who::Reads(SegmentKey::clone(&key)), Who::Addressed);
            self.proof_segment(number, &key, rendered, (recipients, first, who))
        };
        let segments = parts.into_iter().map(proof).collect::<Result<Vec<ProofSegment>, _>>()?;
        let mails = ProofMails::new(number, segments, readership, pictures, (sender, at));
        Ok(BulletinProof { bulletin: of.text.name.clone(), mails, of })
    }

    /// The mail of a proof's first segment, with this Date.
    pub(in crate::app) fn shown_bulletin(
        &self,
        proof: &BulletinProof,
        at: DateTime<Utc>,
    ) -> Result<Option<ShownMail>, AppError> {
        let mails = ProofMails { at, ..proof.mails.clone() };
        mails.segments.first().map(|segment| self.shown_mail(&mails, segment)).transpose()
    }

    /// Its largest segment's mail to `to`, marked as a copy. None where it has no segment.
    pub(in crate::app) fn bulletin_copy(
        &self,
        proof: &BulletinProof,
        to: &Address,
    ) -> Result<Option<SampleMessage>, AppError> {
        let Some(segment) = proof.mails.segments.first() else { return Ok(None) };
        let now = self.context.clock.now();
        let mut message = self.sample_message(&proof.mails, segment, to, "[Test copy] ", now)?;
        message.name = format!("test-{}-{}", now.timestamp_micros(), message.name);
        Ok(Some(message))
    }
}
