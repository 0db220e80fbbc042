//! “It has been checked”, in one click: a text gets new dates of review, and one more click takes that back. It's noted among the
//! text's versions, and changes nothing that families read.

use axum::response::Response;

use super::place::{HAS_DRAFT, NO_TEXT, SECTION, named, not_saved, text_path, words};
use super::versions::is_same;
use crate::app::writing::{Beginning, Lying};
use crate::domain::text::dates;
use crate::domain::writing::TextRef;
use crate::web::console::ask::Seen;
use crate::web::console::asking::{Asked, Asking, Refusal};

/// A text, and what lies in its place.
type Found = (TextRef, Lying);

/// What was shown beside the button is what lies there.
pub(super) async fn look(asking: Asked) -> Result<(Seen, Found), Refusal> {
    let text = named(&asking)?;
    let lying = asking.parts.writing().lying(&text).map_err(asking.failed(SECTION))?;
    if lying.is_nothing() { Err(asking.missing(NO_TEXT)) } else { Ok((seen(&lying), (text, lying))) }
}

/// Stands in the form for what is shown beside it.
pub(super) fn seen(lying: &Lying) -> Seen {
    Seen::of(&lying.mark())
}

/// The page on which the button is.
pub(super) fn page(asking: &Asking) -> String {
    format!("/library/{}/{}", asking.named("theme"), asking.named("name"))
}

pub(super) async fn check(asking: Asked, (text, lying): Found) -> Result<Response, Refusal> {
    let (path, writing) = (text_path(&text), asking.parts.writing());
    if lying.draft.is_some() {
        return Err(asking.conflict(HAS_DRAFT, &path));
    }
    let edited = writing.opened(&text, &lying, &Beginning::default(), &words(&asking.parts));
    let (reviewer, (_, review_by)) = (edited.value("reviewed_by").unwrap_or_default(), writing.review_days());
    match writing.review(&text, review_by, &reviewer, &lying).await {
        Ok(()) => {
            let said =
                format!("It's noted that it has been checked. It's to be checked again by {}.", dates::day(review_by));
            Ok(asking.decided(vec![said], &path))
        }
        Err(error) if is_same(&error) => Ok(asking.decided(vec!["It was checked today already.".to_owned()], &path)),
        Err(error) => Err(not_saved(&asking, error, &path)),
    }
}

pub(super) async fn uncheck(asking: Asked, (text, lying): Found) -> Result<Response, Refusal> {
    let (path, writing) = (text_path(&text), asking.parts.writing());
    let before = writing.before_review(&text, &lying).await.map_err(asking.failed(&path))?;
    let gone = "Nobody has noted that it was checked, or it has been changed since, so there's nothing to take back.";
    let before = before.ok_or_else(|| asking.conflict(gone, &path))?;
    match writing.take_back(&text, before, &lying).await {
        Ok(()) => Ok(asking.decided(vec!["That's taken back: it has its dates of before again.".to_owned()], &path)),
        Err(error) => Err(not_saved(&asking, error, &path)),
    }
}
