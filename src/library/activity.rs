//! One activity's file → [`Activity`].

use crate::domain::activity::{Activity, ActivityId, NextStep, Resource, Sensitivity, is_slug};
use crate::domain::band::Bands;
use crate::domain::prose::Prose;
use crate::toml_form::{Document, Fields, Form, Key, Table, Value};

use super::beside::{Beside, IMAGE};
use super::front_matter::{
    At, LINE, LINES, SENTENCES, bands_of, date_range, line, line_of_words, lines, plain_lines, review_dates, split,
    unknown,
};
use super::page::Page;
use super::{link, markdown, sections, words};

/// The level-2 headings, in order.
pub(crate) const HEADINGS: [&str; 4] = ["Get ready", "Do it together", "Talk about it", "If something worries you"];

/// The most words of a summary.
pub(super) const SUMMARY_WORDS: usize = 30;

/// The most words of what completes “Your child practises …”.
const SKILL_WORDS: usize = 16;

/// The most words of what is said together.
const SAY_WORDS: usize = 20;

static ACTIVITY: Table = Table {
    heading: "",
    noun: "an activity",
    about: "",
    keys: &[
        Key::required("title", LINE, "Spot the trick"),
        Key::required("bands", LINES, "[\"8-10\"]"),
        Key::required("minutes", Form::Whole { least: 1, most: 15 }, "15"),
        Key::required("summary", SENTENCES, "Play a game that shows how adverts hide."),
        Key::optional("needs", LINES, "[\"paper\", \"pens\"]"),
        Key::optional("screen", Form::Flag, "false"),
        Key::optional("sensitivity", LINE, "care"),
        Key::required("reviewed", Form::Date, "2026-09-01"),
        Key::required("review_by", Form::Date, "2028-09-01"),
        Key::optional("not_before", Form::Date, "2026-11-01"),
        Key::optional("not_after", Form::Date, "2026-12-24"),
        Key::optional("occasions", LINES, "[\"safer-internet-day\"]"),
        Key::optional("resources", Form::Tables { of: &RESOURCE, least: 0, most: None }, "[[resources]]"),
        Key::optional("image", Form::Table(&IMAGE), "[image]"),
        Key::optional("skill", SENTENCES, "choosing who to tell when a chat turns odd"),
        Key::optional("say", SENTENCES, "I can stop, and I can always tell someone."),
        Key::optional("next", Form::Table(&NEXT), "[next]"),
        Key::optional("printable", LINE, "four-buttons.svg"),
    ],
};

static RESOURCE: Table = Table {
    heading: "[[resources]]",
    noun: "resource",
    about: "",
    keys: &[
        Key::required("title", LINE, "Band Runner"),
        Key::required("url", LINE, "https://www.example.org/page"),
        Key::required("publisher", LINE, "CEOP Education"),
    ],
};

static NEXT: Table = Table {
    heading: "[next]",
    noun: "step",
    about: "",
    keys: &[
        Key::required("text", SENTENCES, "Look together who can message your child in one app."),
        Key::required("url", LINE, "https://www.example.org/settings"),
        Key::required("publisher", LINE, "Internet Matters"),
    ],
};

/// Reads an activity, and the files that it names. `None` when anything is wrong; all of it is noted.
pub(crate) fn read(page: &Page, id: ActivityId, bands: &Bands, beside: Beside<'_>) -> Option<Activity> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &ACTIVITY);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let bands = bands_of(&fields, bands);
    let minutes = fields.read("minutes", Value::whole);
    let summary = short(&fields, "summary", SUMMARY_WORDS);
    let skill = optional(&fields, "skill", |fields| short(fields, "skill", SKILL_WORDS));
    let say = optional(&fields, "say", |fields| short(fields, "say", SAY_WORDS));
    let needs = plain_lines(lines(&fields, "needs"));
    let screen = fields.read("screen", Value::flag).unwrap_or_default();
    let sensitivity = read_sensitivity(&fields);
    let review = review_dates(&fields);
    let (not_before, not_after) = date_range(&fields, "not_before", "not_after");
    let occasions = read_occasions(&fields);
    let resources: Vec<_> = fields.tables("resources").into_iter().flatten().map(|one| read_resource(&one)).collect();
    let image = optional(&fields, "image", |fields| beside.image(&fields.table("image")?));
    let next = optional(&fields, "next", |fields| read_next(&fields.table("next")?));
    let printable = optional(&fields, "printable", |fields| beside.printable(fields, "printable"));
    let [get_ready, do_it_together, talk_about_it, if_something_worries_you] = read_body(page, body)?;
    let (reviewed, review_by) = review?;
    Some(Activity {
        id,
        title: title?.value,
        bands: bands?,
        minutes: minutes?,
        summary: summary?,
        needs,
        screen,
        sensitivity: sensitivity?,
        reviewed,
        review_by,
        not_before,
        not_after,
        occasions,
        resources: resources.into_iter().collect::<Option<_>>()?,
        image: image?,
        skill: skill?,
        say: say?,
        next: next?,
        printable: printable?,
        get_ready,
        do_it_together,
        talk_about_it,
        if_something_worries_you,
    })
}

/// What may be left out: `None` when it was there and anything about it is wrong.
#[allow(clippy::option_option)]
fn optional<T>(fields: &Fields<'_>, key: &str, read: impl FnOnce(&Fields<'_>) -> Option<T>) -> Option<Option<T>> {
    fields.get(key).map_or(Some(None), |_| read(fields).map(Some))
}

/// A line of at most so many words.
fn short(fields: &Fields<'_>, key: &str, most: usize) -> Option<String> {
    let (code, help) = match key {
        "summary" => ("long-summary", "say what a family will do, in one or two short sentences"),
        "skill" => ("long-skill", "name one thing that completes “Your child practises …”"),
        _ => ("long-say", "keep what a child can say and remember"),
    };
    line_of_words(fields, key, (most, "fit on its card"), (code, help))
}

fn read_sensitivity(fields: &Fields<'_>) -> Option<Sensitivity> {
    let Some(found) = line(fields, "sensitivity") else { return Some(Sensitivity::None) };
    match found.value.as_str() {
        "none" => Some(Sensitivity::None),
        "care" => Some(Sensitivity::Care),
        "high" => Some(Sensitivity::High),
        _ => {
            let words = ["none", "care", "high"];
            unknown(fields.source(), &found, ("unknown-value", "sensitivity"), words, "it is none, care or high");
            None
        }
    }
}

fn read_occasions(fields: &Fields<'_>) -> Vec<String> {
    let page = fields.source();
    let lines = lines(fields, "occasions").unwrap_or_default();
    for line in lines.iter().filter(|line| !is_slug(&line.value)) {
        let message = format!("{} is not the name of an occasion", words::shown(&line.value));
        let help = "use the name in config.toml: lower-case letters, digits and hyphens, such as safer-internet-day";
        page.error(line.offset, "bad-name", message, help);
    }
    plain_lines(Some(lines))
}

fn read_resource(fields: &Fields<'_>) -> Option<Resource> {
    let (title, url, publisher) = (line(fields, "title"), read_url(fields), line(fields, "publisher"));
    Some(Resource { title: title?.value, url: url?, publisher: publisher?.value })
}

fn read_next(fields: &Fields<'_>) -> Option<NextStep> {
    let (text, url, publisher) = (line(fields, "text"), read_url(fields), line(fields, "publisher"));
    Some(NextStep { text: text?.value, url: url?, publisher: publisher?.value })
}

fn read_url(fields: &Fields<'_>) -> Option<String> {
    let At { offset, value } = line(fields, "url")?;
    match link::check_https(&value) {
        Ok(()) => Some(value),
        Err(refused) => {
            fields.source().error(offset, "link-address", refused.message, refused.help);
            None
        }
    }
}

fn read_body(page: &Page, start: usize) -> Option<[Prose; 4]> {
    let outline = markdown::read(page, start);
    sections::no_opening(page, &outline, HEADINGS[0]);
    let talk = outline.sections.iter().find(|section| section.title == HEADINGS[2]);
    if let Some(talk) = talk.filter(|talk| !talk.body.is_empty() && !talk.body.plain().contains('?')) {
        let message = format!("there is no question below “## {}”", HEADINGS[2]);
        page.error(talk.at, "no-question", message, "add a question that a family can talk about, with its ?");
    }
    sections::take(page, outline.sections, HEADINGS, page.text().len())
}
