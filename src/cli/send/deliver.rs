//! Sends what is left of a published edition, with progress, and says what came of it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::Service;
use crate::app::dispatch::{Ended, Progress};
use crate::app::maintenance::Maintenance;
use crate::cli::failure::Failure;
use crate::cli::{out, progress};
use crate::config::TransportUrl;
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState};
use crate::messages;

/// How often we look whether another process has finished what it has in hand.
const OTHERS: Duration = Duration::from_millis(500);

/// Sends what is left.
pub(super) async fn deliver(service: &Service, number: EditionNumber, json: bool) -> Result<ExitCode, Failure> {
    let before = service.store.tally(number).await?;
    let stop = CancellationToken::new();
    stop_on_signal(stop.clone())?;
    let progress = Arc::new(Progress::default());
    let shown = CancellationToken::new();
    let watcher = tokio::spawn(progress::show(Arc::clone(&progress), before.total - before.accepted, shown.clone()));
    let start = Instant::now();
    let ended = to_the_end(service, number, &progress, &stop).await;
    shown.cancel();
    // Progress that broke off has nothing to say about the run.
    let _ = watcher.await;
    let run = Run { number, ended: ended?, progress, seconds: start.elapsed().as_secs_f64() };
    let code = run.report(service, json).await?;
    // Where no daemon runs, this is when old things are forgotten. It is no part of the sending.
    if let Err(error) = Maintenance::new(&service.context()).tidy_up_daily(&stop).await {
        out::note(&format!("What is too old is forgotten next time: {error}"));
    }
    Ok(code)
}

/// Sends until nothing can be claimed, and waits for what another process has in hand: it finishes that, or dies and
/// leaves it to us.
async fn to_the_end(
    service: &Service,
    number: EditionNumber,
    progress: &Arc<Progress>,
    stop: &CancellationToken,
) -> Result<Ended, Failure> {
    loop {
        let ended = service.dispatch(number, service.transports()?, Arc::clone(progress), stop.clone()).await?;
        if ended != Ended::Finished || service.store.tally(number).await?.sending == 0 {
            return Ok(ended);
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(Ended::Stopped),
            () = tokio::time::sleep(OTHERS) => {}
        }
    }
}

/// The first signal stops cleanly; the second ends the process, and the next run settles what it had in hand.
fn stop_on_signal(stop: CancellationToken) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(anyhow::Error::from)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(anyhow::Error::from)?;
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                out::note("Stopping: what is in hand is finished, the rest stays queued. Once more to stop at once.");
                stop.cancel();
            }
        }
        std::process::exit(1);
    });
    Ok(())
}

/// What a run came to.
struct Run {
    number: EditionNumber,
    ended: Ended,
    progress: Arc<Progress>,
    seconds: f64,
}

impl Run {
    async fn report(&self, service: &Service, json: bool) -> Result<ExitCode, Failure> {
        let Self { number, ended, seconds, .. } = self;
        let tally = service.store.tally(*number).await?;
        let edition = service.edition(*number).await?;
        let state = edition.state;
        #[allow(clippy::cast_precision_loss, reason = "a rate for people needs no more than 52 bits")]
        let rate = if *seconds > 0.0 { self.progress.attempts() as f64 / seconds } else { 0.0 };
        if !json {
            self.tell(service, tally);
        }
        match ended {
            // Why it is held is said below, with the way out.
            Ended::Finished | Ended::Held(_) => {}
            Ended::Stopped => {
                out::note("Stopped before the end. Run the same command again to finish; nothing is sent twice.");
            }
            Ended::Unreachable(reason) => out::error(&format!(
                "the relay cannot be reached, so nothing more was tried: {reason}. What is left is tried again in half an hour \
                 by `fortnightly run`, or then by this command."
            )),
            Ended::Capped => out::note(
                "mail.daily_cap is reached. The rest leaves tomorrow: by `fortnightly run`, or by this command.",
            ),
        }
        if state == EditionState::Held {
            let why = messages::edition::reason(&edition).unwrap_or_else(|| "no reason given".to_owned());
            out::error(&format!(
                "edition {number} was held while it was being sent: {why}. To go on: `fortnightly release {number}`."
            ));
        }
        if json {
            out::json_line(
                &json!({ "edition": number, "state": state, "deliveries": tally, "seconds": seconds, "per_second": rate }),
            );
        }
        let settled = tally.accepted + tally.suppressed == tally.total && *ended == Ended::Finished;
        Ok(if settled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Says what came of it, and where to look.
    fn tell(&self, service: &Service, tally: Tally) {
        let Self { number, seconds, progress, .. } = self;
        let mails = out::count(tally.total, "mail", "mails");
        if progress.attempts() == 0 && tally.is_settled() {
            let accepted = tally.accepted;
            out::line(&format!(
                "Edition {number} was sent before: {mails}, {accepted} accepted. Nothing was left to do."
            ));
        } else {
            out::line(&format!("Edition {number}: {mails}, {} accepted, in {seconds:.1} s.", tally.accepted));
        }
        let rest = [
            (tally.queued + tally.sending, "waiting"),
            (tally.deferred, "deferred: `fortnightly run` tries again later, and so does this command"),
            (tally.uncertain, "uncertain: they may or may not have arrived"),
            (tally.failed, "refused"),
            (tally.expired, "given up"),
            (tally.suppressed, "suppressed"),
        ];
        for (count, what) in rest.iter().filter(|(count, _)| *count > 0) {
            out::line(&format!("  {count} {what}"));
        }
        if let Some(reply) = progress.trouble() {
            out::line(&format!("  The last trouble was: {reply}"));
        }
        if let TransportUrl::Maildir(path) = &service.config.mail.transport {
            let (new, path) = (path.join("new"), path.display());
            out::line(&format!(
                "Look in {}: it is a Maildir, which mail programs open (mutt -f {path}).",
                new.display()
            ));
        }
    }
}
