//! Waves of bounces: who is in one, and what a person decides about it; and bounces that are taken back together.

use std::convert::Infallible;

use chrono::{DateTime, Utc};

use super::parts::give_way;
use super::{AppContext, AppError};
use crate::domain::delivery::retry;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::subscription::mailing_list::MailingList;
use crate::domain::subscription::returned;
use crate::domain::subscription::wave::{CannotSettle, Wave, WaveId, is_wave};
use crate::store::{OpenWave, Scope, WaveBounce, decide};

/// What a decision about a wave came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettledWave {
    pub wave: Wave,
    /// How many mailboxes waited.
    pub mailboxes: u64,
    /// The newer edition that has taken the place of the wave's, if one has: then its mails are not sent again.
    pub overtaken: Option<EditionNumber>,
}

/// Looks after waves.
pub struct Waves {
    context: AppContext,
}

/// Suppressions that are taken back at once.
const PART: u32 = 500;

impl Waves {
    /// Those of this store.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone() }
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
        let decision = move |list: &mut MailingList| returned::confirm(list, actor);
        let (settled, _) = decide(&*self.context.store, &Scope::Wave(wave), self.now(), None, decision).await?;
        let (wave, mailboxes) = settled?;
        Ok(SettledWave { wave, mailboxes, overtaken: None })
    }

    /// The server was wrong about a wave: its mailboxes stay, and its mails may be sent again.
    pub async fn dismiss(&self, wave: WaveId, actor: &'static str) -> Result<SettledWave, AppError> {
        let decision = move |list: &mut MailingList| returned::dismiss(list, actor);
        let (settled, _) = decide(&*self.context.store, &Scope::Wave(wave), self.now(), None, decision).await?;
        let (wave, mailboxes) = settled?;
        let overtaken = retry::overtaken_by(wave.edition, &self.context.store.editions().await?, self.now());
        Ok(SettledWave { wave, mailboxes, overtaken })
    }

    /// The end of a run: bounces that were many when few mails had been tried need be no wave any more. Then each is judged
    /// again, as it may be one of a narrower wave.
    pub async fn review(&self, edition: EditionNumber) -> Result<(), AppError> {
        for OpenWave { wave, bounced, tried, in_all, .. } in self.context.store.open_waves().await? {
            if wave.edition == edition && !is_wave(&wave.scope, bounced, tried, in_all) {
                self.context.store.dissolve_wave(wave.id, self.now()).await?;
            }
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
        let (mut taken, mut after) = ((0, 0), None);
        loop {
            let decision = move |list: &mut MailingList| {
                let last = list.last_suppressed();
                Ok::<_, Infallible>((returned::take_back_all(list, actor), last))
            };
            let scope = Scope::Suppressed(reason, since, after, PART);
            let (Ok(((restored, lifted), last)), _) =
                decide(&*self.context.store, &scope, self.now(), None, decision).await?;
            taken = (taken.0 + restored, taken.1 + lifted);
            if last.is_none() {
                return Ok(taken);
            }
            after = last;
            give_way().await;
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.context.clock.now()
    }
}
