//! How far a run is: a bar where people look, plain lines where a pipe reads.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::out;
use crate::app::sender::Progress;

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress until `end`.
pub(super) async fn show(progress: Arc<Progress>, waiting: u64, end: CancellationToken) {
    let bar = std::io::stderr().is_terminal().then(|| bar(waiting));
    let start = Instant::now();
    let mut last_line = start;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    while !end.is_cancelled() {
        tokio::select! {
            () = end.cancelled() => {}
            _ = tick.tick() => {}
        }
        if let Some(bar) = &bar {
            bar.set_position(progress.attempts());
            bar.set_message(rest(&progress));
        } else if last_line.elapsed() >= LINE_EVERY {
            last_line = Instant::now();
            out::note(&plain(&progress, waiting, start.elapsed()));
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar(waiting: u64) -> ProgressBar {
    let bar = ProgressBar::new(waiting);
    // A template that did not parse would only cost the bar its looks.
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos} of {len} mails, {rate} a second, {eta} left{msg}") {
        bar.set_style(style.with_key("rate", rate));
    }
    bar
}

/// Mails in a second, as a whole number.
fn rate(state: &ProgressState, text: &mut dyn std::fmt::Write) {
    // A writer that refuses would only cost the bar a number.
    let _ = text.write_fmt(format_args!("{:.0}", state.per_sec()));
}

/// One line for a pipe.
fn plain(progress: &Progress, waiting: u64, since: Duration) -> String {
    let done = progress.attempts();
    let rate = done / since.as_secs().max(1);
    let left = match waiting.saturating_sub(done).checked_div(rate) {
        Some(seconds) => format!(", about {} left", HumanDuration(Duration::from_secs(seconds))),
        None => String::new(),
    };
    format!("{done} of {waiting} mails, {rate} a second{left}; {} accepted{}", progress.accepted(), rest(progress))
}

/// What was not accepted, if anything.
fn rest(progress: &Progress) -> String {
    let parts = [(progress.deferred(), "deferred"), (progress.failed(), "refused")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    parts.collect::<Vec<_>>().concat()
}
