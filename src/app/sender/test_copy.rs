//! One marked copy of a digest to one address, recorded nowhere.

use super::order::{SendError, Target};
use super::send::Sender;
use super::transport;
use crate::app::AppError;
use crate::domain::address::Address;
use crate::domain::delivery::Outcome;
use crate::domain::edition::EditionNumber;
use crate::mail::Open;

impl Sender {
    /// Sends it, from a private copy of the store. Returns the edition and the segment's id.
    ///
    /// # Errors
    /// When the edition or segment does not exist, several segments are there and none was named,
    /// or the mail was not accepted.
    pub async fn send_test_copy(
        &self,
        target: Target,
        to: &Address,
        segment: Option<&str>,
    ) -> Result<(EditionNumber, String), SendError> {
        let number = match target {
            Target::Number(number) => number,
            Target::Next => self.next()?,
            // A test copy is for looking ahead: with nothing due, the next edition is meant.
            Target::Due => match self.planner().reconcile(self.context.clock.now()).await?.due {
                Some(number) => number,
                None => self.next()?,
            },
        };
        let previewer = self.previewer();
        let proof = previewer.proof(number).await?;
        let ids: Vec<String> = proof.segments.iter().map(|s| s.id.clone()).collect();
        let segment = match segment {
            Some(wanted) => proof.segment(wanted).map_err(AppError::from)?,
            None if proof.segments.len() == 1 => &proof.segments[0],
            None if proof.segments.is_empty() => return Err(SendError::NobodyToCopy(number)),
            None => return Err(SendError::WhichSegment(ids)),
        };
        // A Date, and with it a signature, of an edition to come would lie in the future: some receivers refuse that.
        let at = proof.at.min(self.context.clock.now());
        let mut message = previewer.sample_message(&proof, segment, to, "[Test copy] ", at)?;
        message.name = format!("test-{}-{}", self.context.clock.now().timestamp_micros(), message.name);
        let mut transport = transport::one(&self.context.config)?;
        let outcome = transport.deliver(&message.envelope, &message.name, &message.bytes, &Open).await;
        transport.close().await;
        if let Outcome::Accepted(_) = outcome {
            return Ok((number, segment.id.clone()));
        }
        Err(SendError::CopyNotAccepted(outcome.reply().cloned()))
    }
}
