//! Whether something waits until a person decides or mends it, for monitoring.

use super::AppError;
use super::attention::Attention;
use super::reporter::Reporter;
use crate::clock::Clock;

/// Asks the store, the config and the library that are in force.
#[derive(Clone)]
pub struct Readiness {
    reporter: Reporter,
    clock: Clock,
}

impl Readiness {
    /// Of a running service.
    pub fn new(reporter: Reporter, clock: Clock) -> Self {
        Self { reporter, clock }
    }

    /// Everything that waits for a person.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn waiting(&self) -> Result<Vec<Attention>, AppError> {
        let now = self.clock.now();
        let mut attention = self.reporter.attention().await?;
        attention.retain(|one| one.waits_for_a_person(now));
        Ok(attention)
    }
}
