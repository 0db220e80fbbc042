//! Decisions about a text with one button: it was checked again, or its draft is thrown away.

use axum::response::Response;

use super::place::{HAS_DRAFT, SECTION, named, text_path, words};
use super::versions::{approvals, is_same};
use crate::app::writing::{Beginning, Lying};
use crate::domain::text::dates;
use crate::domain::writing::TextRef;
use crate::web::console::ask::{Field, Question};
use crate::web::console::asking::{Asked, Asking, Refusal};

/// A text, and what lies in its place.
type Found = (TextRef, Lying);

fn found(asking: &Asking) -> Result<Found, Refusal> {
    let text = named(asking)?;
    let lying = asking.parts.writing().lying(&text).map_err(asking.failed(SECTION))?;
    if lying.is_nothing() { Err(asking.missing(super::place::NO_TEXT)) } else { Ok((text, lying)) }
}

pub(super) async fn review(asking: Asked) -> Result<(Question, Found), Refusal> {
    let (text, lying) = found(&asking)?;
    let path = text_path(&text);
    let writing = asking.parts.writing();
    let edited = writing.opened(&text, &lying, &Beginning::default(), &words(&asking.parts));
    if !edited.has("review_by") {
        return Err(asking.conflict("This text has no dates of review.", &path));
    }
    if lying.draft.is_some() {
        return Err(asking.conflict(HAS_DRAFT, &path));
    }
    let (today, review_by) = writing.review_days();
    let day = Field {
        name: "review_by",
        label: "Check it again by",
        hint: "In two years, if nothing in it changes sooner. Facts about apps and laws age faster.",
        kind: "date",
        value: review_by.to_string(),
        ..Field::default()
    };
    let reviewer = Field {
        name: "reviewed_by",
        label: "Who checked it",
        hint: "Families see this below the article.",
        kind: "text",
        value: edited.value("reviewed_by").unwrap_or_default(),
        ..Field::default()
    };
    let mut facts = vec![format!(
        "Say yes if someone has read it today, {}, tried its links, and found that it's still right.",
        dates::day(today)
    )];
    if edited.has("reviewed_by") {
        facts.extend(approvals(&asking, &text).await?);
    }
    let question = Question {
        title: format!("Has “{}” been checked?", super::text::title(&text, &edited)),
        facts,
        fields: [day].into_iter().chain(edited.has("reviewed_by").then_some(reviewer)).collect(),
        button: "Yes, it has been checked".to_owned(),
        action: format!("{path}/review"),
        back_url: path,
        ..Question::default()
    };
    Ok((question.about(&lying.mark()), (text, lying)))
}

pub(super) async fn reviewed(asking: Asked, (text, lying): Found) -> Result<Response, Refusal> {
    let path = text_path(&text);
    let day = asking.form.text("review_by").parse();
    let day = day.map_err(|_| asking.wrong("Choose the day by which it's to be checked again.", &asking.here))?;
    if day <= asking.parts.writing().review_days().0 {
        return Err(asking.wrong("Choose a day in the future.", &asking.here));
    }
    match asking.parts.writing().review(&text, day, asking.form.text("reviewed_by"), &lying).await {
        Ok(()) => Ok(asking.decided(vec!["It's noted that someone has checked it.".to_owned()], &path)),
        Err(error) if is_same(&error) => Ok(asking.decided(vec!["It was checked today already.".to_owned()], &path)),
        Err(error) => Err(super::place::not_saved(&asking, error, &path)),
    }
}

pub(super) async fn discard(asking: Asked) -> Result<(Question, Found), Refusal> {
    let (text, lying) = found(&asking)?;
    let path = text_path(&text);
    if lying.draft.is_none() {
        return Err(asking.conflict("There's no draft of this text.", &path));
    }
    let stays = if lying.file.is_some() {
        "The text that is in the library stays as it is."
    } else {
        "There's nothing of it in the library yet, so nothing of it is left."
    };
    let question = Question {
        title: format!("Throw the draft of {} away?", text.file()),
        facts: vec![stays.to_owned()],
        button: "Throw it away".to_owned(),
        is_danger: true,
        action: format!("{path}/discard"),
        back_url: path,
        ..Question::default()
    };
    Ok((question.about(&lying.mark()), (text, lying)))
}

pub(super) async fn discarded(asking: Asked, (text, lying): Found) -> Result<Response, Refusal> {
    let path = if lying.file.is_some() { text_path(&text) } else { SECTION.to_owned() };
    asking
        .parts
        .writing()
        .discard(&text, &lying)
        .await
        .map_err(|error| super::place::not_saved(&asking, error, &path))?;
    Ok(asking.decided(vec!["The draft has been thrown away.".to_owned()], &path))
}
