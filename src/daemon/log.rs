//! What the daemon's log says of sending.

use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::sender::{Ended, Observer, Posted, RunReport};
use crate::domain::bulletin::BulletinName;
use crate::domain::calendar::Action;
use crate::domain::edition::EditionNumber;
use crate::messages::{bulletins, edition as messages};

/// Tells the log.
pub(super) struct Log {
    /// The daemon's own end.
    stop: CancellationToken,
}

impl Log {
    pub(super) fn new(stop: &CancellationToken) -> Self {
        Self { stop: stop.clone() }
    }

    /// Where the mails of a run stand.
    fn run(&self, report: &RunReport) {
        let (edition, bulletin) = whose(report);
        let (t, waiting) = (&report.tally, report.tally.waiting());
        if report.ended == Ended::Stopped && report.bulletin.is_some() && !self.stop.is_cancelled() {
            tracing::debug!(bulletin, accepted = t.accepted, waiting, "goes on once editions have had their turn");
            return;
        }
        let finished = report.ended == Ended::Finished && waiting == t.deferred;
        tracing::info!(
            edition,
            bulletin,
            total = t.total,
            accepted = t.accepted,
            waiting,
            failed = t.failed,
            expired = t.expired,
            uncertain = t.uncertain,
            suppressed = t.suppressed,
            seconds = report.seconds,
            "{}",
            if finished { "sent" } else { "stopped before the end" }
        );
    }
}

/// The number of the edition, or the name of the bulletin.
fn whose(report: &RunReport) -> (Option<u32>, Option<&str>) {
    let bulletin = report.bulletin.as_ref().map(BulletinName::as_str);
    (bulletin.is_none().then_some(report.edition.number.0), bulletin)
}

impl Observer for Log {
    fn reconciled(&self, actions: &[Action]) {
        for action in actions {
            match action {
                Action::Hold(number, reason) => {
                    tracing::info!(edition = number.0, "held: {}", messages::hold(reason, *number));
                }
                Action::Miss(number, reason) => {
                    tracing::info!(edition = number.0, "missed: {}", messages::miss(reason));
                }
                _ => {}
            }
        }
    }

    fn posted(&self, posted: &Posted) {
        if posted.accepted > 0 {
            tracing::info!(letters = posted.accepted, "letters were sent");
        }
        if let Some(reply) = &posted.trouble {
            tracing::warn!("letters are sent later: {reply}");
        }
    }

    fn not_reviewed(&self, error: &AppError) {
        tracing::warn!("waves of bounces are looked at again after the next run: {error}");
    }

    fn makes_way(&self, bulletin: &BulletinName, edition: EditionNumber, was_stopped: bool) {
        // It goes on waiting at every turn until then.
        if was_stopped {
            tracing::info!(%bulletin, edition = edition.0, "a bulletin goes on once this edition has gone out");
        }
    }

    fn run_ended(&self, report: &RunReport) {
        let (number, (edition, bulletin)) = (report.edition.number, whose(report));
        if report.attempts > 0 {
            self.run(report);
        }
        if let Some(reply) = &report.trouble {
            tracing::warn!(edition, bulletin, "the last trouble was: {reply}");
        }
        match &report.ended {
            Ended::Halted(reason) => {
                let why = match &report.bulletin {
                    Some(name) => bulletins::why(name, Some(reason)),
                    None => messages::hold(reason, number),
                };
                tracing::error!(edition, bulletin, "held: {why}");
            }
            Ended::Unreachable(reply) => {
                tracing::error!(edition, bulletin, "the relay cannot be reached, so what is left waits: {reply}");
            }
            Ended::Throttled(reply) => {
                tracing::warn!(edition, bulletin, "the relay asks us to slow down, so what is left waits: {reply}");
            }
            Ended::QuotaUsedUp(reply) => {
                tracing::warn!(
                    edition,
                    bulletin,
                    "the relay takes no more today, and the rest leaves tomorrow: {reply}"
                );
            }
            Ended::Capped if report.attempts > 0 => {
                tracing::info!(edition, bulletin, "mail.daily_cap is reached: the rest leaves tomorrow");
            }
            Ended::Finished | Ended::Stopped | Ended::Capped => {}
        }
    }
}
