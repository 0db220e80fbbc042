//! `bounce`: reads bounces, complaints and unsubscribe mails from files or standard input, as an MTA pipes them.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::receiver::{MOST, Receiver};
use crate::app::{AppError, bootstrap};
use crate::messages::subscription::received;
use crate::ordinary_file;

/// `EX_TEMPFAIL` of `sysexits.h`: the mail server keeps the mail and tries again.
const TRY_AGAIN: u8 = 75;

#[derive(Debug, Args)]
pub(super) struct Bounce {
    /// One message each; left out: standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Bounce {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if self.files.is_empty() {
            return piped(context).await;
        }
        let receiver = match open(context).await {
            Ok(receiver) => receiver,
            Err(failure) => return again(failure),
        };
        let (mut again, mut failed) = (false, false);
        for path in &self.files {
            let code = match ordinary_file::open_or_piped(path) {
                Ok(file) => one(&receiver, &path.display().to_string(), file).await?,
                Err(error) => unreadable(path, &error),
            };
            again |= code == ExitCode::from(TRY_AGAIN);
            failed |= code == ExitCode::FAILURE;
        }
        // Whoever reads the code must not take a message away that is still to be read.
        Ok(if again { ExitCode::from(TRY_AGAIN) } else { ExitCode::from(u8::from(failed)) })
    }
}

/// Whatever is wrong here is wrong with us and not with the message: a mail server that hears anything else sends it back,
/// and someone's wish to leave is lost.
async fn piped(context: &Context) -> Result<ExitCode, Failure> {
    let read = async { one(&open(context).await?, "standard input", std::io::stdin()).await };
    let failure = match read.await {
        Ok(code) if code == ExitCode::FAILURE => return Ok(ExitCode::from(TRY_AGAIN)),
        Ok(code) => return Ok(code),
        Err(failure) => failure,
    };
    failure.report();
    out::note("The mail server should try again.");
    Ok(ExitCode::from(TRY_AGAIN))
}

/// The store alone: leaving works whatever the schedule says.
async fn open(context: &Context) -> Result<Receiver, Failure> {
    Ok(Receiver::new(&bootstrap::open_undated(context.config()?, context.clock).await?))
}

async fn one(receiver: &Receiver, place: &str, input: impl Read) -> Result<ExitCode, Failure> {
    let mut message = Vec::new();
    if let Err(error) = input.take(MOST + 1).read_to_end(&mut message) {
        return Ok(unreadable(Path::new(place), &error));
    }
    match receiver.take_in(&message).await {
        Ok(understood) => {
            out::line(&format!("{place}: {}", received(&understood)));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => again(error.into()),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> ExitCode {
    out::error(&format!("{} cannot be read: {error}", path.display()));
    ExitCode::FAILURE
}

/// A store that is locked or full is a reason to try again; anything else is told as ever.
fn again(failure: Failure) -> Result<ExitCode, Failure> {
    match failure {
        Failure::App(AppError::Store(error)) if error.may_pass() => {
            out::error(&format!("{error}; the mail server should try again"));
            Ok(ExitCode::from(TRY_AGAIN))
        }
        other => Err(other),
    }
}
