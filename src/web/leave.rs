//! `/u/{token}`: GET shows a button and changes nothing, POST leaves (contract §8, RFC 8058).

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::Pages;
use super::page::Page;
use crate::service::leaving::Leaving;

/// The page with the button. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    match pages.service().who_leaves(&token).await {
        Ok(Leaving::Subscribed(name)) => Page {
            title: "Stop these emails?",
            paragraphs: vec![
                format!("This stops the fortnightly online-safety activities for the mailbox of {name}."),
                "If somebody passed the email on to you, please don't press the button: it would end their \
                 subscription, not yours."
                    .to_owned(),
            ],
            button: Some("Stop the emails"),
            status: StatusCode::OK,
        },
        Ok(Leaving::Gone) => gone(),
        Ok(Leaving::Unknown) => unknown(),
        Err(error) => trouble(&error.to_string()),
    }
}

/// Leaves. The same answer however often it is asked, and for one-click and button alike.
pub(super) async fn leave(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    match pages.service().leave(&token, "web").await {
        Ok(Leaving::Subscribed(_) | Leaving::Gone) => gone(),
        Ok(Leaving::Unknown) => unknown(),
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
        button: None,
        status: StatusCode::OK,
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
        button: None,
        status: StatusCode::NOT_FOUND,
    }
}

fn trouble(error: &str) -> Page {
    tracing::error!("a page could not be answered: {error}");
    Page {
        title: "Something went wrong on our side",
        paragraphs: vec!["Nothing was changed. Please try again in a few minutes.".to_owned()],
        button: None,
        status: StatusCode::SERVICE_UNAVAILABLE,
    }
}
