//! How a bulletin is sent: checked, published and delivered. Run again, it finishes what is left.

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::Bulletins;
use super::earlier::{Earlier, earlier};
use super::error::BulletinError;
use crate::app::bulletin_content::BulletinMaker;
use crate::app::context::sender;
use crate::app::edition::TRIES;
use crate::app::error::AppError;
use crate::app::nodes;
use crate::app::restored::RestoredStore;
use crate::app::sender::{Deliverer, Observer, Order, PendingBulletin, RunReport, Sent, throughput};
use crate::app::sync;
use crate::domain::bulletin::life::{self, BulletinChange, BulletinTransition};
use crate::domain::bulletin::{
    Audience, BESIDE, Bulletin, BulletinName, BulletinRecord, MailingName, Narrowing, PublishedBulletin,
};
use crate::domain::calendar::{Approval, NextEdition};
use crate::domain::edition::{EditionNumber, EditionState};
use crate::domain::segment::Segment;
use crate::store::{BulletinPublication, PublishResult};

/// Which bulletin is to be sent, and to whom.
#[derive(Debug, Clone)]
pub struct BulletinOrder {
    pub name: BulletinName,
    /// What narrows the audience that the file names.
    pub narrowing: Narrowing,
    /// Send it although an edition is due before it's done or within an hour after that, or is being sent.
    pub beside_edition: bool,
    /// Send it although mails of what it is about may still leave.
    pub before_the_last_has_left: bool,
    /// Send it without asking.
    pub confirmed: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum BulletinSent {
    /// Whoever was asked does not want it.
    NotWanted,
    /// Nobody would get it, so its name is not used up.
    Nobody(EditionState),
    /// It was sent, as far as it went.
    Run(Box<RunReport>),
}

/// What publishing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulletinPublished {
    NotWanted,
    Nobody(EditionState),
    /// It is being sent under this number, by this call or an earlier one.
    Sending(EditionNumber),
}

impl Bulletins {
    /// Sends a bulletin, or goes on with it.
    ///
    /// # Errors
    /// Why it is not sent.
    pub async fn send(
        &self,
        order: &BulletinOrder,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<BulletinSent, BulletinError> {
        nodes::during(&self.context, "bulletin", self.send_as_node(order, observer, stop)).await
    }

    async fn send_as_node(
        &self,
        order: &BulletinOrder,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<BulletinSent, BulletinError> {
        let deliverer = Deliverer::new(&self.context);
        observer.synced(&sync::sync(&self.context, false).await?);
        deliverer.post_what_waits(observer, stop).await?;
        match self.publish(order, observer).await? {
            BulletinPublished::NotWanted => Ok(BulletinSent::NotWanted),
            BulletinPublished::Nobody(state) => Ok(BulletinSent::Nobody(state)),
            BulletinPublished::Sending(number) => {
                match deliverer.deliver(number, &Order::ALONE, observer, stop).await? {
                    Sent::Run(report) => Ok(BulletinSent::Run(Box::new(report))),
                    // What is published is always run.
                    Sent::NothingDue(_) | Sent::NotWanted | Sent::Nobody { .. } => Ok(BulletinSent::NotWanted),
                }
            }
        }
    }

    /// Makes the bulletin `sending`, unless it was before. The daemon delivers what is published.
    ///
    /// # Errors
    /// Why it is not sent.
    pub async fn publish(
        &self,
        order: &BulletinOrder,
        observer: &dyn Observer,
    ) -> Result<BulletinPublished, BulletinError> {
        let mut confirmed = None;
        for _ in 0..TRIES {
            let (before, record) = self.at_hand(&order.name).await?;
            if let Some(number) = self.published_so(&record, order).await? {
                observer.readers_added(self.add_readers(&order.name).await?);
                return Ok(BulletinPublished::Sending(number));
            }
            let (now, text) = (self.context.clock.now(), self.needed_text(&order.name)?);
            self.refuse_unless_it_may_go(&record, text, now).await?;
            let (audience, readers_of) = (self.audience(text, order).await?, order.narrowing.of_whom(text));
            let may_follow = self.refuse_before_the_last_has_left(order, readers_of.as_ref(), &audience).await?;
            let segments = self.segments(&audience).await?;
            let readers = segments.iter().map(|segment| segment.recipients).sum();
            if readers == 0 {
                return Ok(BulletinPublished::Nobody(record.state_as(text)));
            }
            let beside_edition = match self.refuse_beside_an_edition(&order.name, readers, now).await {
                Ok(()) => false,
                Err(BulletinError::BesideEdition { .. } | BulletinError::BesideSending { .. })
                    if order.beside_edition =>
                {
                    true
                }
                Err(error) => return Err(error),
            };
            let asked = (text.clone(), audience.clone(), readers);
            if self.asks(order) && confirmed.as_ref() != Some(&asked) {
                let title = text.title.clone();
                let pending = PendingBulletin { name: order.name.clone(), title, readers_of, readers, may_follow };
                match observer.may_send_bulletin(&pending) {
                    Some(true) => confirmed = Some(asked),
                    Some(false) => return Ok(BulletinPublished::NotWanted),
                    None => return Err(BulletinError::Unconfirmed { name: order.name.clone(), readers }),
                }
            }
            let publication = self.publication((before, &record), text, (audience, beside_edition), segments).await?;
            if let PublishResult::Published { recipients } = self.context.store.publish_bulletin(&publication).await? {
                tracing::info!(bulletin = %order.name, recipients, "published");
                return Ok(BulletinPublished::Sending(record.id.mailing()));
            }
        }
        Err(BulletinError::KeepsChanging(order.name.clone()))
    }

    /// Whether someone must say yes to how many get it. Where approval is required, they have said so of its text and of whom the
    /// file names; but not of which earlier mail it is about, which a slip of the finger changes.
    fn asks(&self, order: &BulletinOrder) -> bool {
        let is_automatic = self.context.config.schedule.approval == Approval::Automatic;
        !order.confirmed && (is_automatic || order.narrowing.readers_of.is_some())
    }

    /// That the mail that it is about has left, as far as it may: who gets that one later would not get this one. Where someone
    /// holds it, or says that it can't wait, it may go. Returns how many of the earlier mail's may still leave then.
    pub(super) async fn refuse_before_the_last_has_left(
        &self,
        order: &BulletinOrder,
        readers_of: Option<&MailingName>,
        audience: &Audience,
    ) -> Result<u64, BulletinError> {
        let store = &self.context.store;
        let (Some(mailing), Some(number)) = (readers_of, audience.readers_of) else { return Ok(0) };
        let waiting = store.tally(number).await?.waiting();
        let is_held = store.edition(number).await?.is_some_and(|earlier| earlier.state == EditionState::Held);
        if waiting > 0 && !is_held && !order.before_the_last_has_left {
            let (name, mailing) = (order.name.clone(), mailing.clone());
            return Err(BulletinError::StillLeaving { name, mailing, waiting });
        }
        Ok(waiting)
    }

    /// Whether a bulletin that was not published may go out now.
    async fn refuse_unless_it_may_go(
        &self,
        record: &BulletinRecord,
        text: &Bulletin,
        now: DateTime<Utc>,
    ) -> Result<(), BulletinError> {
        RestoredStore::new(&self.context).refuse().await?;
        if record.state() == EditionState::Withdrawn {
            return Err(BulletinError::Withdrawn(record.name.clone()));
        }
        refuse_held(record)?;
        if sync::waits(&self.context).await? {
            return Err(BulletinError::NeedsConsent);
        }
        if self.context.config.schedule.approval == Approval::Automatic || record.is_approved_as(text) {
            return Ok(());
        }
        let edited = record.edited(text);
        if let Ok((after, audit)) = life::apply(record, &BulletinChange::Unapprove(text.clone()), now) {
            let transition = BulletinTransition { before: Some(record.clone()), after, audit, approved: None };
            self.context.store.write_bulletin(&transition, "bulletin", now).await?;
        }
        Err(BulletinError::NeedsApproval { name: record.name.clone(), edited })
    }

    /// That no edition is on its way, and none is due within the hour in which the last of so many mails leaves.
    pub(super) async fn refuse_beside_an_edition(
        &self,
        name: &BulletinName,
        readers: u64,
        now: DateTime<Utc>,
    ) -> Result<(), BulletinError> {
        let ends = throughput(&self.context).await?.ends_at(readers, now);
        let is_near = |next: &NextEdition| next.due_at.to_utc() - BESIDE <= ends;
        if let Some(next) = self.context.next_edition().await?.filter(is_near) {
            let (name, due_at) = (name.clone(), next.due_at);
            let until = (due_at > now + BESIDE).then(|| self.context.local(ends));
            return Err(BulletinError::BesideEdition { name, edition: next.edition, due_at, until });
        }
        let store = &self.context.store;
        for edition in store.editions().await?.iter().filter(|edition| edition.state == EditionState::Sending) {
            // What is deferred may wait for hours, and leaves in little.
            if store.waiting(Some(edition.number), now, 1).await? > 0 || store.tally(edition.number).await?.sending > 0
            {
                return Err(BulletinError::BesideSending { name: name.clone(), edition: edition.number });
            }
        }
        Ok(())
    }

    /// Whom it is for.
    pub(super) async fn audience(&self, text: &Bulletin, order: &BulletinOrder) -> Result<Audience, BulletinError> {
        let bands = &self.context.config.bands;
        if let Some(unknown) = order.narrowing.bands.iter().flatten().find(|band| bands.get(band).is_none()) {
            return Err(BulletinError::UnknownBand(unknown.clone()));
        }
        let readers_of = order.narrowing.of_whom(text);
        if text.correction.is_some() && readers_of.is_none() {
            return Err(BulletinError::CorrectsNothing(order.name.clone()));
        }
        if let Some(edition) = text.corrects.filter(|edition| readers_of != Some(MailingName::Edition(*edition))) {
            return Err(BulletinError::CorrectsAnother { name: order.name.clone(), edition });
        }
        self.narrowed(text, &order.narrowing).await
    }

    async fn narrowed(&self, text: &Bulletin, by: &Narrowing) -> Result<Audience, BulletinError> {
        let readers_of = match by.of_whom(text) {
            Some(mailing) => Some(self.number_of(&mailing).await?),
            None => None,
        };
        Ok(Audience::of(text).narrowed(by, readers_of))
    }

    /// The number under which it is being sent already, or was sent: to those who are asked for now.
    async fn published_so(
        &self,
        record: &BulletinRecord,
        order: &BulletinOrder,
    ) -> Result<Option<EditionNumber>, BulletinError> {
        let Some(published) = &record.published else { return Ok(None) };
        if order.narrowing != Narrowing::default()
            && self.narrowed(&published.text, &order.narrowing).await? != published.audience
        {
            return Err(BulletinError::OtherAudience(order.name.clone()));
        }
        if record.state() == EditionState::Withdrawn {
            let (name, tally) = (record.name.clone(), self.tally(record).await?);
            return Err(BulletinError::WithdrawnMidway { name, tally });
        }
        refuse_held(record)?;
        Ok(Some(record.id.mailing()))
    }

    pub(super) async fn segments(&self, audience: &Audience) -> Result<Vec<Segment>, AppError> {
        if audience.is_nobody() {
            return Ok(Vec::new());
        }
        Ok(self.context.store.bulletin_audience(audience, &self.context.config.bands.names()).await?)
    }

    async fn publication(
        &self,
        (before, record): (Option<BulletinRecord>, &BulletinRecord),
        text: &Bulletin,
        (audience, beside_edition): (Audience, bool),
        segments: Vec<Segment>,
    ) -> Result<BulletinPublication, BulletinError> {
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(record.name.clone()))?;
        let (config, at) = (&self.context.config, self.context.clock.now());
        let keys: Vec<_> = segments.into_iter().map(|segment| segment.key).collect();
        let (about, maker) = (earlier(&self.context, &audience).await?, BulletinMaker::new(&self.context, content));
        let date = self.context.local(at).date_naive();
        let segments = maker.segments(&maker.issue(text, date, about.as_ref().map(Earlier::as_shown)), &keys)?;
        let after = life::publish(record, text, audience.clone(), beside_edition, at)
            .map_err(|_| BulletinError::KeepsChanging(record.name.clone()))?;
        Ok(BulletinPublication {
            before,
            after,
            published: PublishedBulletin { text: text.clone(), audience, beside_edition },
            at,
            served: config.bands.names(),
            sender: sender(config, &self.context.keyring),
            segments,
            pictures: maker.pictures().to_vec(),
        })
    }
}

/// That nobody holds it.
fn refuse_held(record: &BulletinRecord) -> Result<(), BulletinError> {
    if record.state() != EditionState::Held {
        return Ok(());
    }
    let (name, reason) = (record.name.clone(), record.hold_reason().cloned());
    Err(BulletinError::Held { name, reason, is_published: record.published.is_some() })
}
