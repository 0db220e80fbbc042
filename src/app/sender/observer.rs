//! Who watches the sender: a command at a terminal, or the daemon's log.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use chrono_tz::Tz;
use tokio_util::sync::CancellationToken;

use super::order::RunReport;
use super::progress::{Posted, Progress};
use crate::app::AppError;
use crate::app::sync::Synced;
use crate::domain::bulletin::{BulletinName, MailingName};
use crate::domain::calendar::Action;
use crate::domain::delivery::Tally;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;

/// An edition whose time has not come.
#[derive(Debug, Clone, Copy)]
pub struct EarlyEdition {
    pub number: EditionNumber,
    /// When it is due.
    pub due_at: DateTime<Tz>,
    /// How many mailboxes would get it.
    pub readers: u64,
}

/// A bulletin that is about to be sent.
#[derive(Debug, Clone)]
pub struct PendingBulletin {
    pub name: BulletinName,
    pub title: String,
    /// It goes to those who got this.
    pub readers_of: Option<MailingName>,
    /// How many mailboxes would get it.
    pub readers: u64,
    /// How many mails of what it is about may still leave.
    pub may_follow: u64,
}

/// Told of what happens, in the order in which it happens. Whoever only sends needs none of it.
#[async_trait]
pub trait Observer: Send + Sync {
    /// The store was compared with the config.
    fn synced(&self, _: &Synced) {}

    /// What the calendar said was to be done, and was.
    fn reconciled(&self, _: &[Action]) {}

    /// Confirmations and good-byes that waited were sent.
    fn posted(&self, _: &Posted) {}

    /// Library or templates have errors, so only what was published before is finished.
    fn only_finishes(&self, _: Option<EditionNumber>, _: &[BulletinName], _: &[Diagnostic]) {}

    /// Whether an edition may go out before its time; `None` when nobody can be asked.
    fn may_go_early(&self, _: &EarlyEdition) -> Option<bool> {
        None
    }

    /// Whether a bulletin may go out; `None` when nobody can be asked.
    fn may_send_bulletin(&self, _: &PendingBulletin) -> Option<bool> {
        None
    }

    /// So many more get a bulletin, because they have got the mail that it is about since.
    fn readers_added(&self, _: u64) {}

    /// Nobody had approved of an edition, and sending it by hand does.
    fn approved_late(&self, _: EditionNumber) {}

    /// A run over an edition begins; `stop` ends it cleanly.
    async fn run_begins(&self, _: Tally, _: &Arc<Progress>, _: &CancellationToken) {}

    /// No worker is left, whatever came of it.
    async fn run_ends(&self) {}

    /// What the run came to.
    fn run_ended(&self, _: &RunReport) {}

    /// A bulletin that is being sent waits until this edition has gone out; whether it was stopped for that just now.
    fn makes_way(&self, _: &BulletinName, _: EditionNumber, _: bool) {}

    /// Waves of bounces that may be none could not be looked at.
    fn not_reviewed(&self, _: &AppError) {}

    /// What is too old could not be forgotten.
    fn not_tidied(&self, _: &AppError) {}
}

/// Nobody watches.
impl Observer for () {}
