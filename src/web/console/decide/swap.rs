//! Gives a band of an edition another activity.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::facts::Facts;
use crate::app::{AppError, Content};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::{EditionNumber, Pick};
use crate::messages;
use crate::web::console::answer;
use crate::web::console::ask::{Choice, Field, Hidden, Question, is_as_seen};
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

/// The activities to choose from, by theme.
pub(super) async fn ask(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u32>,
    RawQuery(query): RawQuery,
) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    let Some(band) = band(&parts, &parameter(query.as_deref(), "band")) else {
        return answer::missing(&parts, &caller, "There's no such age group.");
    };
    let Some(content) = parts.content() else {
        let why = "Nothing can be swapped while the library has errors. Whoever looks after it has to mend them first.";
        return answer::refusal(&parts, &caller, StatusCode::CONFLICT, why, &format!("/editions/{number}"));
    };
    match Facts::read(&parts, number).await {
        Ok(facts) => question(&parts, content, &facts, &band).page(&parts, &caller, "/calendar"),
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

fn band(parts: &ConsoleParts, text: &str) -> Option<BandName> {
    // A plus sign in a query is a space to a form's rules.
    let name = text.replace(' ', "+").parse().ok()?;
    parts.config().bands.get(&name).map(|band| band.id.clone())
}

fn question(parts: &ConsoleParts, content: &Content, facts: &Facts, band: &BandName) -> Question {
    let number = facts.row.edition;
    let chosen = facts.row.picks().iter().find(|pick| pick.band == *band);
    let label = parts.config().bands.get(band).map_or_else(|| band.to_string(), |band| band.label.clone());
    let now = chosen.map(|pick| format!("Now it is “{}”: {}.", pick.title, messages::picks::pick(pick)));
    let again = "If the edition has been approved, it needs approval again.".to_owned();
    let options = options(content, band, chosen);
    Question {
        title: format!("Another activity for {label} in edition {number}?"),
        facts: now.into_iter().chain([again]).collect(),
        fields: vec![Field { name: "activity", label: "Activity", options, ..Field::default() }],
        hidden: vec![Hidden { name: "band", value: band.to_string() }],
        button: "Swap it".to_owned(),
        action: format!("/editions/{number}/swap"),
        back_url: format!("/editions/{number}"),
        ..Question::default()
    }
    .about(&facts.seen())
}

fn options(content: &Content, band: &BandName, chosen: Option<&Pick>) -> Vec<Choice> {
    let library = &content.library;
    let theme = |name: &str| library.theme(name).map_or_else(|| name.to_owned(), |theme| theme.title.clone());
    let fits = library.activities.iter().filter(|activity| activity.bands.contains(band));
    let mut options: Vec<Choice> = fits
        .map(|activity| Choice {
            value: activity.id.to_string(),
            label: format!("{}: {}", theme(activity.id.theme()), activity.title),
            chosen: chosen.is_some_and(|pick| pick.id == activity.id),
        })
        .collect();
    options.sort_by(|a, b| a.label.cmp(&b.label));
    options
}

pub(super) async fn decide(
    State(console): State<Console>,
    caller: Caller,
    Path(number): Path<u32>,
    form: Form,
) -> Response {
    let (parts, number) = (console.parts(), EditionNumber(number));
    let (Some(band), Ok(activity)) = (band(&parts, form.text("band")), form.text("activity").parse::<ActivityId>())
    else {
        return answer::missing(&parts, &caller, "There's no such age group, or no such activity.");
    };
    let path = format!("/editions/{number}");
    match swap(&parts, number, (&band, &activity), &form).await {
        Ok(Some(said)) => answer::decided(&console, &caller, said, &path),
        Ok(None) => answer::changed_meanwhile(&parts, &caller, &path),
        Err(error) => answer::failed(&parts, &caller, &error, &path),
    }
}

/// None when the edition is no longer as it was shown.
async fn swap(
    parts: &ConsoleParts,
    number: EditionNumber,
    (band, activity): (&BandName, &ActivityId),
    form: &Form,
) -> Result<Option<Vec<String>>, AppError> {
    if !is_as_seen(form, &Facts::read(parts, number).await?.seen()) {
        return Ok(None);
    }
    let decided = parts.decisions().swap(number, band, activity).await?;
    let due = parts.context.local(decided.edition.due_at);
    let pick = decided.edition.selection.picks.iter().find(|pick| pick.band == *band);
    let now = pick.map(|pick| format!("{} gets “{}” now.", pick.band, pick.title));
    Ok(Some(now.into_iter().chain(messages::console::decided(&decided, &due)).collect()))
}
