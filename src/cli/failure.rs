//! Why a command did not do it, and the exit code that says so.

use std::process::ExitCode;

use crate::app::AppError;
use crate::app::error::NewActivityError;
use crate::domain::diagnostic::Diagnostic;
use crate::messages;

use super::out;

/// Why a command failed.
pub(super) enum Failure {
    /// Wrong flags: exit 2.
    Usage(String),
    /// A wrong configuration: exit 2.
    Config(Vec<Diagnostic>),
    /// It could not be done: exit 1.
    App(AppError),
    /// It could not be done, and the command itself says why: exit 1.
    Refused(String),
    /// Anything else: exit 1.
    Other(anyhow::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        // The daemon ends with one of ours, too.
        error.downcast().map_or_else(Self::Other, Self::App)
    }
}

impl Failure {
    /// Says on standard error what went wrong.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(message) => {
                out::error(&message);
                ExitCode::from(2)
            }
            Self::Config(findings) => {
                out::findings(&findings);
                ExitCode::from(2)
            }
            Self::App(AppError::Findings(findings)) => {
                out::findings(&findings);
                ExitCode::FAILURE
            }
            Self::App(error) => {
                out::error(&messages::errors::error(&error));
                if is_usage(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
            }
            Self::Refused(message) => {
                out::error(&message);
                ExitCode::FAILURE
            }
            Self::Other(error) => {
                out::error(&format!("{error:#}"));
                ExitCode::FAILURE
            }
        }
    }
}

/// Whether the arguments or the configuration are to blame, and not what was found.
fn is_usage(error: &AppError) -> bool {
    match error {
        AppError::Anchor(_) => true,
        AppError::NewActivity(error) => !matches!(error, NewActivityError::Exists(_)),
        _ => false,
    }
}
