//! `/preferences/{token}`: which age groups. Nothing changes before a click in a letter to the mailbox.

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::page::{Page, too_long, unchanged};
use super::pages::Pages;
use super::request;
use crate::app::subscriber::{Preferences, Wished};
use crate::domain::band::{Band, BandSet};

/// The page with the boxes. HEAD comes here, too: nothing changes.
pub(super) async fn show(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    match pages.site().subscriber.preferences(&token).await {
        Ok(Preferences::Of { name, bands }) => {
            let paragraphs = [
                &format!("This changes what the mailbox of {name} gets."),
                "We send an email to the mailbox first. Nothing changes until the link in it is used.",
            ];
            choose(StatusCode::OK, &paragraphs, bands)
        }
        Ok(Preferences::Gone) => gone(),
        Ok(Preferences::Unknown) => unknown(),
        Err(error) => unchanged(&error),
    }
}

/// Notes the wish, and asks the mailbox.
pub(super) async fn wish(State(pages): State<Pages>, token: Result<Path<String>, PathRejection>, body: Body) -> Page {
    let Ok(Path(token)) = token else { return unknown() };
    let Some(body) = request::body(body).await else { return too_long() };
    let names: Option<BandSet> = request::values(&body, "bands").iter().map(|name| name.parse().ok()).collect();
    let site = pages.site();
    match site.subscriber.wish_for_bands(&token, &names.unwrap_or_default()).await {
        Ok(Wished::Asked) => said(
            "Please look into the mailbox",
            "We have sent an email there. The new age groups count from the moment when the link in it is used. It works \
             for 7 days.",
            StatusCode::OK,
        ),
        Ok(Wished::Already) => {
            said("Nothing to change", "The mailbox gets just these age groups already.", StatusCode::OK)
        }
        Ok(Wished::None) => {
            // The boxes show what is in force, since that is what stays.
            let bands = match site.subscriber.preferences(&token).await {
                Ok(Preferences::Of { bands, .. }) => bands,
                Ok(Preferences::Gone) => return gone(),
                Ok(Preferences::Unknown) => return unknown(),
                Err(error) => return unchanged(&error),
            };
            let why = [
                "Please tick at least one age group. The boxes below show what the mailbox gets now.",
                "If you want no more emails at all, use the unsubscribe link in the email instead.",
            ];
            Page::said(StatusCode::UNPROCESSABLE_ENTITY, "Nothing was changed: no age group was ticked", &why)
                .refusing()
                .with_bands(bands)
                .with_button("Change the age groups")
        }
        Ok(Wished::TooOften) => said(
            "Please wait a little",
            "We have sent emails about this to the mailbox already. Please look for them, also in the junk folder, or try \
             again tomorrow.",
            StatusCode::TOO_MANY_REQUESTS,
        ),
        Ok(Wished::Gone) => gone(),
        Ok(Wished::Unknown) => unknown(),
        Err(error) => unchanged(&error),
    }
}

fn choose(status: StatusCode, paragraphs: &[&str], bands: Vec<(Band, bool)>) -> Page {
    Page::said(status, "Which age groups?", paragraphs).with_bands(bands).with_button("Change the age groups")
}

fn said(title: &'static str, text: &str, status: StatusCode) -> Page {
    Page::said(status, title, &[text])
}

fn gone() -> Page {
    said(
        "This mailbox gets no emails from us",
        "It is not on the list, so there is nothing to change. To get the emails again, please write to the team: the \
         address is in every email.",
        StatusCode::OK,
    )
}

/// A wrong token tells nothing, not even why it is wrong.
fn unknown() -> Page {
    said(
        "This link does not work",
        "Please open it again from the email that it came in: it may have been cut short on the way.",
        StatusCode::NOT_FOUND,
    )
}
