//! Subscribing: at an operator's word, by a click of the mailbox's own reader, and what the reader may change.

use std::convert::Infallible;
use std::ops::ControlFlow;

use super::context::{PAGE, transactional_mail};
use super::{AppContext, AppError};
use crate::domain::address::Address;
use crate::domain::band::{Band, BandSet};
use crate::domain::delivery::TransactionalKind;
use crate::domain::name_query::NameQuery;
use crate::domain::subscriber::{RecipientId, SubscribeRequest, SubscriberId, SubscriberRecord, SuppressionReason};
use crate::domain::subscription::confirm::{self, Asked, Clicked, Fulfilled, Question};
use crate::domain::subscription::export::note_export;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::request::{RequestId, RequestKind};
use crate::domain::subscription::subscribe::{Subscribed, subscribe};
use crate::domain::subscription::unsubscribe;
use crate::domain::token::Purpose;
use crate::render::TransactionalText;
use crate::store::{Scope, decide};

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
    /// A mail asks its reader for a click.
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
    Open {
        /// What was asked for.
        kind: RequestKind,
        /// The name of the subscriber that the mailbox belongs to, or would.
        subscriber: String,
        /// The bands that were asked for.
        bands: Vec<Band>,
    },
    /// This is done.
    Done(Fulfilled),
    /// It is too late, or a newer one took its place.
    Over,
    /// The token is not ours, or not for this.
    Unknown,
}

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It is this mailbox, of this subscriber, which is given with that mailbox alone.
    Mailbox(RecipientId, SubscriberRecord),
    /// It is no mailbox that is known, and is never mailed.
    Suppressed(SuppressionReason),
    /// Nothing.
    Stranger,
}

/// Subscribes mailboxes, and changes their subscriptions.
#[derive(Clone)]
pub struct Subscriber {
    context: AppContext,
}

impl Subscriber {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Shows everyone on the list, oldest first, a page after the other, until `take` has had enough. Nobody is shown twice.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn each(&self, mut take: impl FnMut(&[SubscriberRecord]) -> ControlFlow<()>) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.page(after).await?;
            after = page.last().map(|last| last.id);
            if page.is_empty() || take(&page).is_break() {
                return Ok(());
            }
        }
    }

    /// Subscribers after this one, oldest first; none at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn page(&self, after: Option<SubscriberId>) -> Result<Vec<SubscriberRecord>, AppError> {
        Ok(self.context.store.subscribers_page(after, PAGE).await?)
    }

    /// Shows the subscribers that `query` lets through, by name, a page after the other, until `take` has had enough.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn each_by_name(
        &self,
        query: &NameQuery,
        mut take: impl FnMut(&[SubscriberRecord]) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let store = &self.context.store;
        for page in store.find_subscribers(query, usize::MAX).await?.chunks(PAGE as usize) {
            if take(&store.subscribers_of(page).await?).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The first `limit` subscribers, by name, that `query` lets through, and whether there are more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn find(&self, query: &NameQuery, limit: usize) -> Result<(Vec<SubscriberRecord>, bool), AppError> {
        let store = &self.context.store;
        let ids = store.find_subscribers(query, limit + 1).await?;
        let found = store.subscribers_of(&ids[..ids.len().min(limit)]).await?;
        Ok((found, ids.len() > limit))
    }

    /// The first subscribers with a mailbox in just this domain, at most `limit`, and whether there are more.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn find_at(&self, domain: &str, limit: usize) -> Result<(Vec<SubscriberRecord>, bool), AppError> {
        let store = &self.context.store;
        let ids = store.subscribers_at(domain, limit + 1).await?;
        let found = store.subscribers_of(&ids[..ids.len().min(limit)]).await?;
        Ok((found, ids.len() > limit))
    }

    /// The subscriber of this number, with its mailboxes.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn organisation(&self, id: SubscriberId) -> Result<Option<SubscriberRecord>, AppError> {
        Ok(self.context.store.subscribers_of(&[id]).await?.pop())
    }

    /// The mailbox that has this address; or else why the address is never mailed, if it isn't.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn look_up(&self, address: &Address) -> Result<Known, AppError> {
        let scope = Scope::Addresses(vec![address.clone()], Vec::new());
        let list = self.context.store.mailing_list(&scope, self.context.clock.now()).await?;
        Ok(match (list.record(address), list.suppression(address)) {
            (Some((id, record)), _) => Known::Mailbox(id, record),
            (None, Some(reason)) => Known::Suppressed(reason),
            (None, None) => Known::Stranger,
        })
    }

    /// Records that someone took a copy of the list.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn note_export(&self) -> Result<(), AppError> {
        let scope = Scope::Addresses(Vec::new(), Vec::new());
        let decision = |list: &mut MailingList| {
            note_export(list);
            Ok::<_, Infallible>(())
        };
        let (Ok(()), _) = decide(&*self.context.store, &scope, self.context.clock.now(), None, decision).await?;
        Ok(())
    }

    /// Adds or updates a mailbox.
    ///
    /// # Errors
    /// When the request names no band, or the store cannot be written.
    pub async fn subscribe(&self, request: &SubscribeRequest) -> Result<Subscribed, AppError> {
        let (scope, request) = (scope_of(std::slice::from_ref(request)), request.clone());
        let decision = move |list: &mut _| subscribe(list, &request);
        let (result, _) = decide(&*self.context.store, &scope, self.context.clock.now(), None, decision).await?;
        Ok(result?)
    }

    /// Asks the mailbox for the click that subscribes it.
    ///
    /// # Errors
    /// When the wish names no band, or the store cannot be written.
    pub async fn ask_to_subscribe(&self, wish: &SubscribeRequest) -> Result<Asked, AppError> {
        let bands = self.context.config.bands.ordered(&wish.bands);
        let mail = transactional_mail(
            &self.context,
            TransactionalKind::Confirm,
            TransactionalText::ConfirmSubscription(&bands),
        )?;
        let (scope, wish) = (scope_of(std::slice::from_ref(wish)), wish.clone());
        let decision = move |list: &mut _| confirm::ask_to_subscribe(list, &wish);
        let now = self.context.clock.now();
        let (result, _) = decide(&*self.context.store, &scope, now, Some(&mail), decision).await?;
        Ok(result?)
    }

    /// What the holder of this token may change.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn preferences(&self, token: &str) -> Result<Preferences, AppError> {
        let Ok(payload) = self.context.keyring.verify(token, Purpose::Preferences) else {
            return Ok(Preferences::Unknown);
        };
        let scope = Scope::Mailbox(payload.recipient);
        let list = self.context.store.mailing_list(&scope, self.context.clock.now()).await?;
        let Some((name, has)) = list.subscribed_bands(payload.recipient) else { return Ok(Preferences::Gone) };
        let bands = self.context.config.bands.iter().map(|band| (band.clone(), has.contains(&band.id)));
        Ok(Preferences::Of { name: name.to_owned(), bands: bands.collect() })
    }

    /// Asks the mailbox for the click that gives it these bands.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn wish_for_bands(&self, token: &str, wanted: &BandSet) -> Result<Wished, AppError> {
        let Ok(payload) = self.context.keyring.verify(token, Purpose::Preferences) else { return Ok(Wished::Unknown) };
        let bands = self.context.config.bands.ordered(wanted);
        if bands.is_empty() || bands.len() != wanted.len() {
            return Ok(Wished::None);
        }
        let mail =
            transactional_mail(&self.context, TransactionalKind::Confirm, TransactionalText::ConfirmBands(&bands))?;
        let (id, wanted, now) = (payload.recipient, wanted.clone(), self.context.clock.now());
        let decision = move |list: &mut _| confirm::ask_for_bands(list, id, &wanted);
        let (asked, _) = decide(&*self.context.store, &Scope::Mailbox(id), now, Some(&mail), decision).await?;
        Ok(match asked? {
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
        let list = self.context.store.mailing_list(&Scope::Request(id), self.context.clock.now()).await?;
        Ok(match confirm::question(&list, id) {
            Question::Open(request, subscriber) => {
                let bands = self.context.config.bands.ordered(&request.bands).into_iter().cloned().collect();
                Confirmation::Open { kind: request.kind, subscriber, bands }
            }
            Question::Done(fulfilled) => Confirmation::Done(fulfilled),
            Question::Over => Confirmation::Over,
            Question::Unknown => Confirmation::Unknown,
        })
    }

    /// Does what the token's request asked for, once.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn confirm(&self, token: &str) -> Result<Confirmation, AppError> {
        let Some(id) = self.request_of(token) else { return Ok(Confirmation::Unknown) };
        let (scope, now) = (Scope::Request(id), self.context.clock.now());
        let decision = move |list: &mut _| Ok::<_, Infallible>(confirm::fulfil(list, id));
        let (Ok(clicked), _) = decide(&*self.context.store, &scope, now, None, decision).await?;
        Ok(match clicked {
            Clicked::Done(fulfilled) | Clicked::Before(fulfilled) => Confirmation::Done(fulfilled),
            Clicked::Over => Confirmation::Over,
            Clicked::Unknown => Confirmation::Unknown,
        })
    }

    /// The mailbox moves to another address, and keeps its number, subscriptions and deliveries.
    ///
    /// # Errors
    /// When `old` is no mailbox, `new` is one already, either is suppressed, or the store cannot be written.
    pub async fn change_address(&self, old: &Address, new: &Address) -> Result<(), AppError> {
        let scope = Scope::Addresses(vec![old.clone(), new.clone()], Vec::new());
        let (old, new, now) = (old.clone(), new.clone(), self.context.clock.now());
        let decision = move |list: &mut _| unsubscribe::change_address(list, &old, &new);
        let (moved, _) = decide(&*self.context.store, &scope, now, None, decision).await?;
        Ok(moved?)
    }

    fn request_of(&self, token: &str) -> Option<RequestId> {
        let payload = self.context.keyring.verify(token, Purpose::Confirm).ok()?;
        Some(RequestId(payload.recipient.0))
    }
}

/// What these requests are decided on.
pub(super) fn scope_of(requests: &[SubscribeRequest]) -> Scope {
    let urns = requests.iter().filter_map(|request| request.profile.urn.clone());
    Scope::Addresses(requests.iter().map(|request| request.address.clone()).collect(), urns.collect())
}
