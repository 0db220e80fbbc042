//! What a recipient may change by a link: bands, and whatever waits for a click of theirs.

use super::{AppError, Service};
use crate::domain::band::{Band, BandSet};
use crate::domain::delivery::TransactionalKind;
use crate::domain::request::{Request, RequestId, Standing};
use crate::domain::subscriber::SubscribeRequest;
use crate::domain::token::Purpose;
use crate::render::TransactionalMail;
use crate::store::{Asked, Clicked};

/// What stands on the page to change bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preferences {
    /// A mailbox of this subscriber, and every band with whether it gets it.
    Of {
        /// The subscriber's name.
        name: String,
        /// Every band of the service.
        bands: Vec<(Band, bool)>,
    },
    /// It has no subscription.
    Gone,
    /// The token is not ours, or not for this.
    Unknown,
}

/// What became of a wish for other bands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wished {
    /// A letter asks its reader for a click.
    Asked,
    /// It gets just these.
    Already,
    /// None was chosen, or one that there is not.
    None,
    /// There were too many such wishes.
    TooOften,
    /// It has no subscription.
    Gone,
    /// The token is not ours, or not for this.
    Unknown,
}

/// What stands on the page of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// This waits for a click.
    Open(Request, Vec<Band>),
    /// This is done.
    Done(Request),
    /// It is too late, or a newer one took its place.
    Over,
    /// The token is not ours, or not for this.
    Unknown,
}

impl Service {
    /// Asks the mailbox for the click that subscribes it.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn ask_to_subscribe(&self, wish: &SubscribeRequest) -> Result<Asked, AppError> {
        let bands = self.config.bands.ordered(&wish.bands);
        let letter = self.new_letter(TransactionalKind::Confirm, TransactionalMail::ConfirmSubscription(&bands))?;
        Ok(self.store.ask_to_subscribe(wish, &letter, self.clock.now()).await?)
    }

    /// What the holder of this token may change.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn preferences(&self, token: &str) -> Result<Preferences, AppError> {
        let Ok(claim) = self.keyring.verify(token, Purpose::Preferences) else { return Ok(Preferences::Unknown) };
        let Some((name, has)) = self.store.subscribed_bands(claim.recipient).await? else {
            return Ok(Preferences::Gone);
        };
        let bands = self.config.bands.iter().map(|band| (band.clone(), has.contains(&band.id)));
        Ok(Preferences::Of { name, bands: bands.collect() })
    }

    /// Asks the mailbox for the click that gives it these bands.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn wish_for_bands(&self, token: &str, wanted: &BandSet) -> Result<Wished, AppError> {
        let Ok(claim) = self.keyring.verify(token, Purpose::Preferences) else { return Ok(Wished::Unknown) };
        let bands = self.config.bands.ordered(wanted);
        if bands.is_empty() || bands.len() != wanted.len() {
            return Ok(Wished::None);
        }
        let letter = self.new_letter(TransactionalKind::Confirm, TransactionalMail::ConfirmBands(&bands))?;
        let asked = self.store.ask_for_bands(claim.recipient, wanted, &letter, self.clock.now()).await?;
        Ok(match asked {
            Asked::Waits(_) => Wished::Asked,
            Asked::Already => Wished::Already,
            Asked::TooOften => Wished::TooOften,
            Asked::Nobody | Asked::Never(_) => Wished::Gone,
        })
    }

    /// What a click with this token would do. Changes nothing.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn confirmation(&self, token: &str) -> Result<Confirmation, AppError> {
        let Some(id) = self.request_of(token) else { return Ok(Confirmation::Unknown) };
        let Some(request) = self.store.request(id).await? else { return Ok(Confirmation::Unknown) };
        Ok(match request.standing(self.clock.now()) {
            Standing::Open => {
                let bands = self.config.bands.ordered(&request.bands).into_iter().cloned().collect();
                Confirmation::Open(request, bands)
            }
            Standing::Done => self.done(request).await?,
            Standing::Over => Confirmation::Over,
        })
    }

    /// What was done once need not hold any more: whoever left since is told nothing else.
    async fn done(&self, request: Request) -> Result<Confirmation, AppError> {
        let holds = self.store.subscribed_bands(request.recipient).await?.is_some();
        Ok(if holds { Confirmation::Done(request) } else { Confirmation::Over })
    }

    /// Does what the token's request asked for, once.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn confirm(&self, token: &str) -> Result<Confirmation, AppError> {
        let Some(id) = self.request_of(token) else { return Ok(Confirmation::Unknown) };
        Ok(match self.store.fulfil(id, self.clock.now()).await? {
            Clicked::Done(request) => Confirmation::Done(request),
            Clicked::Before(request) => self.done(request).await?,
            Clicked::Over => Confirmation::Over,
            Clicked::Unknown => Confirmation::Unknown,
        })
    }

    fn request_of(&self, token: &str) -> Option<RequestId> {
        let claim = self.keyring.verify(token, Purpose::Confirm).ok()?;
        Some(RequestId(claim.recipient.0))
    }
}
