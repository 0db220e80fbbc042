//! `/confirm/{token}`: the second button of a subscription, of other bands, or of an undo. Only POST does it.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Pages;
use super::page::{Page, trouble};
use crate::app::subscriber::{Confirmation, Subscriber};
use crate::domain::band::Band;
use crate::domain::subscription::confirm::Fulfilled;
use crate::domain::subscription::request::RequestKind;

/// The page with the button. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    page(Subscriber::new(&pages.service().context()).confirmation(&token).await.map_err(|error| error.to_string()))
}

/// Does it, once.
pub(super) async fn confirm(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    page(Subscriber::new(&pages.service().context()).confirm(&token).await.map_err(|error| error.to_string()))
}

fn page(found: Result<Confirmation, String>) -> Page {
    match found {
        Ok(Confirmation::Open { kind, subscriber, bands }) => open(kind, &subscriber, &bands),
        Ok(Confirmation::Done(fulfilled)) => done(&fulfilled),
        Ok(Confirmation::Over) => said(
            "This link is too old",
            vec![
                "It has run out, or a newer email took its place. Nothing was changed.".to_owned(),
                "Please look for a newer email, or ask again.".to_owned(),
            ],
            StatusCode::GONE,
        ),
        Ok(Confirmation::Unknown) => unknown(),
        Err(error) => trouble(&error),
    }
}

fn open(kind: RequestKind, name: &str, bands: &[Band]) -> Page {
    let labels: Vec<&str> = bands.iter().map(|band| band.label.as_str()).collect();
    let list = labels.join(", ");
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
    Page { title, paragraphs: vec![paragraph], button: Some(button), ..Page::default() }
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
    said(title, vec![paragraph, again.to_owned()], StatusCode::OK)
}

fn said(title: &'static str, paragraphs: Vec<String>, status: StatusCode) -> Page {
    Page { title, paragraphs, status, ..Page::default() }
}

/// A wrong token tells nothing, not even why it is wrong.
fn unknown() -> Page {
    said(
        "This link does not work",
        vec!["Please open it again from the email that it came in: it may have been cut short on the way.".to_owned()],
        StatusCode::NOT_FOUND,
    )
}
