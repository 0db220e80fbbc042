//! `/u/{token}`: GET shows a button and changes nothing, POST leaves (contract §8, RFC 8058).

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::page::{Page, too_long, trouble};
use super::{Pages, form};
use crate::app::unsubscriber::{Holder, Unsubscriber};

/// The page with the button. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    match Unsubscriber::new(&pages.service().context()).holder(&token).await {
        Ok(Holder::Subscribed(name)) => Page {
            title: "Stop these emails?",
            paragraphs: vec![
                format!("This stops the fortnightly online-safety activities for the mailbox of {name}."),
                "If somebody passed the email on to you, please don't press the button: it would end their \
                 subscription, not yours."
                    .to_owned(),
            ],
            button: Some("Stop the emails"),
            ..Page::default()
        },
        Ok(Holder::Gone) => gone(),
        Ok(Holder::Unknown) => unknown(),
        Err(error) => trouble(&error.to_string()),
    }
}

/// Leaves. The same answer however often it is asked. Whoever pressed the page's button gets a good-bye with an undo:
/// anyone with a forwarded copy can press it. A mail program's one click is its reader's own.
pub(super) async fn leave(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>, body: Body) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    let Some(body) = form::read(body).await else { return too_long() };
    let unsubscriber = Unsubscriber::new(&pages.service().context());
    let left = if form::is_one_click(&body) {
        unsubscriber.leave(&token, "web").await
    } else {
        unsubscriber.leave_with_undo(&token).await
    };
    match left {
        Ok(Holder::Subscribed(_)) if !form::is_one_click(&body) => said_goodbye(),
        Ok(Holder::Subscribed(_) | Holder::Gone) => gone(),
        Ok(Holder::Unknown) => unknown(),
        Err(error) => trouble(&error.to_string()),
    }
}

fn gone() -> Page {
    Page {
        title: "You will get no more of these emails",
        paragraphs: vec![
            "The mailbox is off the list. An email that is already on its way may still arrive.".to_owned(),
            "If this was a mistake, please write to the team: the address is in every email.".to_owned(),
        ],
        ..Page::default()
    }
}

fn said_goodbye() -> Page {
    Page {
        title: "You will get no more of these emails",
        paragraphs: vec![
            "The mailbox is off the list. An email that is already on its way may still arrive.".to_owned(),
            "One last email goes to the mailbox. If this was a mistake, the link in it takes it back, for 14 days."
                .to_owned(),
        ],
        ..Page::default()
    }
}

/// A wrong token tells nothing, not even why it is wrong.
fn unknown() -> Page {
    Page {
        title: "This link does not work",
        paragraphs: vec![
            "Please open it again from the email that it came in: it may have been cut short on the way.".to_owned(),
            "If it still does not work, reply to that email with the word “unsubscribe”.".to_owned(),
        ],
        status: StatusCode::NOT_FOUND,
        ..Page::default()
    }
}
