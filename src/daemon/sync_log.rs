//! Syncs for the daemon, whose standard error is a log: counts and lines of the file, never an address.

use crate::app::sync::sync;
use crate::app::{AppContext, AppError};
use crate::messages::subscription;

/// Brings the store into line with the config, and logs what came of it.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) async fn sync_and_log(context: &AppContext) -> Result<(), AppError> {
    let config = &context.config;
    let synced = sync(context, false).await?;
    if !synced.done.is_empty() {
        tracing::info!(changes = synced.done.len(), "the store follows the config");
    }
    if synced.waits_for_consent() {
        tracing::error!("{}", subscription::consent(&synced));
    }
    for (_, first, others) in &synced.plan.shared {
        tracing::warn!("{}:{first}: a mailbox of this entry is also named on line {others:?}", config.file.display());
    }
    Ok(())
}
