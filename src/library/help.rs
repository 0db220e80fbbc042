//! help.toml → the [`Help`] block of one nation.
//!
//! Lines that all nations share are written once; an entry with `nations` belongs to those alone.

use std::collections::BTreeSet;

use crate::domain::activity::{Nation, is_slug};
use crate::domain::address::Address;
use crate::domain::band::Bands;
use crate::domain::help::{Help, HelpEntry, MAIL_ENTRIES, Worry};
use crate::domain::prose::{Block, Prose};
use crate::toml_form::{Document, Fields, Form, Key, Table};

use super::front_matter::{At, LINE, LINES, SENTENCES, bands_of, line, lines, unknown};
use super::page::{self, Page};
use super::{link, markdown, words};

/// Markdown of several paragraphs.
const PASSAGE: Form = Form::Text { pattern: "", limit: Some(4_000) };

const TITLE: Key =
    Key::required("title", LINE, "Where to turn").asked("Title", "The heading of the block in every mail.");

const INTRO: Key = Key::required("intro", SENTENCES, "It is never the child's fault.").asked(
    "First sentences",
    "They stand above the list in every mail, and have to say that it's never the child's fault.",
);

/// The keys of the block itself, for a form that leaves its lists alone.
pub(super) static TOP: Table = Table::of_file("the help block", &[TITLE, INTRO]);

static HELP: Table = Table {
    heading: "",
    noun: "the help block",
    about: "",
    keys: &[
        TITLE,
        INTRO,
        Key::optional("entries", Form::Tables { of: &ENTRY, least: 0, most: None }, "[[entries]]"),
        Key::optional("worry", Form::Tables { of: &WORRY, least: 0, most: None }, "[[worry]]"),
    ],
};

pub(super) static ENTRY: Table = Table {
    heading: "[[entries]]",
    noun: "entry",
    about: "",
    keys: &[
        Key::required("id", LINE, "childline")
            .asked("Short name", "Lower-case letters, digits and hyphens, such as childline. Families don't see it."),
        Key::required("when", LINE, "If a child wants to talk").asked("When to turn there", ""),
        Key::required("who", LINE, "Childline").asked("Who helps", ""),
        Key::optional("what", SENTENCES, "Free, at any time.").asked("What to do", "A sentence or two."),
        Key::optional("phone", LINE, "0800 1111").asked("Telephone number", ""),
        Key::optional("email", LINE, "help@example.org").asked("Email address", ""),
        Key::optional("url", LINE, "https://www.example.org/help").asked("Web page", "It begins with https://."),
        Key::optional("link_text", LINE, "Childline's website").asked("Words for the link to that page", ""),
        Key::optional("bands", LINES, "[\"11-14\", \"14+\"]").asked("For which ages", "Tick none if it's for all."),
        Key::optional("nations", LINES, "[\"england\", \"wales\"]")
            .asked("In which nations", "Tick none if it's in all."),
    ],
};

pub(super) static WORRY: Table = Table {
    heading: "[[worry]]",
    noun: "worry block",
    about: "",
    keys: &[
        Key::required("bands", LINES, "[\"4-5\", \"5-7\"]").asked("For which ages", ""),
        Key::required("text", PASSAGE, "Stay calm, and listen.")
            .asked("Text", "It stands under “If something worries you” of every activity for these ages."),
        Key::optional("nations", LINES, "[\"england\", \"wales\"]")
            .asked("In which nations", "Tick none if it's in all."),
    ],
};

/// An entry, and the nations that it is for.
struct Entry {
    id: Option<At<String>>,
    nations: Vec<Nation>,
    line: Option<HelpEntry>,
}

/// Reads the block and takes what `nation` shows. `None` when anything is wrong for any nation; all of it is noted.
pub(super) fn read(page: &Page, bands: &Bands, nation: Nation) -> Option<Help> {
    let document = Document::parse(page, 0..page.text().len(), &HELP);
    let fields = Fields::top(&document);
    let title = line(&fields, "title");
    let intro = line(&fields, "intro");
    let before = page.count();
    let tables = fields.tables("entries");
    let readable = page.count() == before;
    let entries: Vec<Entry> = tables.iter().flatten().map(|fields| read_entry(fields, bands)).collect();
    let worries = fields.tables("worry").into_iter().flatten().map(|fields| read_worry(&fields, bands));
    let worries: Vec<_> = worries.collect();
    check_ids(page, &entries);
    let intro = intro.filter(|intro| check_intro(page, intro));
    // An entry that could not be read may be the very one that a nation seems to lack.
    if readable && entries.iter().all(|entry| entry.line.is_some()) {
        check_nations(page, intro.as_ref().map_or("", |intro| &intro.value), &entries, bands);
    }
    let worries = worries.into_iter().filter(|(nations, _)| nations.contains(&nation)).map(|(_, worry)| worry);
    let worries: Option<Vec<Worry>> = worries.collect();
    let lines = entries.into_iter().filter(|entry| entry.nations.contains(&nation)).map(|entry| entry.line);
    Some(Help { title: title?.value, intro: intro?.value, entries: lines.collect::<Option<_>>()?, worries: worries? })
}

fn read_entry(fields: &Fields<'_>, bands: &Bands) -> Entry {
    let page = fields.source();
    let id = line(fields, "id").filter(|id| {
        let good = is_slug(&id.value);
        if !good {
            let message = format!("{} is not a name for an entry", words::shown(&id.value));
            page.error(
                id.offset,
                "bad-name",
                message,
                "use lower-case letters, digits and hyphens: id = \"childline\"",
            );
        }
        good
    });
    let nations = read_nations(fields);
    let bands = if fields.get("bands").is_some() { bands_of(fields, bands) } else { Some(Vec::new()) };
    let (when, who) = (line(fields, "when"), line(fields, "who"));
    let what = line(fields, "what").map_or_else(String::new, |what| what.value);
    let phone = checked(fields, "phone", |number| {
        link::is_phone(number).then_some(()).ok_or("write digits and spaces only: phone = \"0800 1111\"")
    });
    let email = checked(fields, "email", |address| {
        address.parse::<Address>().map(|_| ()).map_err(|_| "write it as email = \"help@example.org\"")
    });
    let url = checked(fields, "url", |url| link::check_https(url).map_err(|refused| refused.help));
    let link_text = line(fields, "link_text");
    if let (Some(text), Ok(None)) = (&link_text, &url) {
        page.error(text.offset, "missing-key", "“link_text” without a “url”", "add the url, or take link_text out");
    }
    let link_text = link_text.map(|text| text.value);
    let line = id.as_ref().zip(when).zip(who).and_then(|((_, when), who)| {
        Some(HelpEntry {
            when: when.value,
            who: who.value,
            what,
            phone: phone.ok()?,
            email: email.ok()?,
            url: url.ok()?,
            link_text,
            bands: bands?,
        })
    });
    Entry { id, nations, line }
}

/// A worry block, and the nations that it is for.
fn read_worry(fields: &Fields<'_>, bands: &Bands) -> (Vec<Nation>, Option<Worry>) {
    let (nations, bands, text) = (read_nations(fields), bands_of(fields, bands), read_passage(fields, "text"));
    (nations, bands.zip(text).map(|(bands, text)| Worry { bands, text }))
}

/// Markdown without headings of level 1 and 2, in a value of several lines.
fn read_passage(fields: &Fields<'_>, key: &str) -> Option<Prose> {
    let source = fields.source();
    let value = fields.get(key)?;
    let text = value.text()?;
    if let Some(limit) = value.limit().filter(|limit| text.chars().count() > *limit) {
        value.error("too-long", format_args!("is longer than {limit} characters"), "say it in fewer words");
        return None;
    }
    // The file up to the text, and the text: so what is found in it stands where it stands in the file.
    let start = value.offset() + opening_quotes(&source.text()[value.offset()..]);
    let passage = page::new(source.file().to_owned(), format!("{}{text}", &source.text()[..start]));
    let outline = markdown::read(&passage, start);
    let headings = outline.opening.0.iter().any(|block| matches!(block, Block::Heading(_)));
    if headings || !outline.sections.is_empty() {
        value.error("heading", "holds a heading", "take it out: the block stands below a heading of its own");
    } else if outline.opening.is_empty() && !outline.opening_refused {
        value.error("empty-value", "is empty", value.like_this());
    }
    let before = source.count();
    source.append(passage.take_diagnostics());
    (source.count() == before && !headings && !outline.opening.is_empty()).then_some(outline.opening)
}

/// How many bytes stand before the first one of a text in quotes (TOML, *String*).
fn opening_quotes(value: &str) -> usize {
    match ["\"\"\"", "'''"].iter().find_map(|quotes| value.strip_prefix(quotes)) {
        Some(rest) if rest.starts_with("\r\n") => 5,
        Some(rest) if rest.starts_with('\n') => 4,
        Some(_) => 3,
        None => 1,
    }
}

/// An optional value that must pass `check`; `Err` when it was there and did not.
fn checked(
    fields: &Fields<'_>,
    key: &str,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<Option<String>, ()> {
    let page = fields.source();
    let had = fields.get(key).is_some();
    match line(fields, key) {
        None if had => Err(()),
        None => Ok(None),
        Some(At { offset, value }) => match check(&value) {
            Ok(()) => Ok(Some(value)),
            Err(help) => {
                let message = format!("“{key}” cannot be {}", words::shown(&value));
                page.error(offset, "bad-value", message, help);
                Err(())
            }
        },
    }
}

/// The nations that an entry is for: all of them when it does not say.
fn read_nations(fields: &Fields<'_>) -> Vec<Nation> {
    let Some(lines) = lines(fields, "nations") else { return Nation::ALL.to_vec() };
    if lines.is_empty() {
        let (what, help) = ("names none, so nobody would see this", "name some, or leave it out");
        fields.get("nations").inspect(|value| value.error("no-nation", what, help));
    }
    let names: Vec<&str> = Nation::ALL.iter().map(|nation| nation.as_str()).collect();
    let read = |line: &At<String>| {
        let nation = Nation::ALL.iter().copied().find(|nation| nation.as_str() == line.value);
        if nation.is_none() {
            let rest = format!("the nations are {}", words::listed(&names));
            unknown(fields.source(), line, ("unknown-value", "nation"), names.iter().copied(), &rest);
        }
        nation
    };
    lines.iter().filter_map(read).collect()
}

/// One nation sees an id at most once.
fn check_ids(page: &Page, entries: &[Entry]) {
    let mut seen: BTreeSet<(&str, Nation)> = BTreeSet::new();
    for entry in entries {
        let Some(id) = &entry.id else { continue };
        let again = entry.nations.iter().filter(|nation| !seen.insert((&id.value, **nation)));
        let twice: Vec<&str> = again.map(|nation| nation.as_str()).collect();
        if !twice.is_empty() {
            let message = format!("{} would see “{}” twice", words::listed(&twice), id.value);
            page.error(id.offset, "repeated-value", message, "give one another id, or name its nations");
        }
    }
}

/// Every family reads that it is never the child's fault.
fn check_intro(page: &Page, intro: &At<String>) -> bool {
    let folded = intro.value.to_lowercase();
    let says = folded.contains("never") && folded.contains("fault");
    if !says {
        let help = "say in plain words that it is never the child's fault";
        page.error(intro.offset, "help-never-their-fault", "the intro must hold the words “never” and “fault”", help);
    }
    says
}

/// In each nation, what every mail to any of the bands shows names 999 and has a number to call.
fn check_nations(page: &Page, intro: &str, entries: &[Entry], bands: &Bands) {
    let without = |has: fn(&HelpEntry) -> bool| -> Vec<&str> {
        let of = |nation: Nation| entries.iter().filter(move |entry| entry.nations.contains(&nation));
        let lines = |nation| of(nation).filter_map(|entry| entry.line.as_ref());
        let lacks =
            |nation: &&Nation| bands.iter().any(|band| !Help::in_every_mail(lines(**nation), &band.id).any(has));
        Nation::ALL.iter().filter(lacks).map(|nation| nation.as_str()).collect()
    };
    let no_phone = without(|line| line.phone.is_some());
    let counted = format!("only the first {MAIL_ENTRIES} of a nation count, because a mail may be for all ages");
    if !no_phone.is_empty() {
        let message = format!("the help block has no telephone number for {}", words::listed(&no_phone));
        let help = format!("give an entry a line such as phone = \"0800 1111\" ({counted})");
        page.error(0, "help-without-phone", message, help);
    }
    let no_999 = without(names_999);
    if !no_999.is_empty() && !intro.contains("999") {
        let message = format!("the help block does not name 999 for {}", words::listed(&no_999));
        let help = format!("put an entry for danger now first, with phone = \"999\" ({counted})");
        page.error(0, "help-without-999", message, help);
    }
}

fn names_999(line: &HelpEntry) -> bool {
    [&line.when, &line.who, &line.what].into_iter().chain(&line.phone).any(|text| text.contains("999"))
}
