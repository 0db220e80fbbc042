//! An operator's decisions about a bulletin.

use std::time::{Duration, Instant};

use super::Bulletins;
use super::error::BulletinError;
use crate::app::decisions::error::Decision;
use crate::app::edition::TRIES;
use crate::app::parts::{DELIVERIES, deliveries_in_parts};
use crate::app::restored::RestoredStore;
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::life::{self, BulletinChange, BulletinTransition};
use crate::domain::bulletin::{BulletinName, BulletinRecord};
use crate::domain::delivery::Tally;
use crate::domain::edition::state::Denied;
use crate::domain::edition::{EditionNumber, EditionState, HoldReason};

/// How long it is waited at most for a process to put back what it has in hand of a bulletin that is held, and how often it is
/// looked.
const PUT_BACK: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(200);

/// What came of a decision.
#[derive(Debug, Clone)]
pub struct BulletinDecided {
    /// Whether anything changed; not when it was so already.
    pub changed: bool,
    /// The bulletin as it stands now.
    pub bulletin: BulletinRecord,
    /// Its deliveries by state; none before it is sent.
    pub tally: Tally,
    /// How many of its mails were given up with this.
    pub given_up: u64,
}

impl Bulletins {
    /// Lets a bulletin go out: as it reads now. One that was stopped while it was being sent goes on.
    ///
    /// # Errors
    /// When it is sent or withdrawn, or its file cannot be read.
    pub async fn approve(&self, name: &BulletinName) -> Result<BulletinDecided, BulletinError> {
        self.decide(name, Decision::Approve, |record| {
            let text = if record.published.is_some() { None } else { Some(self.needed_text(name)?.clone()) };
            Ok(BulletinChange::Approve(text))
        })
        .await
    }

    /// Stops a bulletin, in the middle of its sending too.
    ///
    /// # Errors
    /// When it is sent or withdrawn.
    pub async fn hold(&self, name: &BulletinName, why: Option<&str>) -> Result<BulletinDecided, BulletinError> {
        let reason = HoldReason::Operator { why: why.map(str::to_owned) };
        self.decide(name, Decision::Hold, |_| Ok(BulletinChange::Hold(reason.clone()))).await
    }

    /// Lets a held bulletin go its way again.
    ///
    /// # Errors
    /// When it is sent or withdrawn.
    pub async fn release(&self, name: &BulletinName) -> Result<BulletinDecided, BulletinError> {
        self.decide(name, Decision::Release, |_| Ok(BulletinChange::Release)).await
    }

    /// Cancels a bulletin. Of one that is being sent, what has not left never leaves: nobody can take it up again. Done again, it
    /// completes what broke off.
    ///
    /// # Errors
    /// When it is sent.
    pub async fn withdraw(&self, name: &BulletinName) -> Result<BulletinDecided, BulletinError> {
        let withdrawn = self.decide(name, Decision::Withdraw, |_| Ok(BulletinChange::Withdraw)).await?;
        if withdrawn.bulletin.published.is_none() {
            return Ok(withdrawn);
        }
        // Nothing leaves while the rest is given up.
        let given_up = self.give_up(withdrawn.bulletin.id.mailing()).await?;
        let changed = withdrawn.changed || given_up > 0;
        self.decided(name, changed).await.map(|decided| BulletinDecided { given_up, ..decided })
    }

    /// Gives up all that waits of a bulletin that is withdrawn, and what a process that sends it puts back, which it soon does. Returns
    /// how many mails.
    async fn give_up(&self, number: EditionNumber) -> Result<u64, BulletinError> {
        let (begun, mut given_up) = (Instant::now(), 0);
        loop {
            let (more, is_over) = self.give_up_what_waits(number, given_up).await?;
            given_up += more;
            if is_over || begun.elapsed() > PUT_BACK {
                return Ok(given_up);
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// How many more than so many are given up now, and whether nothing is left that could be.
    async fn give_up_what_waits(&self, number: EditionNumber, given_up: u64) -> Result<(u64, bool), BulletinError> {
        let (store, clock) = (&self.context.store, &self.context.clock);
        let is_in_hand = store.tally(number).await?.sending > 0;
        let more =
            deliveries_in_parts(|before| store.expire(number, given_up + before, DELIVERIES, clock.now())).await?;
        Ok((more, store.finish(number, clock.now()).await? || !is_in_hand))
    }

    /// Completes withdrawals that broke off, as when a program was killed or a relay kept a mail in hand for very long.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn complete_withdrawals(&self) -> Result<(), BulletinError> {
        let is_begun =
            |record: &BulletinRecord| record.withdrawn_at.is_some() && record.course.state != EditionState::Sent;
        for record in self.context.store.bulletins().await?.into_iter().filter(is_begun) {
            self.give_up_what_waits(record.id.mailing(), 0).await?;
        }
        Ok(())
    }

    /// Takes the withdrawal of a bulletin back.
    ///
    /// # Errors
    /// When it is sent, or some of it was.
    pub async fn reinstate(&self, name: &BulletinName) -> Result<BulletinDecided, BulletinError> {
        self.decide(name, Decision::Release, |record| {
            let is_withdrawn = record.state() == EditionState::Withdrawn;
            Ok(if is_withdrawn { BulletinChange::Reinstate } else { BulletinChange::Release })
        })
        .await
    }

    /// Decides on the bulletin as it is, and again if someone changed it meanwhile.
    async fn decide(
        &self,
        name: &BulletinName,
        decision: Decision,
        change: impl Fn(&BulletinRecord) -> Result<BulletinChange, BulletinError>,
    ) -> Result<BulletinDecided, BulletinError> {
        for _ in 0..TRIES {
            let (before, record) = self.at_hand(name).await?;
            if record.published.is_some() && matches!(decision, Decision::Approve | Decision::Release) {
                RestoredStore::new(&self.context).refuse().await?;
            }
            let (now, change) = (self.context.clock.now(), change(&record)?);
            let (after, audit) = match life::apply(&record, &change, now) {
                Ok(applied) => applied,
                Err(Denied::State(state)) if !is_so_already(decision, state, &record) => {
                    return Err(self.refusal(record, decision).await?);
                }
                Err(_) => return self.decided(name, false).await,
            };
            let transition = BulletinTransition { before, after, audit, approved: change.approved().cloned() };
            if self.context.store.write_bulletin(&transition, OPERATOR, now).await? {
                return self.decided(name, true).await;
            }
        }
        Err(BulletinError::KeepsChanging(name.clone()))
    }

    async fn decided(&self, name: &BulletinName, changed: bool) -> Result<BulletinDecided, BulletinError> {
        let (_, bulletin) = self.at_hand(name).await?;
        let tally = self.tally(&bulletin).await?;
        Ok(BulletinDecided { changed, bulletin, tally, given_up: 0 })
    }

    pub(super) async fn tally(&self, bulletin: &BulletinRecord) -> Result<Tally, BulletinError> {
        match bulletin.published {
            Some(_) => Ok(self.context.store.tally(bulletin.id.mailing()).await?),
            None => Ok(Tally::default()),
        }
    }

    /// Why this cannot be decided about it.
    async fn refusal(&self, record: BulletinRecord, decision: Decision) -> Result<BulletinError, BulletinError> {
        let (state, tally) = (record.state(), self.tally(&record).await?);
        Ok(match state {
            EditionState::Withdrawn if record.published.is_some() => {
                BulletinError::WithdrawnMidway { name: record.name, tally }
            }
            EditionState::Withdrawn => BulletinError::Withdrawn(record.name),
            _ => BulletinError::Published { name: record.name, decision, state, tally },
        })
    }
}

/// Whether what is asked for is how it stands, so that nothing needs to be refused.
fn is_so_already(decision: Decision, state: EditionState, record: &BulletinRecord) -> bool {
    match decision {
        Decision::Approve => state == EditionState::Sending,
        Decision::Hold => state == EditionState::Held,
        Decision::Release => state == EditionState::Sending || record.published.is_none() && is_waiting(state),
        Decision::Withdraw => state == EditionState::Withdrawn,
        Decision::Swap => false,
    }
}

fn is_waiting(state: EditionState) -> bool {
    matches!(state, EditionState::Planned | EditionState::Approved)
}
