//! A text's place on the console's pages: its path, the links to it, and what every one of its pages says.

use crate::app::AppError;
use crate::domain::user::Permission;
use crate::domain::writing::TextRef;
use crate::domain::writing::form::FormWords;
use crate::messages;
use crate::web::console::asking::{Asking, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;

/// The page in the bar that texts belong to.
pub(super) const SECTION: &str = "/library";

/// The path of a text's page.
pub(in crate::web::console) fn text_path(text: &TextRef) -> String {
    format!("/library/{text}")
}

/// The text that the path names.
pub(super) fn named(asking: &Asking) -> Result<TextRef, Refusal> {
    TextRef::parse(asking.named("theme"), asking.named("name")).ok_or_else(|| asking.missing(NO_TEXT))
}

pub(super) const NO_TEXT: &str = "There's no such text in the library.";

/// A text of which someone writes the next version can't be checked.
pub(super) const HAS_DRAFT: &str =
    "There's a draft of this text. Finish it, or throw it away, and check the text then.";

/// What some fields are chosen from.
pub(super) fn words(parts: &ConsoleParts) -> FormWords {
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
pub(super) fn write_link(caller: &Caller, text: &TextRef, what: &str) -> String {
    if caller.may(Permission::Write) { caller.link(&format!("{}/{what}", text_path(text))) } else { String::new() }
}

/// The page that says why nothing was saved.
pub(super) fn not_saved(asking: &Asking, error: AppError, back: &str) -> Refusal {
    match messages::writing::not_saved(&error) {
        Some(why) => asking.conflict(&why, back),
        None => asking.failed(back)(error),
    }
}
