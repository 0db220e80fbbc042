//! Forgets what is older than `[retention]` allows, a little at a time.

use super::{Service, ServiceError};
use crate::store::Old;

/// Rows at a time: the store is held for a fraction of a second, and a sender waits no longer than that.
const ROWS: u32 = 2_000;

impl Service {
    /// Forgets old attempts, settled requests and letters, and the addresses of those whose subscriptions ended long ago.
    /// Returns how many rows it was.
    ///
    /// # Errors
    /// When the store cannot be written: the rest waits for the next time.
    pub async fn forget_old(&self) -> Result<u64, ServiceError> {
        let (now, retention) = (self.clock.now(), &self.config.retention);
        let old = Old { attempts_before: now - retention.attempts, ended_before: now - retention.ended };
        let mut all = 0;
        loop {
            match self.store.forget_old(&old, now, ROWS).await? {
                0 => return Ok(all),
                some => all += some,
            }
            tokio::task::yield_now().await;
        }
    }
}
