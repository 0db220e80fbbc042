//! The folder of `mail.bounce_maildir`: each message is dealt with once, and one that cannot be read or moved holds up none
//! of those behind it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::receiver::Receiver;
use super::{AppContext, AppError};
use crate::mail::{Inbox, mark};

/// Every so many looks it is tried again to move what could not be moved.
const RETRY: u32 = 30;

/// What stays in the folder from one look to the next.
#[derive(Debug, Default)]
pub struct LeftBehind {
    /// Messages that were dealt with and could not be moved, as the store remembers them; `None` before the first look.
    done: Option<BTreeSet<String>>,
    /// Messages about which the log says already what is wrong.
    told: BTreeSet<OsString>,
    looks: u32,
}

/// Reads what mail servers deliver into the folder.
pub struct InboxReader {
    context: AppContext,
    receiver: Receiver,
}

impl InboxReader {
    /// One that works with these parts.
    pub fn new(context: &AppContext) -> Self {
        Self { context: context.clone(), receiver: Receiver::new(context) }
    }

    /// Deals with everything that waits, one message after the other. A message is put aside only after what it asks for is
    /// durable; one that cannot be put aside is remembered, and one that cannot be read waits. Returns how many were new.
    ///
    /// # Errors
    /// When the folder or the store cannot be used: what is left waits.
    pub async fn look(&self, left: &mut LeftBehind) -> Result<u64, AppError> {
        let Some(path) = &self.context.config.mail.bounce_maildir else { return Ok(0) };
        let inbox = Inbox::open(path)?;
        let waiting = inbox.waiting().map_err(|error| AppError::file(path, &error))?;
        self.follow(left, &waiting).await?;
        let mut dealt_with = 0;
        for name in &waiting {
            let is_left_behind = left.done.as_ref().is_some_and(|done| done.contains(&mark(name)));
            if is_left_behind {
                if left.looks.is_multiple_of(RETRY) {
                    // What is moved now is missed at the next look, and forgotten.
                    let _ = inbox.done(name);
                }
                continue;
            }
            let message = match inbox.read(name) {
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(error) => {
                    left.tell(path, name, &format!("cannot be read, and waits: {error}"));
                    continue;
                }
            };
            let read = self.receiver.take_in(&message).await?;
            tracing::info!(kind = %read.kind(), "a message came in");
            dealt_with += 1;
            if let Err(error) = inbox.done(name) {
                self.leave_behind(left, name).await?;
                left.tell(path, name, &format!("was dealt with and cannot be moved, so it stays: {error}"));
            }
        }
        Ok(dealt_with)
    }

    /// Recalls what was left behind, and forgets what is there no more.
    async fn follow(&self, left: &mut LeftBehind, waiting: &[OsString]) -> Result<(), AppError> {
        let known = match &left.done {
            Some(known) => known.clone(),
            None => self.context.store.left_behind().await?,
        };
        let there: BTreeSet<_> =
            if known.is_empty() { BTreeSet::new() } else { waiting.iter().map(|name| mark(name)).collect() };
        for gone in known.difference(&there) {
            self.context.store.forget_left_behind(gone).await?;
        }
        left.done = Some(known.intersection(&there).cloned().collect());
        // They are sorted, and may be many.
        left.told.retain(|name| waiting.binary_search(name).is_ok());
        left.looks = left.looks.wrapping_add(1);
        Ok(())
    }

    async fn leave_behind(&self, left: &mut LeftBehind, name: &OsStr) -> Result<(), AppError> {
        // First in memory: whatever becomes of the store, this process applies it no second time.
        left.done.get_or_insert_default().insert(mark(name));
        Ok(self.context.store.note_left_behind(&mark(name)).await?)
    }
}

impl LeftBehind {
    /// Says once what is wrong with a message.
    fn tell(&mut self, path: &Path, name: &OsStr, what: &str) {
        if self.told.insert(name.to_owned()) {
            tracing::warn!("{} {what}", path.join("new").join(name).display());
        }
    }
}
