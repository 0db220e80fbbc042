//! Texts of an edition that were changed after it had gone out: was it a slip?

use axum::response::Response;
use serde::Serialize;

use super::content::{PartView, parts_of};
use crate::app::AppError;
use crate::app::slips::{ChangedText, Slips};
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::library::correction;
use crate::web::console::parts::ConsoleParts;

#[derive(Debug, Serialize)]
pub(super) struct SlipView {
    title: String,
    parts: Vec<PartView>,
    /// The question; empty for those who may not decide.
    url: String,
    /// Where a correction of it is begun; empty for those who may not write.
    correct_url: String,
}

/// Which texts read differently now; none while the library has errors.
pub(super) async fn read(
    parts: &ConsoleParts,
    caller: &Caller,
    number: EditionNumber,
) -> Result<Vec<SlipView>, AppError> {
    let Some(content) = parts.content() else { return Ok(Vec::new()) };
    let changed = Slips::new(&parts.context, content).changed(number).await?;
    let view = |text: &ChangedText| SlipView {
        title: text.change.title.clone(),
        parts: parts_of(&text.change),
        url: if caller.may(Permission::Decide) { caller.link(&path(number, text)) } else { String::new() },
        correct_url: correction::link(parts, caller, number, text.now.title(), true),
    };
    Ok(changed.iter().map(view).collect())
}

fn path(number: EditionNumber, text: &ChangedText) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("text", text.now.key());
    format!("/editions/{number}/correct?{}", query.finish())
}

pub(super) async fn ask(asking: Asked) -> Result<(Question, (EditionNumber, ChangedText)), Refusal> {
    let (parts, number) = (&asking.parts, EditionNumber(asking.number("number")?));
    let (back, wanted) = (format!("/editions/{number}"), asking.parameter("text"));
    let library = "The library has errors, so nobody can say what its texts read like now.";
    let content = parts.content().ok_or_else(|| asking.conflict(library, &back))?;
    let changed = Slips::new(&parts.context, content).changed(number).await.map_err(asking.failed(&back))?;
    let text = changed.into_iter().find(|text| text.now.key() == wanted);
    let same = "The website shows this text as it reads now, so there's nothing to correct.";
    let text = text.ok_or_else(|| asking.conflict(same, &back))?;
    let today = dates::day(parts.context.local(parts.context.clock.now()).date_naive());
    let question = Question {
        title: format!("Was it a slip? Correct “{}” on the website?", text.now.title()),
        facts: vec![
            format!(
                "Its page, the page of edition {number} and the feeds show it as it reads now, with “Corrected on {today}”."
            ),
            "Mails keep what they said, also those that are still tried again. What was sent stays on record."
                .to_owned(),
            "Nobody is told by mail. If families must know, send a bulletin that corrects this edition.".to_owned(),
        ],
        button: "Correct it on the website".to_owned(),
        action: path(number, &text),
        back_url: back,
        ..Question::default()
    };
    Ok((question.about(&(&text.now, text.number)), (number, text)))
}

pub(super) async fn mend(asking: Asked, (number, text): (EditionNumber, ChangedText)) -> Result<Response, Refusal> {
    let back = format!("/editions/{number}");
    let gone = "The library has errors now, so nothing was changed.";
    let content = asking.parts.content().ok_or_else(|| asking.conflict(gone, &back))?;
    let slips = Slips::new(&asking.parts.context, content);
    if !slips.mend(number, &text).await.map_err(asking.failed(&back))? {
        return Err(asking.conflict("Someone else has just corrected it. Look at it again.", &back));
    }
    let said = format!("The website and the feeds show “{}” as it reads now.", text.now.title());
    Ok(asking.decided(vec![said], &back))
}
