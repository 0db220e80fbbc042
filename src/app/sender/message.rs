//! One mail, from the frame that many share and what it says to nobody else.

use chrono::{DateTime, Utc};

use crate::domain::address::Address;
use crate::domain::delivery::{DeliveryId, EnqueuedMail, TransactionalId, TransactionalMail};
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;
use crate::domain::subscription::request::RequestId;
use crate::domain::token::{Purpose, Signer, TokenPayload};
use crate::mail::{Dkim, Envelope, Frame, Gate, Handover, MailError, Personal};

/// What is no edition has this number in its tokens and names.
const NO_EDITION: EditionNumber = EditionNumber(0);

/// The name, tokens and links of one mail.
pub(in crate::app) struct DeliveryLinks {
    pub(in crate::app) name: String,
    unsubscribe_token: String,
    bounce_token: String,
    pub(in crate::app) unsubscribe_url: String,
    pub(in crate::app) preferences_url: String,
    confirm_url: String,
}

impl DeliveryLinks {
    /// Those of an edition's mail. A preview or a test copy passes recipient 0, which is nobody's.
    pub(in crate::app) fn of_delivery(signer: &Signer, base_url: &str, id: DeliveryId) -> Self {
        Self::new(signer, base_url, id, signer.message_name(id.edition, id.recipient), String::new())
    }

    /// Those of a confirmation or good-bye: it is named by its own number, and its link fulfils a request.
    fn of_transactional(
        signer: &Signer,
        base_url: &str,
        (id, recipient): (TransactionalId, RecipientId),
        request: Option<RequestId>,
    ) -> Self {
        let delivery = DeliveryId { edition: NO_EDITION, recipient };
        let name = signer.message_name(NO_EDITION, RecipientId(id.0));
        // A request's number stands in the place of a mailbox's: the purpose tells them apart.
        let payload = |request: RequestId| TokenPayload {
            purpose: Purpose::Confirm,
            edition: NO_EDITION,
            recipient: RecipientId(request.0),
        };
        let confirm = request.map(|request| signer.sign(&payload(request))).unwrap_or_default();
        Self::new(signer, base_url, delivery, name, format!("{base_url}/confirm/{confirm}"))
    }

    fn new(signer: &Signer, base_url: &str, id: DeliveryId, name: String, confirm_url: String) -> Self {
        let DeliveryId { edition, recipient } = id;
        let token = |purpose| signer.sign(&TokenPayload { purpose, edition, recipient });
        let unsubscribe_token = token(Purpose::Unsubscribe);
        Self {
            name,
            unsubscribe_url: format!("{base_url}/u/{unsubscribe_token}"),
            preferences_url: format!("{base_url}/preferences/{}", token(Purpose::Preferences)),
            confirm_url,
            bounce_token: token(Purpose::Bounce),
            unsubscribe_token,
        }
    }

    pub(in crate::app) fn personal<'a>(&'a self, to: &'a Address, greeting: &'a str) -> Personal<'a> {
        Personal {
            to,
            name: &self.name,
            greeting,
            unsubscribe_url: &self.unsubscribe_url,
            preferences_url: &self.preferences_url,
            confirm_url: &self.confirm_url,
            unsubscribe_token: &self.unsubscribe_token,
            bounce_token: &self.bounce_token,
        }
    }
}

/// Whom a mail is from and to, its name, and what it says to its reader alone.
pub(super) struct Addressed {
    envelope: Envelope,
    to: Address,
    links: DeliveryLinks,
    greeting: String,
}

impl Addressed {
    pub(super) fn new(frame: &Frame, links: DeliveryLinks, to: &Address, greeting: String) -> Result<Self, MailError> {
        let envelope = frame.envelope(&links.personal(to, &greeting))?;
        Ok(Self { envelope, to: to.clone(), links, greeting })
    }

    pub(super) fn handover<'a>(&'a self, gate: &'a dyn Gate) -> Handover<'a> {
        Handover { envelope: &self.envelope, name: &self.links.name, gate }
    }

    /// Joins the mail into `message` and signs it; the same inputs give the same bytes, on every attempt.
    pub(super) fn join(
        &self,
        frame: &Frame,
        (dkim, at): (&Dkim, DateTime<Utc>),
        message: &mut Vec<u8>,
    ) -> Result<(), MailError> {
        message.clear();
        frame.join(&self.links.personal(&self.to, &self.greeting), message);
        dkim.sign(at, message)
    }
}

/// Addresses a confirmation, a good-bye or a mail to an operator, joins it into `message` and signs it.
pub(super) fn join_transactional(
    mail: &EnqueuedMail,
    (id, recipient, to): (TransactionalId, RecipientId, &Address),
    signer: &Signer,
    dkim: &Dkim,
    message: &mut Vec<u8>,
) -> Result<Addressed, MailError> {
    let sender = &mail.mail.sender;
    let links = DeliveryLinks::of_transactional(signer, &sender.base_url, (id, recipient), mail.request);
    let TransactionalMail { kind, rendered, .. } = &mail.mail;
    let frame = if kind.is_for_operators() {
        Frame::notice(rendered, sender, mail.at)?
    } else {
        Frame::letter(rendered, sender, kind.as_str(), mail.at)?
    };
    let addressed = Addressed::new(&frame, links, to, String::new())?;
    addressed.join(&frame, (dkim, mail.at), message)?;
    Ok(addressed)
}
