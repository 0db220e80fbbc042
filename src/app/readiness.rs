//! Whether something waits until a person decides or mends it, for monitoring.

use chrono::{DateTime, TimeDelta, Utc};

use super::AppError;
use super::attention::{Attention, EditionAttention};
use super::reporter::Reporter;
use crate::clock::Clock;

/// Asks the store, the config and the library that are in force.
#[derive(Clone)]
pub struct Readiness {
    reporter: Reporter,
    clock: Clock,
    ahead: TimeDelta,
}

impl Readiness {
    /// Of a running service, whose operators are told of an edition so long `ahead` of it.
    pub fn new(reporter: Reporter, clock: Clock, ahead: TimeDelta) -> Self {
        Self { reporter, clock, ahead }
    }

    /// Everything that waits for a person. An approval is only missing once operators are told of the edition: else something
    /// would always wait.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn waiting(&self) -> Result<Vec<Attention>, AppError> {
        let now = self.clock.now();
        let mut attention = self.reporter.attention().await?;
        attention.retain(|one| one.waits_for_a_person(now) && !self.is_far_ahead(one, now));
        Ok(attention)
    }

    fn is_far_ahead(&self, attention: &Attention, now: DateTime<Utc>) -> bool {
        let is_far = |due: &DateTime<_>| *due > now + self.ahead;
        matches!(attention, Attention::Edition(_, EditionAttention::NeedsApproval { due }) if is_far(due))
    }
}
