//! How an edition is sent, or one marked copy of it: the same for a command in the foreground and for the daemon, which differ in who watches.

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::deliver::Deliverer;
use super::go_on::go_on;
use super::observer::Observer;
use super::order::{NothingDue, Order, Rehearsal, SendError, Sent, Target};
use super::transport;
use crate::app::context::{AppContext, Content};
use crate::app::decisions::Decisions;
use crate::app::edition::edition;
use crate::app::error::AppError;
use crate::app::nodes;
use crate::app::planner::{Planner, Reconciled};
use crate::app::previewer::proof::{Proof, ProofSegment};
use crate::app::previewer::{Previewer, SampleMessage};
use crate::app::publisher::{Outcome, Publisher};
use crate::app::sync;
use crate::app::sync::Synced;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::audit::OPERATOR;
use crate::domain::delivery;
use crate::domain::edition::state::{Changed, change};
use crate::domain::edition::{EditionChange, EditionNumber, HoldReason};
use crate::mail::{Handover, Open};

/// Sends editions.
pub struct Sender {
    pub(super) context: AppContext,
    pub(super) content: Content,
    deliverer: Deliverer,
}

impl Sender {
    /// Over the configured transport.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        Self { context: context.clone(), content: content.clone(), deliverer: Deliverer::new(context) }
    }

    pub(super) fn planner(&self) -> Planner {
        Planner::new(&self.context, &self.content)
    }

    pub(super) fn previewer(&self) -> Previewer {
        Previewer::new(&self.context, &self.content)
    }

    /// Sends the edition that is meant, or goes on with it, if the rules allow it.
    ///
    /// # Errors
    /// Why it is not sent.
    pub async fn send(
        &self,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Sent, SendError> {
        // The daemon is a node as long as it runs, and goes on with bulletins as the time allows.
        if !order.alone {
            return self.send_what_is_meant(order, observer, stop).await;
        }
        let sending = async {
            let sent = self.send_what_is_meant(order, observer, stop).await;
            let went_on = self.go_on_with_bulletins(order, observer, stop).await;
            sent.and_then(|sent| went_on.map(|()| sent))
        };
        nodes::during(&self.context, "send", sending).await
    }

    /// Where no daemon runs, nobody else would try again what is left of a bulletin.
    async fn go_on_with_bulletins(
        &self,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<(), SendError> {
        if !order.target.means_bulletins() {
            return Ok(());
        }
        go_on(&self.context, None, observer, stop).await.map(drop)
    }

    async fn send_what_is_meant(
        &self,
        order: &Order,
        observer: &dyn Observer,
        stop: &CancellationToken,
    ) -> Result<Sent, SendError> {
        let (store, now) = (self.context.store.as_ref(), self.context.clock.now());
        self.deliverer.recover().await?;
        let synced = self.follow_config(order, observer).await?;
        self.deliverer.post_what_waits(observer, stop).await?;
        let Reconciled { due, actions } = self.planner().reconcile(now).await?;
        observer.reconciled(&actions);
        let Some(number) = self.target(order, due, now).await? else {
            return Ok(Sent::NothingDue(self.nothing_due(now).await?));
        };
        self.refuse_without_consent(number, due, synced, now).await?;
        if !self.is_permitted(number, order, observer, now).await? {
            return Ok(Sent::NotWanted);
        }
        self.planner().plan_through(number, now).await?;
        if order.late && Decisions::new(&self.context, Some(&self.content)).approve_late(number).await? {
            observer.approved_late(number);
        }
        match Publisher::new(&self.context, &self.content).publish(number, now).await? {
            Outcome::Held(reason) => Err(SendError::Held { number, reason }),
            Outcome::Nobody => Ok(Sent::Nobody { edition: number, state: edition(store, number).await?.state }),
            Outcome::Sending | Outcome::Sent => self.deliverer.deliver(number, order, observer, stop).await,
        }
    }

    /// What [`Sender::send`] would send, asked of one moment of the store.
    ///
    /// # Errors
    /// As [`Sender::send`], or when a digest cannot be made.
    pub async fn rehearse(&self, order: &Order) -> Result<Rehearsal, SendError> {
        let now = self.context.clock.now();
        sync::sync(&self.context, true).await?;
        let due = self.planner().reconcile(now).await?.due;
        match self.target(order, due, now).await? {
            None => Ok(Rehearsal::NothingDue(Box::new(self.nothing_due(now).await?))),
            Some(number) => Ok(Rehearsal::Proof(Box::new(self.previewer().proof(number).await?))),
        }
    }

    /// A command brings the store into line with the config first; the daemon did it when it read the file.
    async fn follow_config(&self, order: &Order, observer: &dyn Observer) -> Result<Option<Synced>, AppError> {
        if !order.alone {
            return Ok(None);
        }
        let synced = sync::sync(&self.context, false).await?;
        observer.synced(&synced);
        Ok(Some(synced))
    }

    /// Nothing new is published while the config would end many subscriptions; the edition whose time it is waits.
    async fn refuse_without_consent(
        &self,
        number: EditionNumber,
        due: Option<EditionNumber>,
        synced: Option<Synced>,
        now: DateTime<Utc>,
    ) -> Result<(), SendError> {
        let store = &self.context.store;
        let seen = store.editions().await?;
        if seen.iter().any(|edition| edition.number == number && edition.is_published()) {
            return Ok(());
        }
        let waits = match &synced {
            Some(synced) => synced.waits_for_consent(),
            None => sync::waits(&self.context).await?,
        };
        if !waits {
            return Ok(());
        }
        if due == Some(number) {
            let hold = EditionChange::Hold(number, HoldReason::ConsentMissing);
            store.write_editions(&change(&seen, &[hold], now), &[], "sync", now).await?;
        }
        Err(SendError::NeedsConsent { number, synced: synced.map(Box::new) })
    }

    /// How things stand when nothing is due.
    async fn nothing_due(&self, now: DateTime<Utc>) -> Result<NothingDue, AppError> {
        let next = self.context.next_edition().await?;
        Ok(NothingDue { held: self.held_back(now).await?, next })
    }
}

impl Sender {
    /// Makes it, from one moment of the store, which it needs no longer.
    ///
    /// # Errors
    /// When the edition or segment does not exist, or several segments are there and none was named.
    pub async fn test_copy(&self, target: Target, to: &Address, segment: Option<&str>) -> Result<TestCopy, SendError> {
        let number = match target {
            Target::Number(number) => number,
            Target::Next => self.next()?,
            // A test copy is for looking ahead: with nothing due, the next edition is meant.
            Target::Due => match self.planner().reconcile(self.context.clock.now()).await?.due {
                Some(number) => number,
                None => self.next()?,
            },
        };
        let proof = self.previewer().proof(number).await?;
        let ids: Vec<String> = proof.mails.segments.iter().map(|s| s.id.clone()).collect();
        let segment = match segment {
            Some(wanted) => proof.mails.segment(wanted).map_err(AppError::from)?,
            None if proof.mails.segments.len() == 1 => &proof.mails.segments[0],
            None if proof.mails.segments.is_empty() => return Err(SendError::NobodyToCopy(number)),
            None => return Err(SendError::WhichSegment(ids)),
        };
        self.copy_of(&proof, segment, to)
    }

    /// The same for one segment in a running service: it is made from the store as it is, which stays so.
    ///
    /// # Errors
    /// When there is no such edition or segment, or the store cannot be read.
    pub async fn test_copy_of(
        &self,
        number: EditionNumber,
        to: &Address,
        segment: &str,
    ) -> Result<TestCopy, SendError> {
        let proof = self.previewer().proof_of(number, segment).await?;
        let segment = proof.mails.segment(segment).map_err(AppError::from)?;
        self.copy_of(&proof, segment, to)
    }

    /// Notes in the log that someone had a copy sent, and of which group of readers: not to whom, as that is someone's address.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn note_copy(&self, number: EditionNumber, segment: &str) -> Result<(), AppError> {
        let line = Changed { audit: vec![(number, "test-copy", segment.to_owned())], ..Changed::default() };
        self.context.store.write_editions(&line, &[], OPERATOR, self.context.clock.now()).await?;
        Ok(())
    }

    fn copy_of(&self, proof: &Proof, segment: &ProofSegment, to: &Address) -> Result<TestCopy, SendError> {
        // A Date, and with it a signature, of an edition to come would lie in the future: some receivers refuse that.
        let at = proof.mails.at.min(self.context.clock.now());
        let mut message = self.previewer().sample_message(&proof.mails, segment, to, "[Test copy] ", at)?;
        message.name = format!("test-{}-{}", self.context.clock.now().timestamp_micros(), message.name);
        Ok(TestCopy { edition: proof.edition, segment: segment.id.clone(), message })
    }
}

/// A marked copy of an edition for one address, which belongs to no delivery.
pub struct TestCopy {
    edition: EditionNumber,
    segment: String,
    message: SampleMessage,
}

impl TestCopy {
    /// Sends it. Returns the edition and the segment's id.
    ///
    /// # Errors
    /// When the mail was not accepted.
    pub async fn send(self, config: &Config) -> Result<(EditionNumber, String), SendError> {
        let Self { edition, segment, message } = self;
        let mail = Handover { envelope: &message.envelope, name: &message.name, gate: &Open };
        let outcome = transport::hand_over_one(config, mail, &message.bytes).await?;
        if let delivery::Outcome::Accepted(_) = outcome {
            return Ok((edition, segment));
        }
        Err(SendError::CopyNotAccepted(outcome.reply().cloned()))
    }
}
