//! `/u/{token}`: GET shows a button and changes nothing, POST unsubscribes (RFC 8058).

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::page::{Page, too_long, unchanged};
use super::pages::Pages;
use super::request;
use crate::app::unsubscriber::Holder;

/// The page with the button. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    match pages.site().unsubscriber.holder(&token).await {
        Ok(Holder::Subscribed(name)) => {
            let paragraphs = [
                &format!("This stops the fortnightly online-safety activities for the mailbox of {name}."),
                "If someone passed the email on to you, please don't press the button: it would end their \
                 subscription, not yours.",
            ];
            Page::said(StatusCode::OK, "Stop these emails?", &paragraphs).with_button("Stop the emails")
        }
        Ok(Holder::Gone) => gone(),
        Ok(Holder::Unknown) => unknown(),
        Err(error) => unchanged(&error),
    }
}

/// Leaves. The same answer however often it is asked. Whoever pressed the page's button gets a good-bye with an undo:
/// anyone with a forwarded copy can press it. A mail program's one click is its reader's own.
pub(super) async fn unsubscribe(
    State(pages): State<Pages>,
    token: Result<Path<String>, PathRejection>,
    body: Body,
) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    let Some(body) = request::body(body).await else { return too_long() };
    let unsubscriber = pages.site().unsubscriber;
    let left = if request::is_one_click(&body) {
        unsubscriber.leave(&token, "web").await
    } else {
        unsubscriber.leave_with_undo(&token).await
    };
    match left {
        Ok(Holder::Subscribed(_)) if !request::is_one_click(&body) => said_goodbye(),
        Ok(Holder::Subscribed(_) | Holder::Gone) => gone(),
        Ok(Holder::Unknown) => unknown(),
        Err(error) => unchanged(&error),
    }
}

fn gone() -> Page {
    off_the_list([
        "The mailbox is off the list. An email that is already on its way may still arrive.",
        "If this was a mistake, please write to the team: the address is in every email.",
    ])
}

fn said_goodbye() -> Page {
    off_the_list([
        "The mailbox is off the list. An email that is already on its way may still arrive.",
        "One last email goes to the mailbox. If this was a mistake, the link in it takes it back, for 14 days.",
    ])
}

fn off_the_list(paragraphs: [&str; 2]) -> Page {
    Page::said(StatusCode::OK, "You will get no more of these emails", &paragraphs)
}

/// A wrong token tells nothing, not even why it is wrong.
fn unknown() -> Page {
    let paragraphs = [
        "Please open it again from the email that it came in: it may have been cut short on the way.",
        "If it still does not work, reply to that email with the word “unsubscribe”.",
    ];
    Page::said(StatusCode::NOT_FOUND, "This link does not work", &paragraphs)
}
