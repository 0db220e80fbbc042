//! Waves of bounces: who is in one, and what a person decides about it; and bounces that are taken back together.

use std::convert::Infallible;
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};

use super::deliveries::never_again;
use super::edition::mailing_name;
use super::error::NeverAgain;
use super::parts::{SMALL_PART, in_parts};
use super::{AppContext, AppError};
use crate::domain::audit::OPERATOR;
use crate::domain::bulletin::MailingName;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{RecipientId, SuppressionReason};
use crate::domain::subscription::mailbox::Mailbox;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned::{self, SettledPart};
use crate::domain::subscription::wave::{CannotSettle, Wave, WaveId, WaveState, is_wave};
use crate::store::{OpenWave, Scope, WaveBounce, decide};

/// What a decision about a wave came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledWave {
    pub wave: Wave,
    /// What was sent.
    pub of: MailingName,
    /// How many mailboxes waited.
    pub mailboxes: u64,
    /// Whether the same was decided before, and broke off.
    pub broke_off: bool,
    /// Why its mails are never sent again, if they aren't.
    pub never_again: Option<NeverAgain>,
}

/// Looks after waves.
pub struct Waves {
    context: AppContext,
}

/// What settles a part of a wave, after so many mailboxes in the parts before, if there were some.
type Settle = fn(&mut MailingList, &'static str, Option<u64>) -> Result<SettledPart, CannotSettle>;

impl Waves {
    /// Those of this store.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
    }

    /// Those that wait for a person, oldest first, with what was sent and how many mailboxes wait with each; then those whose
    /// decision broke off.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(&self) -> Result<Vec<(Wave, MailingName, u64)>, AppError> {
        let store = &self.context.store;
        let open = store.open_waves().await?.into_iter().filter(|open| open.waiting > 0);
        let begun = store.waves().await?.into_iter().filter(Wave::waits_to_be_completed);
        let mut waves = Vec::new();
        for (wave, waiting) in open.map(|open| (open.wave, open.waiting)).chain(begun.map(|wave| (wave, 0))) {
            let of = mailing_name(&**store, wave.edition).await?;
            waves.push((wave, of, waiting));
        }
        Ok(waves)
    }

    /// The bounces of a wave.
    ///
    /// # Errors
    /// When there is no such wave.
    pub async fn bounces(&self, wave: WaveId) -> Result<Vec<WaveBounce>, AppError> {
        if self.context.store.waves().await?.iter().all(|known| known.id != wave) {
            return Err(CannotSettle::Unknown.into());
        }
        Ok(self.context.store.wave_bounces(wave).await?)
    }

    /// The mailboxes of a wave are gone, and get no more mail.
    pub async fn confirm(&self, wave: WaveId, actor: &'static str) -> Result<SettledWave, AppError> {
        self.settle(wave, actor, returned::confirm).await
    }

    /// The server was wrong about a wave: its mailboxes stay, and its mails may be sent again.
    pub async fn dismiss(&self, wave: WaveId, actor: &'static str) -> Result<SettledWave, AppError> {
        let settled = self.settle(wave, actor, returned::dismiss).await?;
        let never_again = never_again(&*self.context.store, settled.wave.edition, self.now()).await?;
        Ok(SettledWave { never_again, ..settled })
    }

    /// Settles a wave. What was decided stands from the first part on; where it ends in the middle, doing it again completes it.
    async fn settle(&self, wave: WaveId, actor: &'static str, settle: Settle) -> Result<SettledWave, AppError> {
        let begin = (RecipientId(0), None);
        in_parts(begin, |(after, before): (_, Option<SettledWave>)| async move {
            let mailboxes = before.as_ref().map(|before| before.mailboxes);
            let decision = move |list: &mut MailingList| settle(list, actor, mailboxes);
            let scope = Scope::Wave(wave, after, SMALL_PART);
            let (part, _) = decide(&*self.context.store, &scope, self.now(), None, decision).await?;
            let SettledPart { wave, mailboxes, last, .. } = part?;
            let broke_off = before.map_or(wave.state != WaveState::Open, |before| before.broke_off);
            let of = mailing_name(&*self.context.store, wave.edition).await?;
            let settled = SettledWave { wave, of, mailboxes, broke_off, never_again: None };
            Ok(match last {
                Some(last) => ControlFlow::Continue((last, Some(settled))),
                None => ControlFlow::Break(settled),
            })
        })
        .await
    }

    /// The end of a run: bounces that were many when few mails had been tried need be no wave any more. Then each is judged
    /// again, as it may be one of a narrower wave. Where that broke off, it goes on.
    pub async fn review(&self, edition: EditionNumber) -> Result<(), AppError> {
        let store = &self.context.store;
        let is_begun = |wave: &Wave| wave.state == WaveState::Dissolved && !wave.is_settled;
        let begun = store.waves().await?.into_iter().filter(is_begun).map(|wave| wave.id);
        let is_none = |open: &OpenWave| {
            open.wave.edition == edition && !is_wave(&open.wave.scope, open.bounced, open.tried, open.in_all)
        };
        let none = store.open_waves().await?.into_iter().filter(is_none).map(|open| open.wave.id);
        for wave in begun.chain(none) {
            in_parts(None, |before| async move {
                let left = store.dissolve_wave(wave, before, self.now()).await?;
                Ok(if left.is_some() { ControlFlow::Continue(left) } else { ControlFlow::Break(()) })
            })
            .await?;
        }
        Ok(())
    }

    /// Lifts every suppression for this reason since a moment, and begins again what ended by it: so many mailboxes are
    /// subscribed again, so many addresses were only lifted. Where it ends in the middle, doing it again completes it.
    pub async fn take_back(
        &self,
        reason: SuppressionReason,
        since: DateTime<Utc>,
        actor: &'static str,
    ) -> Result<(u64, u64), AppError> {
        in_parts(((0, 0), None), |(taken, after)| async move {
            let decision = move |list: &mut MailingList| {
                let last = list.last_suppressed();
                Ok::<_, Infallible>((returned::take_back_all(list, actor), last))
            };
            let scope = Scope::Suppressed(reason, since, after, SMALL_PART);
            let (Ok(((restored, lifted), last)), _) =
                decide(&*self.context.store, &scope, self.now(), None, decision).await?;
            let taken = (taken.0 + restored, taken.1 + lifted);
            Ok(if last.is_some() { ControlFlow::Continue((taken, last)) } else { ControlFlow::Break(taken) })
        })
        .await
    }

    /// What [`Self::take_back`] would come to. Nothing is changed.
    pub async fn would_take_back(
        &self,
        reason: SuppressionReason,
        since: DateTime<Utc>,
    ) -> Result<WouldTakeBack, AppError> {
        let (mut would, mut after) = (WouldTakeBack::default(), None);
        loop {
            let scope = Scope::Suppressed(reason, since, after, SMALL_PART);
            let mut list = self.context.store.mailing_list(&scope, self.now()).await?;
            after = list.last_suppressed();
            let asleep: Vec<_> =
                list.mailboxes().filter(|one| !one.is_active()).map(|one| (one.id, one.owner)).collect();
            let (restored, lifted) = returned::take_back_all(&mut list, OPERATOR);
            (would.restored, would.lifted) = (would.restored + restored, would.lifted + lifted);
            let woken = asleep.into_iter().filter(|(id, _)| list.mailbox(*id).is_some_and(Mailbox::is_active));
            let names = woken.filter_map(|(_, owner)| list.organisation(owner)).map(|one| one.profile.name.clone());
            would.names.extend(names);
            if after.is_none() {
                would.names.sort();
                return Ok(would);
            }
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.context.clock.now()
    }
}

/// What taking suppressions back would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WouldTakeBack {
    /// Mailboxes that would be subscribed again.
    pub restored: u64,
    /// Addresses that would only be lifted.
    pub lifted: u64,
    /// Whose mailboxes would be subscribed again, sorted; one for each.
    pub names: Vec<String>,
}
