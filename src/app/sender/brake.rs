//! Stops a run when too much of its edition is refused, whichever of the nodes that send it met that.

use std::future::pending;
use std::time::Duration;

use tokio::sync::Notify;

use crate::app::AppContext;
use crate::app::error::AppError;
use crate::domain::delivery::{Tally, refusals};
use crate::domain::edition::EditionNumber;
use crate::store::Store;

/// So long after a refusal it is in the store, and others perhaps, too.
const MOMENT: Duration = Duration::from_millis(200);

/// What is counted with others.
pub(super) struct Brake {
    /// How the edition stood when the run began; none where nobody sends it but this process.
    begun: Option<(EditionNumber, Tally)>,
    refused: Notify,
}

impl Brake {
    pub(super) async fn of(context: &AppContext, edition: Option<EditionNumber>) -> Result<Self, AppError> {
        let begun = match edition.filter(|_| context.store.is_shared()) {
            Some(edition) => Some((edition, context.store.tally(edition).await?)),
            None => None,
        };
        Ok(Self { begun, refused: Notify::new() })
    }

    /// A mail was refused.
    pub(super) fn note(&self) {
        self.refused.notify_one();
    }

    /// Ends once too many were refused since the run began: how many, and of how many.
    pub(super) async fn is_pulled(&self, store: &dyn Store) -> (u64, u64) {
        let Some((edition, begun)) = &self.begun else { return pending().await };
        loop {
            self.refused.notified().await;
            tokio::time::sleep(MOMENT).await;
            match store.tally(*edition).await {
                Ok(now) => {
                    if let Some(too_many) = refusals::too_many_since(begun, &now) {
                        return too_many;
                    }
                }
                Err(error) => tracing::debug!("what others met is looked at again at the next refusal: {error}"),
            }
        }
    }
}
