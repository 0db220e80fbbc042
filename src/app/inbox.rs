//! The folder of `mail.bounce_maildir`: each message is dealt with once, and one that cannot be read or moved holds up none
//! of those behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::receiver::Receiver;
use super::{AppContext, AppError};
use crate::domain::subscription::report_kind::ReportKind;
use crate::mail::{Inbox, Waiting, mark};
use crate::ordinary_file;

/// Every so many looks it is tried again to move what could not be moved.
const RETRY: u32 = 30;

/// What is known from one look to the next.
#[derive(Debug, Default)]
pub struct Seen {
    /// What was dealt with, until someone takes the counts and tells of them.
    pub came_in: BTreeMap<ReportKind, u64>,
    /// What is wrong with what lies there: the first thing, and how many more there are, until someone tells of them.
    pub trouble: Option<(String, u64)>,
    /// Messages that were dealt with and could not be moved, as the store remembers them; `None` before the first look.
    done: Option<BTreeSet<String>>,
    /// What lies there and was told to be wrong.
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
    /// durable; one that cannot be put aside is remembered, and one that cannot be read waits.
    ///
    /// # Errors
    /// When the folder or the store cannot be used: what is left waits.
    pub async fn look(&self, seen: &mut Seen) -> Result<(), AppError> {
        let Some(path) = &self.context.config.mail.bounce_maildir else { return Ok(()) };
        let inbox = Inbox::open(path)?;
        let waiting = inbox.waiting().map_err(|error| AppError::file(path, &error))?;
        self.follow(seen, &waiting).await?;
        for (name, kind) in &waiting.others {
            seen.tell(
                path,
                name,
                &format!("is {}, not a message, and stays: move it away", ordinary_file::word(*kind)),
            );
        }
        for name in &waiting.messages {
            let is_left_behind = seen.done.as_ref().is_some_and(|done| done.contains(&mark(name)));
            if is_left_behind {
                if seen.looks.is_multiple_of(RETRY) {
                    // What is moved now is missed at the next look, and forgotten.
                    let _ = inbox.done(name);
                }
                continue;
            }
            let message = match inbox.read(name) {
                Ok(Some(message)) => message,
                Ok(None) => continue,
                Err(error) => {
                    seen.tell(path, name, &format!("cannot be read, and waits: {error}"));
                    continue;
                }
            };
            let read = self.receiver.take_in(&message).await?;
            tracing::debug!(kind = %read.kind(), "a message came in");
            *seen.came_in.entry(read.kind()).or_default() += 1;
            if let Err(error) = inbox.done(name) {
                self.leave_behind(seen, name).await?;
                seen.tell(path, name, &format!("was dealt with and cannot be moved, so it stays: {error}"));
            }
        }
        Ok(())
    }

    /// Recalls what was left behind, and forgets what is there no more.
    async fn follow(&self, seen: &mut Seen, waiting: &Waiting) -> Result<(), AppError> {
        let Waiting { messages, others } = waiting;
        let known = match &seen.done {
            Some(known) => known.clone(),
            None => self.context.store.left_behind().await?,
        };
        let there: BTreeSet<_> =
            if known.is_empty() { BTreeSet::new() } else { messages.iter().map(|name| mark(name)).collect() };
        for gone in known.difference(&there) {
            self.context.store.forget_left_behind(gone).await?;
        }
        seen.done = Some(known.intersection(&there).cloned().collect());
        // They are sorted, and may be many.
        seen.told.retain(|name| messages.binary_search(name).is_ok() || others.contains_key(name));
        seen.looks = seen.looks.wrapping_add(1);
        Ok(())
    }

    async fn leave_behind(&self, seen: &mut Seen, name: &OsStr) -> Result<(), AppError> {
        // First in memory: whatever becomes of the store, this process applies it no second time.
        seen.done.get_or_insert_default().insert(mark(name));
        Ok(self.context.store.note_left_behind(&mark(name)).await?)
    }
}

impl Seen {
    /// Notes once what is wrong with something that lies there.
    fn tell(&mut self, path: &Path, name: &OsStr, what: &str) {
        if !self.told.insert(name.to_owned()) {
            return;
        }
        let text = format!("{} {what}", path.join("new").join(name).display());
        self.trouble = Some(match self.trouble.take() {
            Some((first, more)) => {
                tracing::debug!("{text}");
                (first, more + 1)
            }
            None => (text, 0),
        });
    }
}
