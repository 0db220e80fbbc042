//! The log on standard error, best effort: where it cannot be written, lines are lost and nothing else is.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, IsTerminal as _, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use super::args::{Color, Global};

/// Lines that may wait for a slow reader; what comes on top of them is lost.
const WAITING: usize = 4096;

/// How long the end of the program waits for the last lines to be written.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Sends the log to standard error: warnings, and under `run` one line per event too. The daemon writes it from a thread of
/// its own, so that a reader that has stopped reading stops nothing.
pub(super) fn start(global: &Global, daemon: bool) -> Log {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) if daemon => "warn,fortnightly=info",
        (false, 0) => "warn",
        (false, 1) => "warn,fortnightly=debug",
        (false, _) => "info,fortnightly=trace",
    };
    let ansi = match global.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => io::stderr().is_terminal(),
    };
    let queue = daemon.then(Queue::start).flatten();
    if let Some(queue) = queue.clone() {
        // Where the log goes, a panic goes too.
        panic::set_hook(Box::new(move |panic| queue.clone().tell(panic)));
    }
    let writer = match queue.clone() {
        Some(queue) => BoxMakeWriter::new(move || queue.clone()),
        None => BoxMakeWriter::new(io::stderr),
    };
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(level)).with_writer(writer);
    // It tells of a line that it could not write on standard error, which is where it could not write it: that panics.
    let log = log.log_internal_errors(false).with_ansi(ansi).with_target(false);
    // Only a second start in one process could fail, and there is none.
    let _ = log.try_init();
    Log(queue)
}

/// The log. At its end it waits until everything is written, but not for long.
pub(super) struct Log(Option<Queue>);

impl Drop for Log {
    fn drop(&mut self) {
        let Some(queue) = &self.0 else { return };
        let (done, finished) = sync_channel(1);
        if queue.lines.try_send(Message::Flush(done)).is_ok() {
            let _ = finished.recv_timeout(LAST_LINES);
        }
    }
}

/// Lines on their way to standard error.
#[derive(Clone)]
struct Queue {
    lines: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    /// Everything before this is to be written now.
    Flush(SyncSender<()>),
}

impl Queue {
    /// `None` where the system gives us no thread.
    fn start() -> Option<Self> {
        let (lines, messages) = sync_channel(WAITING);
        let queue = Self { lines, lost: Arc::default() };
        let lost = Arc::clone(&queue.lost);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&messages, &lost)).ok()?;
        Some(queue)
    }

    /// Says that a thread panics, as Rust does on standard error.
    fn tell(&mut self, panic: &PanicHookInfo<'_>) {
        let (thread, backtrace) = (thread::current(), Backtrace::capture());
        let mut text = format!("thread '{}' {panic}\n", thread.name().unwrap_or("<unnamed>"));
        if backtrace.status() == BacktraceStatus::Captured {
            text += &format!("stack backtrace:\n{backtrace}");
        }
        let _ = self.write(text.as_bytes());
    }
}

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.lines.try_send(Message::Line(line.to_owned())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(messages: &Receiver<Message>, lost: &AtomicU64) {
    for message in messages {
        let mut stderr = io::stderr();
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            // Whether it can be written or not: there is nobody else to tell.
            lines => drop(writeln!(stderr, "{lines} lines of the log were lost: nobody read it fast enough")),
        }
        match message {
            Message::Line(line) => drop(stderr.write_all(&line)),
            Message::Flush(done) => drop(done.try_send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Instant;

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Arguments {
        #[command(flatten)]
        global: Global,
    }

    #[test]
    #[ignore = "it writes to standard error; the test below runs it as a program of its own"]
    fn a_daemon_with_a_thread_that_panics() {
        let panicking = || {
            let _log = start(&Arguments::parse_from(["fortnightly"]).global, true);
            panic!("the earth shook");
        };
        assert!(thread::Builder::new().name("turn".to_owned()).spawn(panicking).unwrap().join().is_err());
    }

    /// That program, with this for its standard error.
    fn panics(stderr: impl Into<Stdio>) -> std::process::Child {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", "cli::log::tests::a_daemon_with_a_thread_that_panics", "--ignored", "--nocapture"]);
        program.stdout(Stdio::null()).stderr(stderr).spawn().unwrap()
    }

    #[test]
    fn a_panic_is_told_in_the_log() {
        let said = panics(Stdio::piped()).wait_with_output().unwrap();
        let text = String::from_utf8(said.stderr).unwrap();
        assert!(said.status.success(), "{text}");
        for part in ["thread 'turn'", "panicked at src/cli/log.rs", "the earth shook"] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }

    #[test]
    fn a_panic_waits_for_no_reader() {
        let (_reader, mut writer) = io::pipe().unwrap();
        // Full to the brim (pipe(7): 16 pages).
        writer.write_all(&vec![b'x'; 65_536]).unwrap();
        let mut program = panics(writer);
        let deadline = Instant::now() + Duration::from_secs(20);
        while program.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                program.kill().unwrap();
                panic!("it waits for someone to read");
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert!(program.wait().unwrap().success());
    }
}
