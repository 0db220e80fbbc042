//! One marked copy of a digest to one address, recorded nowhere.

use super::previewer::Previewer;
use super::{AppError, Service};
use crate::domain::address::Address;
use crate::domain::delivery::Outcome;
use crate::domain::edition::EditionNumber;
use crate::mail::Open;

impl Service {
    /// Sends it. `self` must work on a copy of the store. Returns the segment's id.
    ///
    /// # Errors
    /// When the edition or segment does not exist, several segments are there and none was named,
    /// or the mail was not accepted.
    pub async fn send_test_copy(
        &self,
        number: EditionNumber,
        to: &Address,
        segment: Option<&str>,
    ) -> Result<String, AppError> {
        let previewer = Previewer::new(&self.context(), self.content()?);
        let proof = previewer.proof(number).await?;
        let ids: Vec<String> = proof.segments.iter().map(|s| s.id.clone()).collect();
        let segment = match segment {
            Some(wanted) => proof.segment(wanted)?,
            None if proof.segments.len() == 1 => &proof.segments[0],
            None if proof.segments.is_empty() => {
                return Err(AppError::Refused(format!(
                    "edition {number} has no recipients, so there is nothing to copy"
                )));
            }
            None => {
                return Err(AppError::Refused(format!(
                    "say which digest, with --segment; they are: {}",
                    ids.join(", ")
                )));
            }
        };
        // A Date, and with it a signature, of an edition to come would lie in the future: some receivers refuse that.
        let at = proof.at.min(self.clock.now());
        let mut message = previewer.sample_message(&proof, segment, to, "[Test copy] ", at)?;
        message.name = format!("test-{}-{}", self.clock.now().timestamp_micros(), message.name);
        let mut transport = self.transport()?;
        let outcome = transport.deliver(&message.envelope, &message.name, &message.bytes, &Open).await;
        transport.close().await;
        if let Outcome::Accepted(_) = outcome {
            return Ok(segment.id.clone());
        }
        let why = outcome.reply().map_or_else(|| "nothing was handed over".to_owned(), ToString::to_string);
        Err(AppError::Refused(format!("the test copy was not accepted: {why}")))
    }
}
