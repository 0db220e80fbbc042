//! Mail that is no edition: asks for a click, or says good-bye, and takes the same care as editions on its way.

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::{AppError, Service};
use crate::config::OnUncertain;
use crate::domain::delivery::Outcome;
use crate::domain::edition::EditionNumber;
use crate::domain::retry;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::request::RequestId;
use crate::domain::token::{Purpose, Signer, TokenPayload};
use crate::mail::{Dkim, Envelope, Frame, Open, Personal, Transport};
use crate::store::ClaimedLetter;

/// What is no edition has this number in its tokens.
const NONE: EditionNumber = EditionNumber(0);

/// When letters are tried again that met no relay, or one that refuses us.
const LATER: TimeDelta = TimeDelta::minutes(10);

/// When one that may have been accepted is sent again.
const UNCERTAIN_PAUSE: TimeDelta = TimeDelta::minutes(30);

/// How often a store that is locked or full is asked again to note what a relay said.
const TRIES: u32 = 20;

/// What became of the letters that waited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Letters that the relay took.
    pub accepted: u64,
    /// What was said about one that it did not take, the last one's.
    pub trouble: Option<String>,
}

/// A letter as it leaves.
struct Ready {
    envelope: Envelope,
    name: String,
    bytes: Vec<u8>,
}

impl Service {
    /// The token that fulfils a request.
    fn confirm_token(signer: &Signer, request: RequestId) -> String {
        // A request's number stands in the place of a mailbox's: the purpose tells them apart.
        signer.sign(&TokenPayload { purpose: Purpose::Confirm, edition: NONE, recipient: RecipientId(request.0) })
    }

    /// Takes up the letters of processes that died, and sends what waits, one after the other.
    ///
    /// # Errors
    /// When the store fails. What was in hand is put back.
    pub async fn send_letters(&self, stop: &CancellationToken) -> Result<Posted, AppError> {
        let resend = self.config.mail.on_uncertain == OnUncertain::Resend;
        self.store.recover(resend, self.clock.now()).await?;
        let mut transport = self.transport()?;
        let posted = self.post_all(transport.as_mut(), stop).await;
        transport.close().await;
        let later = self.clock.now() + LATER;
        self.store.put_letters_back(resend, later).await?;
        posted
    }

    async fn post_all(&self, transport: &mut dyn Transport, stop: &CancellationToken) -> Result<Posted, AppError> {
        let (mut posted, dkim) = (Posted::default(), self.dkim()?);
        while !stop.is_cancelled() {
            let Some(next) = self.store.claim_letter(self.clock.now()).await? else { break };
            let ready = self.ready(&next, &dkim)?;
            if let Err(outcome) = transport.prepare().await {
                posted.trouble = outcome.reply().map(ToString::to_string);
                break;
            }
            if !self.store.mark_letter(next.id).await? {
                continue;
            }
            let outcome = transport.deliver(&ready.envelope, &ready.name, &ready.bytes, &Open).await;
            self.note(&next, &outcome).await?;
            match &outcome {
                Outcome::Accepted(_) => posted.accepted += 1,
                other => posted.trouble = other.reply().map(ToString::to_string),
            }
            if matches!(outcome, Outcome::SenderRefused(_)) {
                break;
            }
        }
        Ok(posted)
    }

    /// Records what became of a letter; a store that is locked or full is waited for.
    async fn note(&self, letter: &ClaimedLetter, outcome: &Outcome) -> Result<(), AppError> {
        let now = self.clock.now();
        let resend = self.config.mail.on_uncertain == OnUncertain::Resend;
        let (outcome, retry_at) = match outcome {
            Outcome::Transient(_) => (outcome.clone(), retry::next_attempt(letter.attempts + 1, letter.at, now, 0.5)),
            Outcome::Uncertain(_) => (outcome.clone(), resend.then_some(now + UNCERTAIN_PAUSE)),
            // It is not the recipient's fault, so it waits like one that could not be handed over.
            Outcome::SenderRefused(reply) => (Outcome::Transient(reply.clone()), Some(now + LATER)),
            other => (other.clone(), None),
        };
        let mut tries = TRIES;
        loop {
            match self.store.letter_done(letter.id, &outcome, now, retry_at).await {
                Err(error) if error.may_pass() && tries > 0 => {
                    tries -= 1;
                    tracing::warn!("{error}");
                    tokio::time::sleep(super::dispatch::PAUSE).await;
                }
                done => return Ok(done?),
            }
        }
    }

    fn ready(&self, next: &ClaimedLetter, dkim: &Dkim) -> Result<Ready, AppError> {
        let sender = &next.letter.sender;
        let signer = self.signer(sender.key_version)?;
        let token = |purpose| signer.sign(&TokenPayload { purpose, edition: NONE, recipient: next.recipient });
        let unsubscribe_token = token(Purpose::Unsubscribe);
        let bounce_token = token(Purpose::Bounce);
        let name = signer.message_name(NONE, RecipientId(next.id.0));
        let base = &sender.base_url;
        let confirm = next.request.map(|request| Self::confirm_token(&signer, request)).unwrap_or_default();
        let personal = Personal {
            to: &next.address,
            name: &name,
            greeting: "",
            unsubscribe_url: &format!("{base}/u/{unsubscribe_token}"),
            preferences_url: &format!("{base}/preferences/{}", token(Purpose::Preferences)),
            confirm_url: &format!("{base}/confirm/{confirm}"),
            unsubscribe_token: &unsubscribe_token,
            bounce_token: &bounce_token,
        };
        let frame = Frame::letter(&next.letter.rendered, sender, next.letter.kind.as_str(), next.at)?;
        let mut bytes = Vec::new();
        frame.join(&personal, &mut bytes);
        dkim.sign(next.at, &mut bytes)?;
        Ok(Ready { envelope: frame.envelope(&personal)?, bytes, name: name.clone() })
    }
}
