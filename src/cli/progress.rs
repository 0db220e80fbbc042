//! How far a run is: a bar where people look, plain lines where a pipe reads.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::out;
use crate::service::dispatch::Progress;

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
        let done = progress.attempts();
        if let Some(bar) = &bar {
            bar.set_position(done);
        } else if last_line.elapsed() >= LINE_EVERY {
            last_line = Instant::now();
            let seconds = start.elapsed().as_secs().max(1);
            out::note(&format!("{done} of {waiting} mails, {} a second", done / seconds));
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
}

fn bar(waiting: u64) -> ProgressBar {
    let bar = ProgressBar::new(waiting);
    // A template that did not parse would only cost the bar its looks.
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} mails, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
