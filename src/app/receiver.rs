//! What comes back by mail: bounces, complaints and wishes to leave. Only a mark of ours that verifies changes anything
//! (invariant 10); whom a report names as its recipient counts for nothing.

use std::convert::Infallible;
use std::time::Duration;

use super::unsubscriber::{Holder, Unsubscriber};
use super::{AppContext, AppError};
use crate::domain::delivery::DeliveryId;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::bounce::{EnhancedStatus, Meaning};
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::subscription::returned::{Bounced, bounce};
use crate::domain::token::Purpose;
use crate::mail::{Content, Event, Incoming, LIMIT, Marks};
use crate::store::{Scope, decide};

/// The part before the token in the address of List-Unsubscribe.
const UNSUBSCRIBE: &str = "unsubscribe";

/// The most of a message that is read, in octets.
pub const MOST: u64 = LIMIT;

/// How long one message may take to be understood.
const TIME: Duration = Duration::from_secs(10);

/// How many mailboxes are looked at in one go for the one that a delivery's name belongs to.
const PAGE: u32 = 20_000;

/// What a message was, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A mailbox of this subscriber left.
    Left(String),
    /// It had left before.
    HadLeft,
    /// A program wrote it, so it is nobody's wish.
    Automatic,
    /// A mail of ours did not arrive.
    Bounced(Bounced),
    /// A mail to an operator did not arrive, or is unwanted. Nothing changed.
    FromOperator,
    /// The reader of a mailbox called a mail of ours unwanted: no more is sent to it.
    Complained,
    /// A report of something that changes nothing: a delay, a delivery.
    Harmless,
    /// A bounce or a complaint without a mark of ours.
    Unmatched,
    /// It is too large, too deep, or takes too long to read.
    Unreadable,
    /// It carries a mark of ours, and makes no sense: nothing changed.
    NotUnderstood,
    /// It has no token of ours.
    Nothing,
}

impl Read {
    pub(super) fn kind(&self) -> ReportKind {
        match self {
            Self::Left(_) | Self::HadLeft => ReportKind::Left,
            Self::Bounced(Bounced::Unknown) | Self::Unmatched => ReportKind::Unmatched,
            Self::Bounced(_) => ReportKind::Bounced,
            Self::FromOperator => ReportKind::OperatorBounced,
            Self::Complained => ReportKind::Complained,
            Self::Unreadable => ReportKind::Unreadable,
            Self::NotUnderstood => ReportKind::NotUnderstood,
            Self::Automatic | Self::Harmless | Self::Nothing => ReportKind::Other,
        }
    }
}

/// Acts on what comes back by mail.
pub struct Receiver {
    context: AppContext,
    unsubscriber: Unsubscriber,
}

impl Receiver {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone(), unsubscriber: Unsubscriber::new(context) }
    }

    /// Reads one message, does what it asks for, and counts it.
    ///
    /// # Errors
    /// When the store cannot be written: the message should be kept and tried again.
    pub async fn take_in(&self, message: &[u8]) -> Result<Read, AppError> {
        let read = self.act_on(message).await?;
        self.context.store.count_report(read.kind()).await?;
        Ok(read)
    }

    async fn act_on(&self, message: &[u8]) -> Result<Read, AppError> {
        if message.len() as u64 > LIMIT {
            return Ok(Read::Unreadable);
        }
        let message = message.to_vec();
        let understood = tokio::time::timeout(TIME, tokio::task::spawn_blocking(move || Incoming::read(&message)));
        let Ok(Ok(incoming)) = understood.await else { return Ok(Read::Unreadable) };
        match incoming.content {
            Content::TooMuch => Ok(Read::Unreadable),
            Content::Automatic => Ok(Read::Automatic),
            Content::Report(event) => self.reported(event, &incoming).await,
            Content::PerhapsReport(event) if self.is_for_reverse_path(&incoming) => {
                self.reported(event, &incoming).await
            }
            Content::PerhapsReport(_) | Content::Other => self.wished(&incoming).await,
        }
    }

    /// Whether it was sent to where mail that comes back goes, and to nowhere else.
    fn is_for_reverse_path(&self, incoming: &Incoming) -> bool {
        let AppContext { config, keyring, .. } = &self.context;
        incoming.tokens(config.mail.bounce_address.local()).any(|token| keyring.verify(token, Purpose::Bounce).is_ok())
    }

    /// What someone wrote: a wish to leave, or nothing that we understand.
    async fn wished(&self, incoming: &Incoming) -> Result<Read, AppError> {
        for token in incoming.tokens(UNSUBSCRIBE) {
            if incoming.is_from_nobody {
                return Ok(Read::Automatic);
            }
            match self.unsubscriber.leave(token, "mail").await? {
                Holder::Subscribed(name) => return Ok(Read::Left(name)),
                Holder::Gone => return Ok(Read::HadLeft),
                Holder::Unknown => {}
            }
        }
        Ok(if self.delivery_of(&incoming.marks).is_some() { Read::NotUnderstood } else { Read::Nothing })
    }

    async fn reported(&self, event: Event, incoming: &Incoming) -> Result<Read, AppError> {
        if event == Event::Nothing {
            return Ok(Read::Harmless);
        }
        let Some(delivery) = self.delivery_in(&incoming.marks).await? else { return Ok(Read::Unmatched) };
        if delivery.is_to_an_operator() {
            return Ok(Read::FromOperator);
        }
        match event {
            Event::Failed(status) => self.bounced(delivery, status, incoming.server.clone()).await,
            Event::Complaint => {
                self.unsubscriber.end(delivery.recipient, SuppressionReason::Complained, "report").await?;
                Ok(Read::Complained)
            }
            Event::Nothing => Ok(Read::Harmless),
        }
    }

    async fn bounced(
        &self,
        id: DeliveryId,
        status: Option<EnhancedStatus>,
        server: Option<String>,
    ) -> Result<Read, AppError> {
        let (scope, now) = (Scope::Delivery(id, Meaning::of(status), server), self.context.clock.now());
        let decision = move |list: &mut _| Ok::<_, Infallible>(bounce(list, id, status));
        let (Ok(bounced), _) = decide(&*self.context.store, &scope, now, None, decision).await?;
        Ok(Read::Bounced(bounced))
    }

    /// The delivery that a report is about, by a token, else by its name.
    async fn delivery_in(&self, marks: &Marks) -> Result<Option<DeliveryId>, AppError> {
        if let Some(found) = self.delivery_of(marks) {
            return Ok(Some(found));
        }
        for name in &marks.names {
            if let Some(found) = self.delivery_named(name).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The delivery of the first token that verifies: a reverse-path's, or one to leave, whose holder could leave with it.
    fn delivery_of(&self, marks: &Marks) -> Option<DeliveryId> {
        let verified = |token: &String| {
            let purposes = [Purpose::Bounce, Purpose::Unsubscribe];
            purposes.into_iter().find_map(|purpose| self.context.keyring.verify(token, purpose).ok())
        };
        let payload = marks.tokens.iter().find_map(verified)?;
        Some(DeliveryId { edition: payload.edition, recipient: payload.recipient })
    }

    /// The delivery with this name, which only our keys can make: every mailbox of its edition is asked.
    async fn delivery_named(&self, name: &str) -> Result<Option<DeliveryId>, AppError> {
        let Some(edition) = self.context.keyring.edition_in_name(name) else { return Ok(None) };
        let mut after = None;
        loop {
            let page = self.context.store.recipients_of(edition, after, PAGE).await?;
            let Some(last) = page.last().copied() else { return Ok(None) };
            let keyring = self.context.keyring.clone();
            let wanted = name.to_ascii_lowercase();
            let search = move || page.into_iter().find(|recipient| keyring.names(edition, *recipient, &wanted));
            let found = tokio::task::spawn_blocking(search).await;
            if let Some(recipient) =
                found.map_err(|error| AppError::BrokeOff("the search for a delivery", error.to_string()))?
            {
                return Ok(Some(DeliveryId { edition, recipient }));
            }
            after = Some(last);
        }
    }
}
