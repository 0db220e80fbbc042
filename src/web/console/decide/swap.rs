//! Gives a band of an edition another activity.

use axum::response::Response;

use super::facts::{Facts, label};
use crate::app::Content;
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::edition::{EditionNumber, Pick};
use crate::messages;
use crate::web::console::ask::{Choice, Field, Question};
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::parts::ConsoleParts;

/// Which band of which edition.
type Place = (EditionNumber, BandName);

/// The activities to choose from, by theme.
pub(super) async fn ask(asking: Asked) -> Result<(Question, Place), Refusal> {
    let (parts, number) = (&asking.parts, EditionNumber(asking.number("number")?));
    let band = band(parts, &asking.parameter("band")).ok_or_else(|| asking.missing("There's no such age group."))?;
    let why = "Nothing can be swapped while the library has errors. Whoever looks after it has to mend them first.";
    let content = parts.content().ok_or_else(|| asking.conflict(why, &format!("/editions/{number}")))?;
    let facts = Facts::read(parts, number).await.map_err(asking.failed("/"))?;
    Ok((question(parts, content, &facts, &band), (number, band)))
}

fn band(parts: &ConsoleParts, text: &str) -> Option<BandName> {
    // A plus sign in a query is a space to a form's rules.
    let name = text.replace(' ', "+").parse().ok()?;
    parts.config().bands.get(&name).map(|band| band.id.clone())
}

fn question(parts: &ConsoleParts, content: &Content, facts: &Facts, band: &BandName) -> Question {
    let number = facts.row.edition;
    let chosen = facts.row.picks().iter().find(|pick| pick.band == *band);
    let label = label(parts, band);
    let now = chosen.map(|pick| format!("Now it is “{}”: {}.", pick.title, messages::picks::pick(pick)));
    let again = "If the edition has been approved, it needs approval again.".to_owned();
    let options = options(content, band, chosen);
    Question {
        title: format!("Another activity for {label} in edition {number}?"),
        facts: now.into_iter().chain([again]).collect(),
        fields: vec![Field { name: "activity", label: "Activity", options, ..Field::default() }],
        button: "Swap it".to_owned(),
        action: format!("/editions/{number}/swap?band={}", band.in_query()),
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

pub(super) async fn decide(asking: Asked, (number, band): Place) -> Result<Response, Refusal> {
    let path = format!("/editions/{number}");
    let activity = asking.form.text("activity").parse::<ActivityId>();
    let activity = activity.map_err(|_| asking.missing("There's no such activity."))?;
    let decided = asking.parts.decisions().swap(number, &band, &activity).await.map_err(asking.failed(&path))?;
    let due = asking.parts.context.local(decided.edition.due_at);
    let pick = decided.edition.selection.picks.iter().find(|pick| pick.band == band);
    let now = pick.map(|pick| format!("{} gets “{}” now.", label(&asking.parts, &band), pick.title));
    Ok(asking.decided(now.into_iter().chain(messages::console::decided(&decided, &due)).collect(), &path))
}
