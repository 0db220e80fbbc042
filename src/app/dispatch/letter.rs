//! What one delivery says to nobody else: its tokens, its links and its name.

use crate::domain::delivery::DeliveryId;
use crate::domain::token::{Purpose, Signer, TokenPayload};
use crate::mail::Personal;

/// The tokens and links of one delivery.
pub(in crate::app) struct Letter {
    pub(in crate::app) name: String,
    unsubscribe_token: String,
    bounce_token: String,
    pub(in crate::app) unsubscribe_url: String,
    pub(in crate::app) preferences_url: String,
}

impl Letter {
    /// The letter of one delivery. A preview or a test copy passes recipient 0, which is nobody's.
    pub(in crate::app) fn new(signer: &Signer, base_url: &str, delivery: DeliveryId) -> Self {
        let DeliveryId { edition, recipient } = delivery;
        let token = |purpose| signer.sign(&TokenPayload { purpose, edition, recipient });
        let unsubscribe_token = token(Purpose::Unsubscribe);
        Self {
            name: signer.message_name(edition, recipient),
            unsubscribe_url: format!("{base_url}/u/{unsubscribe_token}"),
            preferences_url: format!("{base_url}/preferences/{}", token(Purpose::Preferences)),
            bounce_token: token(Purpose::Bounce),
            unsubscribe_token,
        }
    }

    pub(in crate::app) fn personal<'a>(
        &'a self,
        to: &'a crate::domain::address::Address,
        greeting: &'a str,
    ) -> Personal<'a> {
        Personal {
            to,
            name: &self.name,
            greeting,
            unsubscribe_url: &self.unsubscribe_url,
            preferences_url: &self.preferences_url,
            confirm_url: "",
            unsubscribe_token: &self.unsubscribe_token,
            bounce_token: &self.bounce_token,
        }
    }
}
