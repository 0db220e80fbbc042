//! Which editions there is something to look at of, and what is said where there is nothing.

use axum::http::StatusCode;
use axum::response::Response;

use crate::app::edition_report::EditionReport;
use crate::app::{AppError, Content, Loaded};
use crate::domain::edition::EditionNumber;
use crate::messages;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;

/// How many fortnights ahead an edition is shown: a year and a half. For each, all until then are thought through.
const AHEAD: u32 = 40;

/// Whether an edition is too far ahead to be looked at, or no edition at all.
pub(super) fn is_beyond(parts: &ConsoleParts, number: EditionNumber) -> bool {
    let current = parts.config().schedule.fortnight_at(parts.context.clock.now());
    number.0 == 0 || number.0 > current.0.saturating_add(AHEAD)
}

/// Why there is nothing to look at.
pub(super) fn shown_not(parts: &ConsoleParts, caller: &Caller, error: &AppError) -> Response {
    match error {
        AppError::NoEdition(_) | AppError::Preview(_) => {
            let why = messages::console::error(error);
            answer::refusal(parts, caller, StatusCode::NOT_FOUND, &why, "/")
        }
        AppError::Findings(_) => {
            let why = "The library has errors, so mails can't be shown or copied until someone has mended them.";
            answer::refusal(parts, caller, StatusCode::CONFLICT, why, "/")
        }
        error => answer::failed(parts, caller, error, "/"),
    }
}

/// What mails are made of.
///
/// # Errors
/// While the library has errors.
pub(super) fn content(parts: &ConsoleParts) -> Result<&Content, AppError> {
    match &parts.loaded {
        Loaded::Whole(content) => Ok(content),
        Loaded::WithoutContent(findings) => Err(AppError::Findings(findings.clone())),
    }
}

impl ConsoleParts {
    /// What is known about an edition besides its row of the plan.
    pub(in crate::web::console) fn report(&self, number: EditionNumber) -> EditionReport {
        EditionReport::new(&self.context, self.content(), number)
    }
}
