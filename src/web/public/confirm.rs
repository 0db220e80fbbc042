//! `/confirm/{token}`: the second button of a subscription, of other bands, or of an undo. Only POST does it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::page::{Page, unchanged};
use super::pages::Pages;
use crate::app::AppError;
use crate::app::subscriber::Confirmation;
use crate::domain::band::Band;
use crate::domain::subscription::confirm::Fulfilled;
use crate::domain::subscription::request::RequestKind;
use crate::domain::text::lists::commas;

/// The page with the button. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    page(pages.site().subscriber.confirmation(&token).await)
}

/// Does it, once.
pub(super) async fn confirm(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    page(pages.site().subscriber.confirm(&token).await)
}

fn page(found: Result<Confirmation, AppError>) -> Page {
    match found {
        Ok(Confirmation::Open { kind, subscriber, bands }) => open(kind, &subscriber, &bands),
        Ok(Confirmation::Done(fulfilled)) => done(&fulfilled),
        Ok(Confirmation::Over) => {
            let paragraphs = [
                "It has run out, or a newer email took its place. Nothing was changed.",
                "Please look for a newer email, or ask again.",
            ];
            Page::said(StatusCode::GONE, "This link is too old", &paragraphs)
        }
        Ok(Confirmation::Unknown) => unknown(),
        Err(error) => unchanged(&error),
    }
}

fn open(kind: RequestKind, name: &str, bands: &[Band]) -> Page {
    let list = commas(bands.iter().map(|band| &band.label));
    let (title, paragraph, button) = match kind {
        RequestKind::Subscribe => (
            "Do you want these emails?",
            format!(
                "One email a fortnight with online-safety activities, to the mailbox of {name}. Age groups: {list}."
            ),
            "Yes, send the emails",
        ),
        RequestKind::Bands => (
            "Do you want these age groups?",
            format!("From now on, the mailbox of {name} gets: {list}."),
            "Yes, change them",
        ),
        RequestKind::Undo => (
            "Send the emails again?",
            format!("The mailbox of {name} is off the list. With the button everything is as before."),
            "Yes, send the emails again",
        ),
    };
    Page::said(StatusCode::OK, title, &[&paragraph]).with_button(button)
}

fn done(fulfilled: &Fulfilled) -> Page {
    let name = &fulfilled.subscriber;
    let (title, paragraph) = match fulfilled.kind {
        RequestKind::Subscribe => {
            ("That is confirmed", format!("The mailbox of {name} gets the emails, from the next edition on."))
        }
        RequestKind::Bands => {
            ("The age groups are changed", format!("The mailbox of {name} gets them from the next edition on."))
        }
        RequestKind::Undo => ("Everything is as before", format!("The mailbox of {name} gets the emails again.")),
    };
    let again = "You can leave, or change the age groups, by the links at the end of every email.";
    Page::said(StatusCode::OK, title, &[&paragraph, again])
}

/// A wrong token tells nothing, not even why it is wrong.
fn unknown() -> Page {
    let again = "Please open it again from the email that it came in: it may have been cut short on the way.";
    Page::said(StatusCode::NOT_FOUND, "This link does not work", &[again])
}
