//! One segment's mail for whoever looks at it in a running service: nothing is synced or planned for that.

use chrono::{DateTime, Utc};

use super::proof::{Proof, ProofSegment};
use super::{Previewer, greeting, sample};
use crate::app::edition_content::sample_address;
use crate::app::error::PreviewError;
use crate::app::pictures::with_pictures;
use crate::app::{AppContext, AppError};
use crate::domain::edition::EditionNumber;
use crate::domain::rendered::Slot;
use crate::domain::sender::Sender;
use crate::store::PublishedPicture;

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
        let says = (&proof.sender, proof.edition, &proof.pictures[..]);
        self.shown_mail(says, proof.segment(segment)?, proof.at)
    }

    /// One segment's mail, from this sender, under this number and with these pictures.
    pub(super) fn shown_mail(
        &self,
        (sender, number, pictures): (&Sender, EditionNumber, &[PublishedPicture]),
        segment: &ProofSegment,
        at: DateTime<Utc>,
    ) -> Result<ShownMail, AppError> {
        let links = self.digests.sample_links(number)?;
        let message = self.sample_message((sender, number, pictures), segment, &sample_address(), "", at)?;
        let (html, text) = (&segment.rendered.html, &segment.rendered.text);
        Ok(ShownMail {
            subject: segment.subject.clone(),
            html: with_pictures(&html.fill(|slot| sample(&links, slot, None)), pictures),
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
        if proof.segments.is_empty() {
            return Err(PreviewError::UnknownSegment { wanted: segment.to_owned(), known: Vec::new() }.into());
        }
        Ok(proof)
    }
}
