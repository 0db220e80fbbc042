//! One activity's file → [`Activity`].

use std::collections::BTreeSet;

use crate::domain::activity::{Activity, ActivityId, Image, Resource, Sensitivity, is_slug};
use crate::domain::band::{BandName, Bands};
use crate::domain::prose::Prose;
use crate::toml_form::{Document, Fields, Form, Key, Table, Value};

use super::front_matter::{
    At, LINE, LINES, SENTENCES, date_range, line, lines, plain_lines, review_dates, split, unknown,
};
use super::page::Page;
use super::{link, markdown, sections, words};

/// The level-2 headings, in order.
pub(crate) const HEADINGS: [&str; 4] = ["Get ready", "Do it together", "Talk about it", "If something worries you"];

/// The most words of a summary.
const SUMMARY_WORDS: usize = 30;

/// File endings of pictures that mail programs show.
pub(crate) const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "gif"];

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

static IMAGE: Table = Table {
    heading: "[image]",
    noun: "image",
    about: "",
    keys: &[
        Key::required("file", LINE, "padlock.png"),
        Key::required("alt", LINE, "A padlock drawn by a child"),
        Key::required("credit", LINE, "Drawing: A. Painter"),
    ],
};

/// Reads an activity. `files` are the names beside it. `None` when anything is wrong; all of it is noted.
pub(crate) fn read(page: &Page, id: ActivityId, bands: &Bands, files: &BTreeSet<String>) -> Option<Activity> {
    let (front, body) = split(page)?;
    let document = Document::parse(page, front, &ACTIVITY);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let bands = read_bands(&fields, bands);
    let minutes = fields.read("minutes", Value::whole);
    let summary = read_summary(&fields);
    let needs = plain_lines(lines(&fields, "needs"));
    let screen = fields.read("screen", Value::flag).unwrap_or_default();
    let sensitivity = read_sensitivity(&fields);
    let review = review_dates(&fields);
    let (not_before, not_after) = date_range(&fields, "not_before", "not_after");
    let occasions = read_occasions(&fields);
    let resources: Vec<_> = fields.tables("resources").into_iter().flatten().map(|one| read_resource(&one)).collect();
    let image = fields.table("image").map(|fields| read_image(&fields, files));
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
        image: image.map_or(Some(None), |image| image.map(Some))?,
        get_ready,
        do_it_together,
        talk_about_it,
        if_something_worries_you,
    })
}

/// The bands, in the service's order; those of a shipped band that this service dropped come last.
fn read_bands(fields: &Fields<'_>, bands: &Bands) -> Option<Vec<BandName>> {
    let lines = lines(fields, "bands")?;
    let shipped = Bands::shipped();
    let mut named = Vec::new();
    for line in &lines {
        let rank = line.value.parse().ok().and_then(|name: BandName| {
            let rank = bands.iter().chain(shipped.iter()).position(|band| band.id == name)?;
            Some((rank, name))
        });
        if rank.is_none() {
            let all: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
            let rest = format!("the bands of this service are {}", words::listed(&all));
            unknown(fields.source(), line, ("unknown-band", "band"), all, &rest);
        }
        named.extend(rank);
    }
    if lines.is_empty() {
        fields.get("bands")?.error("no-band", "names no band, so nobody would get it", "write bands = [\"8-10\"]");
        return None;
    }
    named.sort();
    (named.len() == lines.len()).then(|| named.into_iter().map(|(_, name)| name).collect())
}

fn read_summary(fields: &Fields<'_>) -> Option<String> {
    let page = fields.source();
    let At { offset, value } = line(fields, "summary")?;
    let count = value.split_whitespace().count();
    if count > SUMMARY_WORDS {
        let message = format!("the summary has {count} words; {SUMMARY_WORDS} fit on its card");
        page.error(offset, "long-summary", message, "say what a family will do, in one or two short sentences");
        return None;
    }
    Some(value)
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
    let page = fields.source();
    let title = line(fields, "title");
    let url = line(fields, "url").and_then(|At { offset, value }| match link::check_https(&value) {
        Ok(()) => Some(value),
        Err(refused) => {
            page.error(offset, "link-address", refused.message, refused.help);
            None
        }
    });
    let publisher = line(fields, "publisher");
    Some(Resource { title: title?.value, url: url?, publisher: publisher?.value })
}

fn read_image(fields: &Fields<'_>, files: &BTreeSet<String>) -> Option<Image> {
    let page = fields.source();
    let file = line(fields, "file").and_then(|At { offset, value }| {
        if !is_picture(&value) {
            let message = format!("{} is not a plain file name of a picture", words::shown(&value));
            let help = "put a .png, .jpg or .gif file beside this one and write its name alone: padlock.png";
            page.error(offset, "bad-image", message, help);
            return None;
        }
        if !files.contains(&value) {
            let pictures = files.iter().map(String::as_str).filter(|name| is_picture(name));
            let help = words::suggest(&value, pictures, "put the picture beside this file");
            page.error(offset, "missing-image", format!("there is no file “{value}” beside this one"), help);
            return None;
        }
        Some(value)
    });
    let alt = line(fields, "alt");
    let credit = line(fields, "credit");
    Some(Image { file: file?, alt: alt?.value, credit: credit?.value })
}

/// Whether `name` is a plain file name with the ending of a picture.
pub(crate) fn is_picture(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.bytes().all(plain)
        && name.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && !stem.starts_with('.') && PICTURES.contains(&ending.to_ascii_lowercase().as_str())
        })
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
