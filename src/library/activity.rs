//! One activity's file → [`Activity`].

use std::collections::BTreeSet;

use crate::domain::activity::{Activity, ActivityId, Image, Resource, Sensitivity, is_slug};
use crate::domain::band::{BandName, Bands};

use super::fields::{At, Fields, Kind};
use super::page::Page;
use super::{front_matter, link, markdown, review, sections, words};

/// The level-2 headings, in order.
pub(crate) const HEADINGS: [&str; 4] = ["Get ready", "Do it together", "Talk about it", "If something worries you"];

/// The most words of a summary.
const SUMMARY_WORDS: usize = 30;

/// File endings of pictures that mail programs show.
pub(crate) const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "gif"];

static ACTIVITY: Kind = Kind {
    what: "an activity",
    keys: &[
        ("title", "title = \"Spot the trick\""),
        ("bands", "bands = [\"8-10\"]"),
        ("minutes", "minutes = 15"),
        ("summary", "summary = \"Play a game that shows how adverts hide.\""),
        ("needs", "needs = [\"paper\", \"pens\"]"),
        ("screen", "screen = false"),
        ("sensitivity", "sensitivity = \"care\""),
        ("reviewed", "reviewed = 2026-09-01"),
        ("review_by", "review_by = 2028-09-01"),
        ("not_before", "not_before = 2026-11-01"),
        ("not_after", "not_after = 2026-12-24"),
        ("occasions", "occasions = [\"safer-internet-day\"]"),
        ("resources", "[[resources]]"),
        ("image", "[image], then file = \"padlock.png\" in the next line"),
    ],
    outer: None,
};

static RESOURCE: Kind = Kind {
    what: "a resource",
    keys: &[
        ("title", "title = \"Band Runner\""),
        ("url", "url = \"https://www.example.org/page\""),
        ("publisher", "publisher = \"CEOP Education\""),
    ],
    outer: Some(&ACTIVITY),
};

static IMAGE: Kind = Kind {
    what: "an image",
    keys: &[
        ("file", "file = \"padlock.png\""),
        ("alt", "alt = \"A padlock drawn by a child\""),
        ("credit", "credit = \"Drawing: A. Painter\""),
    ],
    outer: Some(&ACTIVITY),
};

/// Reads an activity. `files` are the names beside it. `None` when anything is wrong; all of it is noted.
pub(crate) fn read(page: &Page, id: ActivityId, bands: &Bands, files: &BTreeSet<String>) -> Option<Activity> {
    let (front, body) = front_matter::split(page)?;
    let mut fields = front_matter::parse(page, front, &ACTIVITY);
    let title = fields.line("title");
    let bands = read_bands(&mut fields, bands);
    let minutes = fields.number("minutes", 1..=15);
    let summary = read_summary(&mut fields);
    let needs = plain_lines(fields.lines("needs"));
    let screen = fields.flag("screen");
    let sensitivity = read_sensitivity(&mut fields);
    let review = review::read(&mut fields);
    let (not_before, not_after) = review::ordered(&mut fields, "not_before", "not_after");
    let occasions = read_occasions(&mut fields);
    let resources = fields.tables("resources", &RESOURCE).into_iter().flatten().map(read_resource).collect::<Vec<_>>();
    let image = fields.table("image", &IMAGE).map(|fields| read_image(fields, files));
    fields.finish();
    let [get_ready, do_it_together, talk_about_it, if_something_worries_you] = read_body(page, body)?;
    let (reviewed, review_by) = review?;
    Some(Activity {
        id,
        title: title?,
        bands: bands?,
        minutes: minutes.and_then(|minutes| u8::try_from(minutes).ok())?,
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
fn read_bands(fields: &mut Fields<'_>, bands: &Bands) -> Option<Vec<BandName>> {
    let page = fields.page();
    let place = fields.place_of("bands").unwrap_or_default();
    let lines = fields.required_lines("bands")?;
    let shipped = Bands::shipped();
    let mut named = Vec::new();
    for At { offset, value } in lines.iter().cloned() {
        let rank = value.parse().ok().and_then(|name: BandName| {
            let rank = bands.iter().chain(shipped.iter()).position(|band| band.id == name)?;
            Some((rank, name))
        });
        if rank.is_none() {
            let all: Vec<&str> = bands.iter().map(|band| band.id.as_str()).collect();
            let rest = format!("the bands of this service are {}", words::listed(&all));
            let help = words::suggest(&value, all, &rest);
            page.error(offset, "unknown-band", format!("there is no band “{}”", words::shown(&value)), help);
        }
        named.extend(rank);
    }
    if lines.is_empty() {
        page.error(place, "no-band", "“bands” names no band, so nobody would get it", "write bands = [\"8-10\"]");
        return None;
    }
    named.sort();
    (named.len() == lines.len()).then(|| named.into_iter().map(|(_, name)| name).collect())
}

fn read_summary(fields: &mut Fields<'_>) -> Option<String> {
    let page = fields.page();
    let At { offset, value } = fields.required_line("summary")?;
    let count = value.split_whitespace().count();
    if count > SUMMARY_WORDS {
        let message = format!("the summary has {count} words; {SUMMARY_WORDS} fit on its card");
        page.error(offset, "long-summary", message, "say what a family will do, in one or two short sentences");
        return None;
    }
    Some(value)
}

fn read_sensitivity(fields: &mut Fields<'_>) -> Option<Sensitivity> {
    let page = fields.page();
    let Some(At { offset, value }) = fields.optional_line("sensitivity") else { return Some(Sensitivity::None) };
    match value.as_str() {
        "none" => Some(Sensitivity::None),
        "care" => Some(Sensitivity::Care),
        "high" => Some(Sensitivity::High),
        other => {
            let help = words::suggest(other, ["none", "care", "high"], "it is none, care or high");
            let message = format!("there is no sensitivity “{}”", words::shown(other));
            page.error(offset, "unknown-value", message, help);
            None
        }
    }
}

fn read_occasions(fields: &mut Fields<'_>) -> Vec<String> {
    let page = fields.page();
    let lines = fields.lines("occasions").unwrap_or_default();
    for line in lines.iter().filter(|line| !is_slug(&line.value)) {
        let message = format!("“{}” is not the name of an occasion", words::shown(&line.value));
        let help = "use the name in config.toml: lower-case letters, digits and hyphens, such as safer-internet-day";
        page.error(line.offset, "bad-name", message, help);
    }
    plain_lines(Some(lines))
}

fn read_resource(mut fields: Fields<'_>) -> Option<Resource> {
    let page = fields.page();
    let title = fields.line("title");
    let url = fields.required_line("url").and_then(|At { offset, value }| match link::check_https(&value) {
        Ok(()) => Some(value),
        Err(refused) => {
            page.error(offset, "link-address", refused.message, refused.help);
            None
        }
    });
    let publisher = fields.line("publisher");
    fields.finish();
    Some(Resource { title: title?, url: url?, publisher: publisher? })
}

fn read_image(mut fields: Fields<'_>, files: &BTreeSet<String>) -> Option<Image> {
    let page = fields.page();
    let file = fields.required_line("file").and_then(|At { offset, value }| {
        if !is_picture(&value) {
            let message = format!("“{}” is not a plain file name of a picture", words::shown(&value));
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
    let alt = fields.line("alt");
    let credit = fields.line("credit");
    fields.finish();
    Some(Image { file: file?, alt: alt?, credit: credit? })
}

/// Whether `name` is a plain file name with the ending of a picture.
pub(crate) fn is_picture(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    name.bytes().all(plain)
        && name.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && !stem.starts_with('.') && PICTURES.contains(&ending.to_ascii_lowercase().as_str())
        })
}

fn read_body(page: &Page, start: usize) -> Option<[crate::domain::prose::Prose; 4]> {
    let outline = markdown::read(page, start);
    sections::no_opening(page, &outline, HEADINGS[0]);
    let talk = outline.sections.iter().find(|section| section.title == HEADINGS[2]);
    if let Some(talk) = talk.filter(|talk| !talk.body.is_empty() && !talk.body.plain().contains('?')) {
        let message = format!("there is no question below “## {}”", HEADINGS[2]);
        page.error(talk.at, "no-question", message, "add a question that a family can talk about, with its ?");
    }
    sections::take(page, outline.sections, HEADINGS, page.text().len())
}

fn plain_lines(lines: Option<Vec<At<String>>>) -> Vec<String> {
    lines.unwrap_or_default().into_iter().map(|line| line.value).collect()
}
