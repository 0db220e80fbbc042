//! Which edition is meant, and whether it may go out now.

use chrono::{DateTime, Utc};

use super::observer::{EarlyEdition, Observer};
use super::order::{Order, SendError, Target};
use super::send::Sender;
use crate::app::AppError;
use crate::app::error::PreviewError;
use crate::domain::calendar::{Fortnight, Lateness, due, late};
use crate::domain::edition::{Edition, EditionNumber, EditionState};

/// How many fortnights ahead an edition may be sent: ten years.
const FURTHEST: u32 = 260;

impl Sender {
    /// The edition that is meant; none when nothing is due.
    pub(super) async fn target(
        &self,
        order: &Order,
        due: Option<EditionNumber>,
        now: DateTime<Utc>,
    ) -> Result<Option<EditionNumber>, SendError> {
        let number = match order.target {
            Target::Due if order.late && due.is_none() => self.held_back(now).await?.map(|edition| edition.number),
            Target::Due => due,
            Target::Next => Some(self.next()?),
            Target::Number(number) => Some(number),
        };
        let Some(number) = number else { return Ok(None) };
        let schedule = &self.context.config.schedule;
        let furthest = EditionNumber(schedule.fortnight_at(now).0.saturating_add(FURTHEST));
        if number > furthest {
            return Err(SendError::TooFarAhead { number, furthest });
        }
        match schedule.fortnight(number) {
            Fortnight::Paused { date, reason, .. } if !self.is_published(number).await? => {
                Err(SendError::Paused { number, date, reason })
            }
            _ => Ok(Some(number)),
        }
    }

    /// The first unpaused edition that is still to come.
    pub(super) fn next(&self) -> Result<EditionNumber, SendError> {
        let next = self.context.config.schedule.next_after(self.context.clock.now());
        Ok(next.ok_or(AppError::Preview(PreviewError::NothingAhead))?)
    }

    /// The edition that goes out only by hand: it was stopped while it was being sent, or its time has come and it is held.
    pub(super) async fn held_back(&self, now: DateTime<Utc>) -> Result<Option<Edition>, AppError> {
        let editions = self.context.store.editions().await?;
        let schedule = &self.context.config.schedule;
        let halted = editions.iter().find(|e| e.state == EditionState::Held && e.is_published()).map(|e| e.number);
        let number = halted.or_else(|| due(schedule, now, &editions)).or_else(|| late(schedule, now, &editions));
        Ok(editions.into_iter().find(|e| Some(e.number) == number && e.state == EditionState::Held))
    }

    async fn stored(&self, number: EditionNumber) -> Result<Option<Edition>, AppError> {
        Ok(self.context.store.editions().await?.into_iter().find(|edition| edition.number == number))
    }

    async fn is_published(&self, number: EditionNumber) -> Result<bool, AppError> {
        Ok(self.stored(number).await?.is_some_and(|edition| edition.is_published()))
    }

    /// Whether the edition may go out now; asks where it is early, and insists on `late` where it is late or held. Changes
    /// nothing.
    pub(super) async fn is_permitted(
        &self,
        number: EditionNumber,
        order: &Order,
        observer: &dyn Observer,
        now: DateTime<Utc>,
    ) -> Result<bool, SendError> {
        let schedule = &self.context.config.schedule;
        let stored = self.stored(number).await?;
        let published = stored.as_ref().is_some_and(Edition::is_published);
        let lateness = stored.as_ref().map(|edition| schedule.lateness_of(edition, now));
        let (state, reason) = stored.map_or((EditionState::Planned, None), |e| (e.state, e.reason));
        if published {
            return match state {
                EditionState::Held if !order.late => Err(SendError::Stopped { number, reason }),
                _ => Ok(true),
            };
        }
        if matches!(state, EditionState::Missed | EditionState::Withdrawn) {
            return Err(SendError::Over { number, state });
        }
        let Fortnight::Sends { due_at, .. } = schedule.fortnight(number) else { return Ok(true) };
        let due = due_at.with_timezone(&Utc);
        let late = lateness.unwrap_or_else(|| schedule.lateness(due, now)) == Lateness::Late;
        if (late || state == EditionState::Held) && !order.late {
            return Err(SendError::OnlyByHand { number, due_at, reason });
        }
        if due <= now || order.early {
            return Ok(true);
        }
        let audience = self.context.store.audience(&self.context.config.bands.names()).await?;
        let readers = audience.iter().map(|segment| segment.recipients).sum();
        let early = EarlyEdition { number, due_at, readers };
        observer.may_go_early(&early).ok_or(SendError::Early { number, due_at })
    }
}
