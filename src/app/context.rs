//! What use cases are built from: the shared parts, what is read from `activities/` and `templates/`, and who sends.

use std::sync::Arc;

use chrono::{DateTime, FixedOffset, Utc};

use super::error::AppError;
use super::keyring;
use super::pictures::PictureBook;
use super::sign_in::provider::SignOn;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::calendar::NextEdition;
use crate::domain::delivery::{TransactionalKind, TransactionalMail};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::refusal::Refusal;
use crate::domain::sender::Sender;
use crate::domain::token::Keyring;
use crate::library::Library;
use crate::render;
use crate::render::{Face, ServiceInfo, Templates, render_transactional};
use crate::store::{News, Store, StoreError};

/// How many rows of a list are read at once: as many as a command holds in memory.
pub(super) const PAGE: u32 = 1_000;

/// What every use case is built from.
#[derive(Clone)]
pub struct AppContext {
    pub config: Arc<Config>,
    /// The store, or one moment of it that nothing lasting is done to.
    pub(super) store: Arc<dyn Store>,
    /// Signs tokens and names messages.
    pub keyring: Arc<Keyring>,
    /// The organisation's sign-on for the console.
    pub(super) sign_on: Arc<SignOn>,
    pub clock: Clock,
}

impl AppContext {
    /// That another version of the program has taken the store over, that it was moved away, or that other nodes sign with keys
    /// which are not here, if so: then this one can only end. Whatever else is wrong with the store may pass.
    pub async fn superseded(&self) -> Option<AppError> {
        match self.store.check_version().await {
            Err(error @ (StoreError::Migrated { .. } | StoreError::Moved { .. })) => return Some(error.into()),
            Err(_) => return None,
            Ok(()) => {}
        }
        let error = self.store.check_signing_keys(&self.keyring.prints()).await.err()?;
        matches!(error, StoreError::Refused(Refusal::LacksKeys(_)))
            .then(|| keyring::shared(error.into(), &self.config.web.secret_file))
    }

    /// The edition that goes out next by itself, if one is to come.
    pub async fn next_edition(&self) -> Result<Option<NextEdition>, AppError> {
        let first = self.store.meta().await?.map(|meta| meta.first);
        let editions = self.store.editions().await?;
        Ok(self.config.schedule.next_edition(self.clock.now(), first, &editions))
    }

    /// The edition that falls due next, if one is to come; not one whose time it is.
    pub(super) async fn next_to_come(&self) -> Result<Option<NextEdition>, AppError> {
        let first = self.store.meta().await?.map(|meta| meta.first);
        let editions = self.store.editions().await?;
        Ok(self.config.schedule.next_to_come(self.clock.now(), first, &editions))
    }

    /// What is decided from now on, where other nodes may be at work.
    pub fn news(&self) -> News {
        self.store.news()
    }

    /// An instant as the service's own clock on the wall shows it.
    pub fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        self.config.schedule.local(at)
    }
}

/// What is read from `activities/` and `templates/`.
#[derive(Clone)]
pub struct Content {
    pub library: Arc<Library>,
    pub templates: Arc<Templates>,
    /// The pictures of this library, as they were made so far.
    pub(super) pictures: Arc<PictureBook>,
    /// Findings that stop nothing.
    pub warnings: Vec<Diagnostic>,
}

/// What could be read of `activities/` and `templates/`.
#[derive(Clone)]
pub enum Loaded {
    Whole(Content),
    /// Not both: these findings say why. New editions wait; what was published can be finished.
    WithoutContent(Vec<Diagnostic>),
}

impl Loaded {
    /// All of it, if there is nothing wrong with it.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Whole(content) => Some(content),
            Self::WithoutContent(_) => None,
        }
    }
}

impl Content {
    /// What every page, and every mail that may bring pictures along, says about the service.
    pub(super) fn service_info<'a>(&'a self, config: &'a Config) -> ServiceInfo<'a> {
        let info = service_info(config);
        ServiceInfo { face: Face { logo: self.pictures.logo().map(|logo| &logo.info), ..info.face }, ..info }
    }
}

/// The same without its logo.
pub(super) fn service_info(config: &Config) -> ServiceInfo<'_> {
    let service = &config.service;
    ServiceInfo {
        name: &service.name,
        postal_address: &service.postal_address,
        base_url: &service.base_url,
        reply_to: service.reply_to.as_ref().map(|mailbox| &mailbox.address),
        face: Face {
            logo: None,
            colour: service.face.colour,
            footer: &service.face.footer,
            privacy_url: &service.face.privacy_url,
        },
    }
}

/// The sender's side of every header, as it is configured now.
pub(super) fn sender(config: &Config, keyring: &Keyring) -> Sender {
    let service = &config.service;
    Sender {
        service: service.name.clone(),
        from: service.from.clone(),
        reply_to: service.reply_to.clone(),
        base_url: service.base_url.clone(),
        bounce_address: config.mail.bounce_address.clone(),
        key_version: keyring.current(),
    }
}

/// A confirmation or good-bye, and from whom it is. Mail to operators is made in `operator_notices`.
pub(super) fn transactional_mail(
    context: &AppContext,
    kind: TransactionalKind,
    about: render::TransactionalText<'_>,
) -> Result<TransactionalMail, AppError> {
    let rendered = render_transactional(&service_info(&context.config), about)?;
    Ok(TransactionalMail { kind, sender: sender(&context.config, &context.keyring), rendered })
}
