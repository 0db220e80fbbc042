//! One segment's mail for whoever looks at it in a running service: nothing is synced or planned for that.

use super::proof::{Proof, ProofMails, ProofSegment};
use super::{Previewer, greeting, sample};
use crate::app::edition_content::sample_address;
use crate::app::error::PreviewError;
use crate::app::pictures::with_pictures;
use crate::app::{AppContext, AppError};
use crate::domain::edition::EditionNumber;
use crate::domain::rendered::Slot;

/// A mail as its readers see it, with links that no server honours.
#[derive(Debug, Clone)]
pub struct ShownMail {
    pub subject: String,
    pub html: String,
    pub text: String,
    /// The whole message, as it goes over the wire.
    pub source: Vec<u8>,
}

impl Previewer {
    /// What the readers of one segment would get now, or got.
    ///
    /// # Errors
    /// When there is no such edition or segment, the digest cannot be made, or the store cannot be read.
    pub async fn shown(&self, number: EditionNumber, segment: &str) -> Result<ShownMail, AppError> {
        let proof = self.proof_of(number, segment).await?;
        self.shown_mail(&proof.mails, proof.mails.segment(segment)?)
    }

    /// One segment's mail.
    pub(super) fn shown_mail(&self, mails: &ProofMails, segment: &ProofSegment) -> Result<ShownMail, AppError> {
        let links = self.digests.sample_links(mails.number)?;
        let message = self.sample_message(mails, segment, &sample_address(), "", mails.at)?;
        let (html, text) = (&segment.rendered.html, &segment.rendered.text);
        Ok(ShownMail {
            subject: segment.subject.clone(),
            html: with_pictures(&html.fill(|slot| sample(&links, slot, None)), &mails.pictures),
            text: text.fill(|slot| if slot == Slot::Greeting { greeting(None) } else { sample(&links, slot, None) }),
            source: message.bytes,
        })
    }

    /// One segment of [`Previewer::proof`], from the store as it is, which stays so.
    pub(in crate::app) async fn proof_of(&self, number: EditionNumber, segment: &str) -> Result<Proof, AppError> {
        let AppContext { store, clock, .. } = &self.context;
        let row = self.planner().plan_of(number, clock.now()).await?;
        let stored = store.edition(number).await?;
        let proof = if let Some(edition) = stored.as_ref().filter(|edition| edition.is_published()) {
            self.published_proof(edition, row, Vec::new(), Some(segment)).await?
        } else {
            let planned = super::as_planned(number, &row, stored.as_ref())?;
            self.planned_proof(&planned, row, Vec::new(), Some(segment)).await?
        };
        if proof.mails.segments.is_empty() {
            return Err(PreviewError::UnknownSegment { wanted: segment.to_owned(), known: Vec::new() }.into());
        }
        Ok(proof)
    }
}
