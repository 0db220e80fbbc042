//! Who watches a run at a terminal.

use std::sync::{Arc, Once};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{out, progress, sync};
use crate::app::AppError;
use crate::app::sender::{EarlyEdition, Observer, PendingBulletin, Posted, Progress, RunReport};
use crate::app::sync::Synced;
use crate::config::{Config, TransportUrl};
use crate::domain::bulletin::BulletinName;
use crate::domain::delivery::Tally;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::messages::{bulletins, sending};

/// Tells a person at a terminal what happens, and asks what must be asked.
pub(super) struct Watcher {
    config: Config,
    json: bool,
    /// It's a bulletin that is sent, so an answer in JSON is about that.
    is_of_bulletin: bool,
    bar: Mutex<Option<(JoinHandle<()>, CancellationToken)>>,
    /// Signals are listened to.
    listens: Once,
}

impl Watcher {
    pub(super) fn of_edition(config: Config, json: bool) -> Self {
        Self { config, json, is_of_bulletin: false, bar: Mutex::default(), listens: Once::new() }
    }

    pub(super) fn of_bulletin(config: Config, json: bool) -> Self {
        Self { is_of_bulletin: true, ..Self::of_edition(config, json) }
    }

    /// Whether a run is what the command was asked for: `send` also goes on with bulletins, and answers for its edition.
    fn answers_for(&self, report: &RunReport) -> bool {
        self.is_of_bulletin == report.bulletin.is_some()
    }

    fn tell(&self, report: &RunReport) {
        for line in lines(report) {
            if !self.json {
                out::line(&line);
            } else if !self.answers_for(report) {
                out::note(&line);
            }
        }
        if let TransportUrl::Maildir(path) = &self.config.mail.transport
            && !self.json
        {
            let (new, path) = (path.join("new"), path.display());
            out::line(&format!(
                "Look in {}: it is a Maildir, which mail programs open (mutt -f {path}).",
                new.display()
            ));
        }
    }

    fn bar(&self) -> Option<(JoinHandle<()>, CancellationToken)> {
        self.bar.lock().take()
    }
}

#[async_trait]
impl Observer for Watcher {
    fn synced(&self, synced: &Synced) {
        sync::tell(synced, &self.config);
    }

    fn posted(&self, posted: &Posted) {
        if let Some(told) = sending::posted(posted) {
            out::note(&told);
        }
        if let Some(reply) = &posted.trouble {
            out::error(&format!("a confirmation or good-bye was not taken yet: {reply}"));
        }
    }

    fn only_finishes(&self, edition: Option<EditionNumber>, bulletins: &[BulletinName], findings: &[Diagnostic]) {
        out::findings(findings);
        let edition = edition.map(|number| format!("Edition {number}"));
        for what in edition.into_iter().chain(bulletins.iter().map(|name| format!("Bulletin {name}"))) {
            out::note(&format!("{what} was published before this went wrong, and is finished now."));
        }
    }

    fn may_go_early(&self, edition: &EarlyEdition) -> Option<bool> {
        out::ask(&sending::early(edition))
    }

    fn may_send_bulletin(&self, pending: &PendingBulletin) -> Option<bool> {
        out::ask(&bulletins::question(pending))
    }

    fn readers_added(&self, readers: u64) {
        if readers > 0 {
            out::note(&bulletins::readers_added(readers));
        }
    }

    fn approved_late(&self, number: EditionNumber) {
        out::note(&format!("Nobody had approved edition {number}: --late approves of it as it is."));
    }

    async fn run_begins(&self, before: Tally, progress: &Arc<Progress>, stop: &CancellationToken) {
        self.listens.call_once(|| {
            if let Err(error) = stop_on_signal(stop.clone()) {
                out::note(&format!("This run cannot be stopped cleanly: {error}"));
            }
        });
        let end = CancellationToken::new();
        let shown = progress::show(Arc::clone(progress), before.total - before.accepted, end.clone());
        let bar = (tokio::spawn(shown), end);
        *self.bar.lock() = Some(bar);
    }

    async fn run_ends(&self) {
        if let Some((bar, end)) = self.bar() {
            end.cancel();
            // Progress that broke off has nothing to say about the run.
            let _ = bar.await;
        }
    }

    fn run_ended(&self, report: &RunReport) {
        self.tell(report);
        if let Some(why) = sending::pause(&report.ended) {
            out::note(why);
        }
        for trouble in trouble(report) {
            out::error(&trouble);
        }
        if self.json && self.answers_for(report) {
            let RunReport { edition, tally, seconds, .. } = report;
            #[allow(clippy::cast_precision_loss, reason = "a rate for people needs no more than 52 bits")]
            let rate = if *seconds > 0.0 { report.attempts as f64 / seconds } else { 0.0 };
            let mut line =
                json!({ "state": edition.state, "deliveries": tally, "seconds": seconds, "per_second": rate });
            match &report.bulletin {
                Some(name) => line["bulletin"] = json!(name),
                None => line["edition"] = json!(edition.number),
            }
            out::json_line(&line);
        }
    }

    fn makes_way(&self, bulletin: &BulletinName, edition: EditionNumber, _: bool) {
        out::note(&format!("Bulletin {bulletin} goes on once edition {edition} has gone out."));
    }

    fn not_reviewed(&self, error: &AppError) {
        out::note(&format!("Waves of bounces are looked at again after the next run: {error}"));
    }

    fn not_tidied(&self, error: &AppError) {
        out::note(&format!("What is too old is forgotten next time: {error}"));
    }
}

fn lines(report: &RunReport) -> Vec<String> {
    match &report.bulletin {
        Some(name) => bulletins::lines(name, report),
        None => sending::lines(report),
    }
}

fn trouble(report: &RunReport) -> Vec<String> {
    match &report.bulletin {
        Some(name) => bulletins::trouble(name, report),
        None => sending::trouble(report),
    }
}

/// The first signal stops cleanly; the second ends the process, and the next run settles what it had in hand.
fn stop_on_signal(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if first {
                out::note(
                    "Stopping: mail in hand is finished, the rest stays queued. Press Ctrl-C again to stop at once.",
                );
                stop.cancel();
            }
        }
        std::process::exit(1);
    });
    Ok(())
}
