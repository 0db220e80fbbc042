//! The lines between the two `+++`: where they are, and what their values may be.

use std::ops::Range;

use chrono::NaiveDate;

use crate::domain::band::{BandName, Bands};
use crate::domain::text::NAME_LIMIT;
use crate::toml_form::{Fields, Form, Value};

use super::page::Page;
use super::words;

/// The line before and after the front matter.
const FENCE: &str = "+++";

/// One line of text.
pub(super) const LINE: Form = Form::Text { pattern: "", limit: Some(NAME_LIMIT) };

/// A line that holds sentences.
pub(super) const SENTENCES: Form = Form::Text { pattern: "", limit: Some(1_000) };

/// A list of lines.
pub(super) const LINES: Form = Form::List { of: &LINE, least: 0, most: None };

/// A value with the byte at which it begins in the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At<T> {
    pub(super) offset: usize,
    pub(super) value: T,
}

/// Splits a page into its front matter and the offset at which the Markdown begins.
/// `None` when there is no whole front matter: that is noted.
pub(crate) fn split(page: &Page) -> Option<(Range<usize>, usize)> {
    let text = page.text();
    if text.trim().is_empty() {
        page.error(0, "empty-file", "the file is empty", "write it, or delete it");
        return None;
    }
    let mut lines = text.split_inclusive('\n').scan(0, |offset, line| {
        let start = *offset;
        *offset += line.len();
        Some((start, line))
    });
    let first = lines.next().map_or("", |(_, line)| line);
    if first.trim_end() != FENCE {
        let help = "the first line is +++, then come lines such as title = \"…\", then +++ again, then the text";
        page.error(0, "no-front-matter", "the file does not begin with a line +++", help);
        return None;
    }
    let Some((end, fence)) = lines.find(|(_, line)| line.trim_end() == FENCE) else {
        let help = "put a line +++ below the last key; if keys are missing as well, the file was saved half-written";
        page.error(0, "unclosed-front-matter", "the front matter that begins here has no closing line +++", help);
        return None;
    };
    Some((first.len()..end, end + fence.len()))
}

/// A text of one line, without space round it, that is not empty and holds nothing that cannot be printed.
pub(super) fn line(fields: &Fields<'_>, key: &str) -> Option<At<String>> {
    fields.read(key, line_of)
}

/// Such a text of at most `most` words, as many as `fit` somewhere; with the code and the help for one that has more.
pub(super) fn line_of_words(
    fields: &Fields<'_>,
    key: &str,
    (most, fit): (usize, &str),
    (code, help): (&'static str, &str),
) -> Option<String> {
    let At { offset, value } = line(fields, key)?;
    let count = value.split_whitespace().count();
    if count > most {
        let message = format!("“{key}” has {count} words; {most} {fit}");
        fields.source().error(offset, code, message, help);
        return None;
    }
    Some(value)
}

/// A list of such texts without repeats; `None` when left out, or when none of it could be read.
pub(super) fn lines(fields: &Fields<'_>, key: &str) -> Option<Vec<At<String>>> {
    let items = fields.get(key)?.list()?;
    let mut lines: Vec<At<String>> = Vec::new();
    for item in &items {
        let Some(line) = line_of(item) else { continue };
        if lines.iter().any(|known| known.value == line.value) {
            let what = format!("names {} twice", words::shown(&line.value));
            item.error("repeated-value", what, "take one of them out");
        } else {
            lines.push(line);
        }
    }
    (items.is_empty() || !lines.is_empty()).then_some(lines)
}

/// Notes that there is no such word, with the code for that and what it should be; `rest` says which there are.
pub(super) fn unknown<'a>(
    page: &Page,
    found: &At<String>,
    (code, what): (&'static str, &str),
    options: impl IntoIterator<Item = &'a str>,
    rest: &str,
) {
    let message = format!("there is no {what} {}", words::shown(&found.value));
    page.error(found.offset, code, message, words::suggest(&found.value, options, rest));
}

/// The bands, in the service's order; those of a shipped band that this service dropped come last.
pub(super) fn bands_of(fields: &Fields<'_>, bands: &Bands) -> Option<Vec<BandName>> {
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

/// The texts alone; none when left out.
pub(super) fn plain_lines(lines: Option<Vec<At<String>>>) -> Vec<String> {
    lines.unwrap_or_default().into_iter().map(|line| line.value).collect()
}

fn line_of(value: &Value<'_>) -> Option<At<String>> {
    let text = value.text()?.trim();
    if text.is_empty() {
        value.error("empty-value", "is empty", value.like_this());
        return None;
    }
    if let Some(limit) = value.limit().filter(|limit| text.chars().count() > *limit) {
        value.error("too-long", format_args!("is longer than {limit} characters"), "say it in fewer words");
        return None;
    }
    let offset = value.offset();
    words::check(value.source(), |_| offset, &value.subject(), text).then(|| At { offset, value: text.to_owned() })
}

/// A date with its place.
pub(super) fn date(fields: &Fields<'_>, key: &str) -> Option<At<NaiveDate>> {
    let value = fields.get(key)?;
    Some(At { offset: value.offset(), value: value.date()? })
}

/// `reviewed` and `review_by`, the first before the second.
pub(super) fn review_dates(fields: &Fields<'_>) -> Option<(NaiveDate, NaiveDate)> {
    let (reviewed, review_by) = (date(fields, "reviewed"), date(fields, "review_by"));
    let (reviewed, review_by) = (reviewed?, review_by?);
    if reviewed.value >= review_by.value {
        let message = "“review_by” is not after “reviewed”";
        let help = "a text is checked again some time after it was checked";
        fields.source().error(review_by.offset, "date-order", message, help);
        return None;
    }
    Some((reviewed.value, review_by.value))
}

/// Two dates, the first not after the second.
pub(super) fn date_range(fields: &Fields<'_>, first: &str, last: &str) -> (Option<NaiveDate>, Option<NaiveDate>) {
    let (from, until) = (date(fields, first), date(fields, last));
    if let (Some(from), Some(until)) = (&from, &until)
        && until.value < from.value
    {
        let message = format!("“{last}” is before “{first}”, so it would never be shown");
        fields.source().error(until.offset, "date-order", message, "exchange the two dates, or mend the year");
    }
    (from.map(|at| at.value), until.map(|at| at.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Page {
        super::super::page::new("x.md".to_owned(), text.to_owned())
    }

    #[test]
    fn the_fences_may_end_in_either_line_ending() {
        for text in ["+++\na = 1\n+++\nbody", "+++\r\na = 1\r\n+++\r\nbody"] {
            let page = page(text);
            let (front, body) = split(&page).expect("both fences are there");
            assert_eq!(text[front].trim(), "a = 1");
            assert_eq!(&text[body..], "body");
        }
    }

    #[test]
    fn a_file_may_end_with_its_closing_fence() {
        let page = page("+++\n+++");
        assert_eq!(split(&page), Some((4..4, 7)));
    }
}
