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

pub(super) static ACTIVITY: Table = Table {
    heading: "",
    noun: "an activity",
    about: "",
    keys: &[
        Key::required("title", LINE, "Spot the trick")
            .asked("Title", "Short, and a little curious. Families see it on the card."),
        Key::required("bands", LINES, "[\"8-10\"]").asked("Who it's for", ""),
        Key::required("minutes", Form::Whole { least: 1, most: 15 }, "15")
            .asked("Minutes", "15, unless it really takes less. The steps should take about 10 of them."),
        Key::required("summary", SENTENCES, "Play a game that shows how adverts hide.").asked(
            "Summary",
            "What you do together and what it's for, in at most 30 words. A parent who reads nothing else should know that it's about \
             online safety.",
        ),
        Key::optional("needs", LINES, "[\"paper\", \"pens\"]")
            .asked("What you need", "One thing on each line, such as: paper. Leave it empty if nothing is needed."),
        Key::optional("screen", Form::Flag, "false").asked("It can't be done without a screen", ""),
        Key::optional("sensitivity", LINE, "care").asked("How much care it needs", ""),
        Key::required("reviewed", Form::Date, "2026-09-01")
            .asked("Last checked on", "The day on which someone last read it and tried its links."),
        Key::required("review_by", Form::Date, "2028-09-01")
            .asked("Check again by", "After that day, it isn't picked any more until someone has checked it."),
        Key::optional("not_before", Form::Date, "2026-11-01")
            .asked("Not before", "Only for what suits one time of the year. Leave it empty otherwise."),
        Key::optional("not_after", Form::Date, "2026-12-24")
            .asked("Not after", "Only for what suits one time of the year. Leave it empty otherwise."),
        Key::optional("occasions", LINES, "[\"safer-internet-day\"]")
            .asked("Campaigns that it belongs to", "It's picked for the fortnight of these."),
        Key::optional("resources", Form::Tables { of: &RESOURCE, least: 0, most: None }, "[[resources]]")
            .asked("Something to read or watch", "A page elsewhere that helps. Leave it empty if there's none."),
        Key::optional("image", Form::Table(&IMAGE), "[image]")
            .asked("Picture", "A picture that lies beside the text. Leave it empty if there's none."),
        Key::optional("skill", SENTENCES, "choosing who to tell when a chat turns odd").asked(
            "What your child practises",
            "One thing, in at most 16 words. It completes the sentence “Your child practises …”.",
        ),
        Key::optional("say", SENTENCES, "I can stop, and I can always tell someone.").asked(
            "What you say together at the end",
            "At most 20 words that a child will remember. Leave it empty if there's none.",
        ),
        Key::optional("next", Form::Table(&NEXT), "[next]").asked(
            "One real step on a real device",
            "Five minutes, on another day: the settings of one app, for example. Leave it empty if there's none.",
        ),
        Key::optional("printable", LINE, "four-buttons.svg").asked(
            "Sheet to print",
            "The name of a drawing (.svg) that lies beside the text, such as four-buttons.svg. Leave it empty if there's none.",
        ),
    ],
};

static RESOURCE: Table = Table {
    heading: "[[resources]]",
    noun: "resource",
    about: "",
    keys: &[
        Key::required("title", LINE, "Band Runner").asked("Its title", ""),
        Key::required("url", LINE, "https://www.example.org/page").asked("Its address", "It begins with https://."),
        Key::required("publisher", LINE, "CEOP Education").asked("Who made it", ""),
    ],
};

static NEXT: Table = Table {
    heading: "[next]",
    noun: "step",
    about: "",
    keys: &[
        Key::required("text", SENTENCES, "Look together who can message your child in one app.")
            .asked("What you do", ""),
        Key::required("url", LINE, "https://www.example.org/settings").asked(
            "The page that shows how",
            "Its address, which begins with https://. Not the home page, but the page itself.",
        ),
        Key::required("publisher", LINE, "Internet Matters").asked("Whose page that is", ""),
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
