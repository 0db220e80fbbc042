//! What sending a bulletin would do, and one marked copy of it.

use crate::app::bulletin_content::BulletinMaker;
use crate::app::context::sender;
use crate::app::edition::TRIES;
use crate::app::previewer::bulletin::{BulletinOf, BulletinProof};
use crate::app::previewer::{Previewer, SampleMessage};
use crate::app::sender::transport;
use crate::app::sync;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::life::BulletinTransition;
use crate::domain::bulletin::{BulletinName, BulletinRecord};
use crate::domain::calendar::Approval;
use crate::domain::delivery::Outcome;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::fingerprint::TextPart;
use crate::mail::{Handover, Open};

use super::Bulletins;
use super::earlier::{Earlier, earlier};
use super::error::BulletinError;
use super::send::BulletinOrder;

/// What would be sent, and what would keep it from being sent.
#[derive(Debug)]
pub struct BulletinRehearsal {
    pub proof: BulletinProof,
    /// How it stands.
    pub state: EditionState,
    /// Someone must approve of it first.
    pub needs_approval: bool,
    /// What was edited since someone approved of it.
    pub edited: Vec<TextPart>,
    /// How many mails of what it is about may still leave.
    pub may_follow: u64,
}

/// A marked copy of a bulletin for one address, which belongs to no delivery.
pub struct BulletinCopy {
    segment: String,
    message: SampleMessage,
}

impl Bulletins {
    /// What [`Bulletins::send`] would send, asked of one moment of the store, which it needs no longer.
    ///
    /// # Errors
    /// When there is no such bulletin, the audience is wrong, or a mail cannot be made.
    pub async fn rehearse(&self, order: &BulletinOrder) -> Result<BulletinRehearsal, BulletinError> {
        sync::sync(&self.context, true).await?;
        let (_, record) = self.at_hand(&order.name).await?;
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(order.name.clone()))?;
        let previewer = Previewer::new(&self.context, content);
        if let Some(published) = &record.published {
            let (of, stored) = self.as_sent(record.id, published).await?;
            let proof = previewer.published_bulletin_proof(of, stored).await?;
            let may_follow = self.may_follow(published.audience.readers_of).await?;
            let (state, edited) = (record.state(), Vec::new());
            return Ok(BulletinRehearsal { proof, state, needs_approval: false, edited, may_follow });
        }
        let text = self.needed_text(&order.name)?;
        let audience = self.audience(text, order).await?;
        let found = self.segments(&audience).await?;
        let keys: Vec<_> = found.iter().map(|segment| segment.key.clone()).collect();
        let about = earlier(&self.context, &audience).await?;
        let maker = BulletinMaker::new(&self.context, content);
        let date = self.context.local(self.context.clock.now()).date_naive();
        let issue = maker.issue(text, date, about.as_ref().map(Earlier::as_shown));
        let segments = maker.segments(&issue, &keys)?.into_iter();
        let segments = segments.zip(found.iter().map(|segment| segment.recipients)).collect();
        let says = sender(&self.context.config, &self.context.keyring);
        let readers_of = order.narrowing.of_whom(text);
        let may_follow = self.may_follow(audience.readers_of).await?;
        let of = BulletinOf { text: text.clone(), audience, readers_of, id: record.id };
        let proof = previewer.bulletin_proof(of, (says, maker.pictures().to_vec()), segments)?;
        let required = self.context.config.schedule.approval == Approval::Required;
        let needs_approval = required && !record.is_approved_as(text);
        let edited = self.changed(&record, text).await?.map(|change| change.parts).unwrap_or_default();
        let edited = edited.into_iter().map(|change| change.part).collect();
        let state = record.state_as(text);
        Ok(BulletinRehearsal { proof, state, needs_approval, edited, may_follow })
    }

    /// Makes a marked copy of the largest segment, from one moment of the store; none where nobody would get the bulletin.
    ///
    /// # Errors
    /// As [`Bulletins::rehearse`].
    pub async fn test_copy(&self, order: &BulletinOrder, to: &Address) -> Result<Option<BulletinCopy>, BulletinError> {
        let proof = self.rehearse(order).await?.proof;
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(order.name.clone()))?;
        let message = Previewer::new(&self.context, content).bulletin_copy(&proof, to)?;
        let segment = proof.mails.segments.into_iter().next().map(|segment| segment.id);
        Ok(message.zip(segment).map(|(message, segment)| BulletinCopy { segment, message }))
    }

    /// Notes in the log that someone had a copy sent, and of which group of readers: not to whom, as that is someone's address.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn note_copy(&self, name: &BulletinName, segment: &str) -> Result<(), BulletinError> {
        for _ in 0..TRIES {
            let (before, after): (_, BulletinRecord) = self.at_hand(name).await?;
            let audit = ("test-copy", segment.to_owned());
            let transition = BulletinTransition { before, after, audit, approved: None };
            if self.context.store.write_bulletin(&transition, OPERATOR, self.context.clock.now()).await? {
                return Ok(());
            }
        }
        Err(BulletinError::KeepsChanging(name.clone()))
    }

    /// How many mails of what was sent under this number may still leave.
    pub(super) async fn may_follow(&self, readers_of: Option<EditionNumber>) -> Result<u64, BulletinError> {
        match readers_of {
            Some(number) => Ok(self.context.store.tally(number).await?.waiting()),
            None => Ok(0),
        }
    }
}

impl BulletinCopy {
    pub(super) fn new(segment: String, message: SampleMessage) -> Self {
        Self { segment, message }
    }

    /// Sends it. Returns the segment's id.
    ///
    /// # Errors
    /// When the mail was not accepted.
    pub async fn send(self, config: &Config) -> Result<String, BulletinError> {
        let Self { segment, message } = self;
        let mail = Handover { envelope: &message.envelope, name: &message.name, gate: &Open };
        match transport::hand_over_one(config, mail, &message.bytes).await? {
            Outcome::Accepted(_) => Ok(segment),
            refused => Err(BulletinError::CopyNotAccepted(refused.reply().cloned())),
        }
    }
}
