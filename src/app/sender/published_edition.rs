//! An edition, or a bulletin, as it was published, ready to be joined into messages.

use std::collections::{BTreeMap, BTreeSet};

use super::message::{Addressed, DeliveryLinks};
use crate::app::error::{AppError, DispatchError};
use crate::app::{AppContext, keyring};
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::EditionNumber;
use crate::domain::token::Signer;
use crate::mail::{Dkim, Frame, InlineParts};
use crate::store::{Claimed, ClaimedContent, PublishedMails, SegmentNumber};

pub(super) struct PublishedEdition {
    stored: PublishedMails,
    frames: BTreeMap<SegmentNumber, Frame>,
    signer: Signer,
}

impl PublishedEdition {
    pub(super) async fn read(context: &AppContext, edition: EditionNumber) -> Result<Self, AppError> {
        let stored = context.store.published(edition).await?;
        let mut stored = stored.ok_or(DispatchError::NotPublished(edition))?;
        let mut frames = BTreeMap::new();
        let shown: BTreeSet<_> = stored.segments.values().flat_map(|segment| &segment.rendered.pictures).collect();
        let pictures = stored.pictures.iter().map(|one| &one.picture);
        let pictures = InlineParts::of(pictures.filter(|picture| shown.contains(&picture.info.name)));
        stored.pictures = Vec::new();
        // Each text goes as its frame is made, so that memory holds the edition once.
        for (number, segment) in std::mem::take(&mut stored.segments) {
            frames
                .insert(number, Frame::illustrated(&segment.rendered, &pictures, &stored.sender, edition, stored.at)?);
        }
        Ok(Self { signer: signer(context, stored.sender.key_version)?, stored, frames })
    }

    /// Whom one of its mails is from and to, and what it says to its reader alone.
    ///
    /// # Errors
    /// When it is none of its mails, or the reverse-path is too long.
    pub(super) fn address(&self, next: &Claimed) -> Result<Addressed, AppError> {
        let (ClaimedContent::Digest { subscriber, .. }, Some(number)) = (&next.content, next.id.mailing.number())
        else {
            return Err(DispatchError::NoText(next.id).into());
        };
        let id = DeliveryId { edition: number, recipient: next.id.recipient };
        let links = DeliveryLinks::of_delivery(&self.signer, &self.stored.sender.base_url, id);
        Ok(Addressed::new(self.frame(next)?, links, &next.address, crate::render::greeting(subscriber))?)
    }

    /// Joins one of its mails into `message` and signs it.
    pub(super) fn join(
        &self,
        next: &Claimed,
        addressed: &Addressed,
        dkim: &Dkim,
        message: &mut Vec<u8>,
    ) -> Result<(), AppError> {
        Ok(addressed.join(self.frame(next)?, (dkim, self.stored.at), message)?)
    }

    fn frame(&self, next: &Claimed) -> Result<&Frame, DispatchError> {
        match (&next.content, next.id.mailing.number()) {
            (ClaimedContent::Digest { segment, .. }, Some(number)) => {
                self.frames.get(segment).ok_or(DispatchError::UnknownSegment(number))
            }
            _ => Err(DispatchError::NoText(next.id)),
        }
    }
}

/// Signs the links of a mail with this version of the key.
pub(super) fn signer(context: &AppContext, version: u8) -> Result<Signer, AppError> {
    Ok(keyring::signer(&context.keyring, version, &context.config.web.secret_file)?)
}
