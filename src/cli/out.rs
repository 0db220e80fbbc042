//! What people and pipes read: results on standard output, the rest on standard error.

use std::io::{BufWriter, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::{AnsiColor, Style};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use super::args::Color;
use super::table::{Column, Layout};
use super::terminal;
use crate::config::Config;
use crate::domain::diagnostic::{Diagnostic, Level};
pub(super) use crate::domain::text::lists::count;

/// Sets colours for both streams.
pub(super) fn set_color(when: Color) {
    let choice = match when {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Lets [`note`] say nothing.
pub(super) fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether someone looks at standard output.
pub(super) fn is_watched() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether a result could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// A long answer, written as it comes.
pub(super) struct Answer {
    output: BufWriter<anstream::AutoStream<std::io::Stdout>>,
    /// What is written at the end, if nothing is before.
    gathered: Option<String>,
}

impl Answer {
    pub(super) fn new() -> Self {
        Self { output: BufWriter::new(anstream::stdout()), gathered: None }
    }

    /// One that is written only once all of it is there: whoever reads it slowly holds up nothing until then.
    pub(super) fn gathered() -> Self {
        Self { gathered: Some(String::new()), ..Self::new() }
    }

    /// Writes more of it.
    pub(super) fn add(&mut self, text: &str) {
        match &mut self.gathered {
            Some(gathered) => gathered.push_str(text),
            None => drop(is_written(self.output.write_all(text.as_bytes()))),
        }
    }

    /// Writes the rest of it.
    pub(super) fn end(mut self) {
        let rest = self.gathered.unwrap_or_default() + "\n";
        let written = self.output.write_all(rest.as_bytes()).and_then(|()| self.output.flush());
        is_written(written);
    }
}

/// Whether a part of the answer was written. A reader that closed the pipe has read enough; any other failure is told, and
/// ends in exit code 1.
pub(super) fn is_written(written: std::io::Result<()>) -> bool {
    let Err(error) = written else { return true };
    if error.kind() != std::io::ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
        self::error(&format!("the answer could not be written: {error}"));
    }
    false
}

/// Writes a result line; on a terminal in several where it is long.
pub(super) fn line(text: &str) {
    raw(&folded_for_people(text));
}

/// A text as [`line`] writes it.
pub(super) fn folded_for_people(text: &str) -> String {
    folded(text, if is_watched() { terminal::width() } else { None })
}

/// The lines of a text as they fit a terminal of this width.
fn folded(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    text.split('\n').map(|line| terminal::fold(line, width)).collect::<Vec<_>>().join("\n")
}

/// Writes a result line as it is.
pub(super) fn raw(text: &str) {
    let mut stdout = anstream::stdout().lock();
    is_written(writeln!(stdout, "{text}").and_then(|()| stdout.flush()));
}

/// Whether a part of the answer could not be written.
pub(super) fn was_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Whether `--quiet` was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Writes a line about what is going on, to standard error; nothing under `--quiet`.
pub(super) fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        complain(text);
    }
}

/// Writes a line to standard error, whatever the flags.
fn complain(text: &str) {
    let width = if std::io::stderr().is_terminal() { terminal::width() } else { None };
    let text = folded(text, width);
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Writes one value as indented JSON.
pub(super) fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => raw(&text),
        Err(error) => self::error(&format!("the answer cannot be written as JSON: {error}")),
    }
}

/// Writes one value as one line of JSON.
pub(super) fn json_line(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => raw(&text),
        Err(error) => self::error(&format!("the answer cannot be written as JSON: {error}")),
    }
}

/// Writes an error to standard error.
pub(super) fn error(message: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    complain(&format!("{style}error:{style:#} {message}"));
}

/// Writes findings to standard error, errors first.
pub(super) fn findings(findings: &[Diagnostic]) {
    let mut sorted: Vec<&Diagnostic> = findings.iter().collect();
    sorted.sort_by_key(|finding| finding.level);
    for finding in sorted {
        complain(&painted(finding));
    }
}

/// How many of the findings are errors, in words.
pub(super) fn errors(findings: &[Diagnostic]) -> String {
    count(findings.iter().filter(|finding| finding.is_error()).count() as u64, "error", "errors")
}

/// A finding with its first word in colour.
pub(super) fn painted(finding: &Diagnostic) -> String {
    let color = if finding.level == Level::Error { AnsiColor::Red } else { AnsiColor::Yellow };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let text = finding.to_string();
    match text.split_once(": ") {
        Some((level, rest)) => format!("{style}{level}:{style:#} {rest}"),
        None => text,
    }
}

/// A table where people look, lines of tab-separated cells where a pipe reads.
pub(super) fn table(columns: &[Column<'_>], rows: Vec<Vec<String>>) {
    if !is_watched() {
        for row in rows {
            raw(&cells(row));
        }
        return;
    }
    let width = terminal::width();
    let layout = Layout::of(columns, &rows, width, None);
    for line in layout.headings(columns).into_iter().chain(layout.lines(columns, &rows, width)) {
        raw(&line);
    }
}

/// A row as a pipe reads it: one line, whatever its cells say.
pub(super) fn cells(row: Vec<String>) -> String {
    let cells = row.into_iter().map(|cell| if cell.contains('\n') { cell.replace('\n', "; ") } else { cell });
    cells.collect::<Vec<_>>().join("\t")
}

/// A moment of the service's time zone: as people say it where people look, otherwise in RFC 3339.
pub(super) fn moment(at: DateTime<Utc>, config: &Config) -> String {
    let local = at.with_timezone(&config.schedule.timezone);
    if is_watched() {
        local.format("%-d %b %Y %H:%M").to_string()
    } else {
        local.to_rfc3339_opts(SecondsFormat::Secs, false)
    }
}

/// Reads a yes or no; only where someone sits at the terminal.
pub(super) fn ask(question: &str) -> Option<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    let mut stderr = anstream::stderr().lock();
    let _ = write!(stderr, "{question} [y/N] ");
    let _ = stderr.flush();
    drop(stderr);
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).ok()?;
    Some(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
}
