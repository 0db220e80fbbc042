//! Why a command did not do it, and the exit code that says so.

use std::process::ExitCode;

use crate::app::AppError;
use crate::domain::diagnostic::Diagnostic;
use crate::store::StoreError;

use super::out;

/// Why a command failed.
pub(super) enum Failure {
    /// Wrong flags: exit 2.
    Usage(String),
    /// A wrong configuration: exit 2.
    Config(Vec<Diagnostic>),
    /// It could not be done: exit 1.
    Service(AppError),
    /// Anything else: exit 1.
    Other(anyhow::Error),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::Service(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl Failure {
    /// Says on standard error what went wrong.
    pub(super) fn report(self) -> ExitCode {
        match self {
            Self::Usage(message) | Self::Service(AppError::Configuration(message)) => {
                out::error(&message);
                ExitCode::from(2)
            }
            Self::Config(findings) => {
                out::findings(&findings);
                ExitCode::from(2)
            }
            Self::Service(AppError::Findings(findings)) => {
                out::findings(&findings);
                ExitCode::FAILURE
            }
            Self::Service(error) => {
                out::error(&error.to_string());
                ExitCode::FAILURE
            }
            Self::Other(error) => {
                out::error(&format!("{error:#}"));
                ExitCode::FAILURE
            }
        }
    }
}
