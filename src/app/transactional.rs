//! Mail that follows from one person's act: what it says, and what stands in its headers.

use super::{AppContext, AppError};
use crate::config::Config;
use crate::domain::sender::Sender;
use crate::render::{Occasion, ServiceFacts, letter};
use crate::store::{LetterKind, NewLetter};

/// What a letter says, and from whom.
pub(super) fn new_letter(
    context: &AppContext,
    kind: LetterKind,
    occasion: Occasion<'_>,
) -> Result<NewLetter, AppError> {
    let rendered = letter(&service_facts(&context.config), occasion).map_err(AppError::Letter)?;
    Ok(NewLetter { kind, sender: sender(&context.config, context.keyring.current()), rendered })
}

/// What every page and mail says about the service.
pub(super) fn service_facts(config: &Config) -> ServiceFacts<'_> {
    let service = &config.service;
    ServiceFacts {
        name: &service.name,
        postal_address: &service.postal_address,
        base_url: &service.base_url,
        reply_to: service.reply_to.as_ref().map(|mailbox| &mailbox.address),
    }
}

/// The sender's side of every header, as it is configured now.
pub(super) fn sender(config: &Config, key_version: u8) -> Sender {
    let service = &config.service;
    Sender {
        service: service.name.clone(),
        from: service.from.clone(),
        reply_to: service.reply_to.clone(),
        base_url: service.base_url.clone(),
        bounce_address: config.mail.bounce_address.clone(),
        key_version,
    }
}
