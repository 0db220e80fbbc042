//! `move --to URL`.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::ProgressBar;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::mover::{self, Moved, Progress};

/// How often a plain line is written.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// What [`mover::may_lose`] means.
const MAY_LOSE: &str = "the database confirms changes before a standby has them. If a standby that lacks the end of the move takes \
                        over, the old store is in use again, or the new one is lost. Set synchronous_standby_names before you \
                        move, or don't promote a standby before it has caught up";

#[derive(Debug, Args)]
pub(super) struct Move {
    /// Where to, as `store.url` will name it: `sqlite:FILE` or `postgres://USER@HOST/DATABASE`
    #[arg(long, value_name = "URL")]
    to: String,
    /// Only say what would be moved
    #[arg(long)]
    dry_run: bool,
}

impl Move {
    pub(super) async fn run(&self, context: &Context) -> Result<ExitCode, Failure> {
        let from = context.config()?;
        let to = crate::config::load_for_store(&context.global.config, ("--to", &self.to)).map_err(Failure::Config)?;
        if mover::may_lose(&from, &to).await? {
            out::note(&format!("Warning: {MAY_LOSE}."));
        }
        if self.dry_run {
            tell_counts(&mover::look(&from, &to).await?, "would be moved");
            return Ok(ExitCode::SUCCESS);
        }
        let mut shown = Shown::new();
        let moved = mover::move_store(&from, (&to, &self.to), context.clock, |progress| shown.tell(progress)).await;
        shown.end();
        match moved? {
            Moved::Whole(counts) => tell_counts(&counts, "moved. The copy is the same as the old store, row by row"),
            Moved::Rest => out::line("An earlier move was interrupted. It is complete now."),
            Moved::Before => out::line("The store has already been moved there."),
        }
        out::line(&format!(
            "The store is now at {0}. In config.toml, on every machine, set under [store]\n\n  url = \"{0}\"\n",
            self.to
        ));
        out::line(
            "Keep the key file where it is. The old store can still be read, but nothing changes it any more. It holds \
             addresses, so delete it once you are sure that nobody needs it.",
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn tell_counts(counts: &[(&'static str, u64)], what: &str) {
    let rows = counts.iter().filter(|(_, rows)| *rows > 0);
    let columns = [Column::Text("Table"), Column::Number("Rows")];
    out::table(&columns, rows.map(|(table, rows)| vec![(*table).to_owned(), rows.to_string()]).collect());
    let total = counts.iter().map(|(_, rows)| rows).sum();
    out::line(&format!("{} {what}.", out::count(total, "row", "rows")));
}

/// How far it is: a bar where people look, plain lines where a pipe reads.
struct Shown {
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Shown {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(0));
        Self { bar, last_line: Instant::now() }
    }

    fn tell(&mut self, progress: Progress) {
        let Progress { table, is_compared, done, total } = progress;
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_position(done);
        } else if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            let what = if is_compared { "compared" } else { "copied" };
            out::note(&format!("{done} of {total} rows {what} ({table})"));
        }
    }

    fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
