//! `/library`: the texts that families read, with what is missing and what needs a look; a page for each; and the forms in which they
//! are written.

mod ask;
mod edit;
mod edit_view;
mod findings;
mod frames;
mod new;
mod overview;
mod text;
pub(super) mod typed;
mod versions;

use axum::Router;
use axum::routing::get;

use super::ask::{asks, only, posts};
use super::asking::{Asking, Refusal};
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::state::Console;
use crate::domain::user::Permission;
use crate::domain::writing::TextRef;
use crate::domain::writing::form::FormWords;
use crate::messages;

/// The page in the bar that texts belong to.
const SECTION: &str = "/library";

pub(super) fn routes() -> Router<Console> {
    const WRITE: Permission = Permission::Write;
    Router::new()
        .route(SECTION, get(overview::page))
        .route("/library/new", only(WRITE, get(new::page)))
        .route("/library/{theme}/{name}", get(text::page))
        .route("/library/{theme}/{name}/frame", get(frames::frame))
        .route("/library/{theme}/{name}/edit", edit::route())
        .route("/library/{theme}/{name}/preview", posts(WRITE, edit::preview))
        .route("/library/{theme}/{name}/download", posts(WRITE, edit::download))
        .route("/library/{theme}/{name}/review", asks(WRITE, SECTION, ask::review, ask::reviewed))
        .route("/library/{theme}/{name}/discard", asks(WRITE, SECTION, ask::discard, ask::discarded))
        .route("/library/{theme}/{name}/versions/{number}", get(versions::page))
        .route(
            "/library/{theme}/{name}/versions/{number}/take-back",
            asks(WRITE, SECTION, versions::ask, versions::take_back),
        )
}

/// The path of a text's page.
pub(super) fn text_path(text: &TextRef) -> String {
    format!("/library/{text}")
}

/// The text that the path names.
fn named(asking: &Asking) -> Result<TextRef, Refusal> {
    TextRef::parse(asking.named("theme"), asking.named("name")).ok_or_else(|| asking.missing(NO_TEXT))
}

const NO_TEXT: &str = "There's no such text in the library.";

/// What some fields are chosen from.
fn words(parts: &ConsoleParts) -> FormWords {
    use crate::domain::subscriber::Sector;
    let config = parts.config();
    let mut occasions: Vec<(String, String)> = Vec::new();
    for occasion in &config.schedule.occasions {
        if occasions.iter().all(|(name, _)| *name != occasion.name) {
            occasions.push((occasion.name.clone(), messages::occasions::title(&occasion.name)));
        }
    }
    FormWords {
        bands: config.bands.iter().map(|band| (band.id.to_string(), band.label.clone())).collect(),
        occasions,
        sectors: Sector::ALL.iter().map(|one| (one.to_string(), messages::sectors::many(*one).to_owned())).collect(),
    }
}

/// The link to a page of a text, for those who may write.
fn write_link(caller: &Caller, text: &TextRef, what: &str) -> String {
    if caller.may(Permission::Write) { caller.link(&format!("{}/{what}", text_path(text))) } else { String::new() }
}
