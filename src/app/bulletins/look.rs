//! What the console shows of a bulletin, from the store as it is. It changes nothing.

use chrono::{DateTime, FixedOffset, Utc};

use super::Bulletins;
use super::earlier::{Earlier, earlier, name_of};
use super::error::BulletinError;
use super::rehearse::BulletinCopy;
use super::send::BulletinOrder;
use crate::app::bulletin_content::BulletinMaker;
use crate::app::context::sender;
use crate::app::edition_report::EditionReport;
use crate::app::error::{AppError, PreviewError};
use crate::app::previewer::Previewer;
use crate::app::previewer::bulletin::{BulletinOf, BulletinProof};
use crate::app::previewer::shown::ShownMail;
use crate::domain::address::Address;
use crate::domain::bulletin::{Bulletin, BulletinId, BulletinName, BulletinRecord, MailingName, PublishedBulletin};
use crate::domain::calendar::Approval;
use crate::domain::edit_marks::TextChange;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::fingerprint::TextPart;
use crate::domain::segment::Segment;
use crate::domain::sender::Sender;
use crate::store::{PublishedMails, PublishedPicture, PublishedSegment};

/// A bulletin as it stands.
#[derive(Debug, Clone)]
pub struct BulletinLook {
    pub record: BulletinRecord,
    /// As it went out, or as its file says now; none where its file is gone or the library has errors.
    pub text: Option<Bulletin>,
    /// How it stands if its file says what it says now.
    pub state: EditionState,
    /// Someone must approve of it before it can be sent.
    pub needs_approval: bool,
    /// What was edited since someone approved of it: by its parts, and word by word where it's known what was approved.
    pub edited: Vec<TextPart>,
    pub change: Option<TextChange>,
    /// It went out, and its file says something else now.
    pub was_changed_since: bool,
    /// It goes to those who got this, as it was sent or as it's asked for.
    pub readers_of: Option<MailingName>,
    /// Who got it, or would get it now. None where that can't be said: a correction of nothing yet, or one of which the mails
    /// are no longer kept.
    pub segments: Option<Vec<Segment>>,
    /// An edition that would be due while it's sent or within an hour after that, or is being sent.
    pub beside: Option<BesideEdition>,
    /// How many mails of what it's to be about may still leave.
    pub may_follow: u64,
}

/// An edition that would be sent beside a bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BesideEdition {
    pub edition: EditionNumber,
    /// When it's due; none where it's being sent.
    pub due_at: Option<DateTime<FixedOffset>>,
    /// When the bulletin's last mail would leave, where the edition isn't due so soon that this makes no difference.
    pub until: Option<DateTime<FixedOffset>>,
}

/// One segment of a bulletin.
struct One {
    sender: Sender,
    pictures: Vec<PublishedPicture>,
    segment: PublishedSegment,
    recipients: u64,
    of: BulletinOf,
    /// Its mail's Date.
    at: DateTime<Utc>,
}

impl Bulletins {
    /// How a bulletin stands, and who would get it with this order.
    ///
    /// # Errors
    /// When there is no such bulletin, or the store cannot be read.
    pub async fn look(&self, order: &BulletinOrder) -> Result<BulletinLook, BulletinError> {
        let (_, record) = self.at_hand(&order.name).await?;
        let file = self.text(&order.name);
        let text = record.published.as_ref().map(|published| published.text.clone()).or_else(|| file.cloned());
        let is_open = record.published.is_none();
        let required = self.context.config.schedule.approval == Approval::Required;
        let segments = self.readers(&record, text.as_ref(), order).await?;
        let readers = segments.iter().flatten().map(|segment| segment.recipients).sum();
        Ok(BulletinLook {
            state: file.map_or_else(|| record.state(), |file| record.state_as(file)),
            needs_approval: is_open && required && text.as_ref().is_some_and(|text| !record.is_approved_as(text)),
            edited: file.filter(|_| is_open).map(|file| record.edited(file)).unwrap_or_default(),
            was_changed_since: record.published.as_ref().zip(file).is_some_and(|(sent, file)| sent.text != *file),
            readers_of: match &record.published {
                Some(sent) => name_of(&self.context, sent.audience.readers_of).await?,
                None => text
                    .as_ref()
                    .map_or_else(|| order.narrowing.readers_of.clone(), |text| order.narrowing.of_whom(text)),
            },
            change: match &text {
                Some(text) if is_open => self.changed(&record, text).await?,
                _ => None,
            },
            may_follow: match text
                .as_ref()
                .map_or_else(|| order.narrowing.readers_of.clone(), |text| order.narrowing.of_whom(text))
            {
                Some(mailing) if is_open => self.may_follow(Some(self.number_of(&mailing).await?)).await?,
                _ => 0,
            },
            beside: if is_open { self.beside(&order.name, readers).await? } else { None },
            segments,
            text,
            record,
        })
    }

    async fn readers(
        &self,
        record: &BulletinRecord,
        text: Option<&Bulletin>,
        order: &BulletinOrder,
    ) -> Result<Option<Vec<Segment>>, BulletinError> {
        if record.published.is_some() {
            return Ok(EditionReport::new(&self.context, None, record.id.mailing()).addressed().await?);
        }
        let Some(text) = text else { return Ok(None) };
        match self.audience(text, order).await {
            Ok(audience) => Ok(Some(self.segments(&audience).await?)),
            Err(BulletinError::CorrectsNothing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn beside(&self, name: &BulletinName, readers: u64) -> Result<Option<BesideEdition>, BulletinError> {
        match self.refuse_beside_an_edition(name, readers, self.context.clock.now()).await {
            Ok(()) => Ok(None),
            Err(BulletinError::BesideEdition { edition, due_at, until, .. }) => {
                Ok(Some(BesideEdition { edition, due_at: Some(due_at), until }))
            }
            Err(BulletinError::BesideSending { edition, .. }) => {
                Ok(Some(BesideEdition { edition, due_at: None, until: None }))
            }
            Err(error) => Err(error),
        }
    }

    /// What the readers of one segment would get with this order, or got.
    ///
    /// # Errors
    /// When there is no such bulletin or segment, or the mail cannot be made.
    pub async fn mail(&self, order: &BulletinOrder, wanted: &str) -> Result<ShownMail, BulletinError> {
        let (previewer, proof, at) = self.proof_of_one(order, wanted).await?;
        let shown = previewer.shown_bulletin(&proof, at)?;
        Ok(shown.ok_or_else(|| unknown_segment(wanted))?)
    }

    /// A marked copy of that mail.
    ///
    /// # Errors
    /// As [`Bulletins::mail`].
    pub async fn copy_of(
        &self,
        order: &BulletinOrder,
        wanted: &str,
        to: &Address,
    ) -> Result<Option<BulletinCopy>, BulletinError> {
        let (previewer, proof, _) = self.proof_of_one(order, wanted).await?;
        Ok(previewer.bulletin_copy(&proof, to)?.map(|message| BulletinCopy::new(wanted.to_owned(), message)))
    }

    fn previewer(&self, name: &BulletinName) -> Result<Previewer, BulletinError> {
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(name.clone()))?;
        Ok(Previewer::new(&self.context, content))
    }

    async fn proof_of_one(
        &self,
        order: &BulletinOrder,
        wanted: &str,
    ) -> Result<(Previewer, BulletinProof, DateTime<Utc>), BulletinError> {
        let One { sender, pictures, segment, recipients, of, at } = self.one(order, wanted).await?;
        let previewer = self.previewer(&order.name)?;
        let proof = previewer.bulletin_proof(of, (sender, pictures), vec![(segment, recipients)])?;
        Ok((previewer, proof, at))
    }

    async fn one(&self, order: &BulletinOrder, wanted: &str) -> Result<One, BulletinError> {
        let (_, record) = self.at_hand(&order.name).await?;
        let bands = &self.context.config.bands;
        let unknown = || unknown_segment(wanted);
        if let Some(published) = &record.published {
            let (of, stored) = self.as_sent(record.id, published).await?;
            let sender = Sender { key_version: self.context.keyring.current(), ..stored.sender };
            let segment = stored.segments.into_values().find(|segment| segment.key.id(bands) == wanted);
            let segment = segment.ok_or_else(unknown)?;
            let (pictures, at) = (stored.pictures, stored.at);
            return Ok(One { sender, pictures, segment, recipients: 0, of, at });
        }
        let (text, at) = (self.needed_text(&order.name)?, self.context.clock.now());
        let audience = self.audience(text, order).await?;
        let found = self.segments(&audience).await?;
        let found = found.into_iter().find(|segment| segment.key.id(bands) == wanted).ok_or_else(unknown)?;
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(order.name.clone()))?;
        let (about, maker) = (earlier(&self.context, &audience).await?, BulletinMaker::new(&self.context, content));
        let date = self.context.local(at).date_naive();
        let issue = maker.issue(text, date, about.as_ref().map(Earlier::as_shown));
        let segment = maker.segment(&issue, &found.key)?;
        let (sender, text) = (sender(&self.context.config, &self.context.keyring), text.clone());
        let readers_of = order.narrowing.of_whom(&text);
        let of = BulletinOf { text, audience, readers_of, id: record.id };
        let pictures = maker.pictures().to_vec();
        Ok(One { sender, pictures, segment, recipients: found.recipients, of, at })
    }

    /// What its mails were made of.
    pub(super) async fn as_sent(
        &self,
        id: BulletinId,
        published: &PublishedBulletin,
    ) -> Result<(BulletinOf, PublishedMails), BulletinError> {
        let number = id.mailing();
        let stored = self.context.store.published(number).await?;
        let stored = stored.ok_or(AppError::Preview(PreviewError::NoLongerKept(number)))?;
        let readers_of = name_of(&self.context, published.audience.readers_of).await?;
        let (text, audience) = (published.text.clone(), published.audience.clone());
        Ok((BulletinOf { text, audience, readers_of, id }, stored))
    }
}

fn unknown_segment(wanted: &str) -> AppError {
    AppError::Preview(PreviewError::UnknownSegment { wanted: wanted.to_owned(), known: Vec::new() })
}
