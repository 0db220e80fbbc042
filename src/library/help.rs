//! help.toml → the [`Help`] block of one nation.
//!
//! Lines that all nations share are written once; an entry with `nations` belongs to those alone.

use std::collections::BTreeSet;

use crate::domain::activity::{Help, HelpEntry, is_slug};
use crate::domain::address::Address;

use super::fields::{At, Fields, Kind};
use super::page::Page;
use super::{front_matter, link, words};

/// The nations that a block can be for.
pub const NATIONS: [&str; 4] = ["england", "wales", "scotland", "northern-ireland"];

static HELP: Kind = Kind {
    what: "the help block",
    keys: &[
        ("title", "title = \"Where to turn\""),
        ("intro", "intro = \"It is never the child's fault.\""),
        ("entries", "[[entries]]"),
    ],
    outer: None,
};

static ENTRY: Kind = Kind {
    what: "an entry",
    keys: &[
        ("id", "id = \"childline\""),
        ("when", "when = \"If a child wants to talk\""),
        ("who", "who = \"Childline\""),
        ("what", "what = \"Free, at any time.\""),
        ("phone", "phone = \"0800 1111\""),
        ("email", "email = \"help@example.org\""),
        ("url", "url = \"https://www.example.org/help\""),
        ("link_text", "link_text = \"Childline's website\""),
        ("nations", "nations = [\"england\", \"wales\"]"),
    ],
    outer: Some(&HELP),
};

/// An entry, and whom it is for.
struct Entry {
    id: Option<At<String>>,
    nations: Vec<String>,
    line: Option<HelpEntry>,
}

/// Reads the block and takes what `nation` shows. `None` when anything is wrong for any nation; all of it is noted.
pub(super) fn read(page: &Page, nation: &str) -> Option<Help> {
    let mut fields = front_matter::parse(page, 0..page.text().len(), &HELP);
    let title = fields.line("title");
    let intro = fields.required_line("intro");
    let tables = fields.tables("entries", &ENTRY);
    let readable = tables.is_some();
    let entries: Vec<Entry> = tables.into_iter().flatten().map(read_entry).collect();
    fields.finish();
    check_ids(page, &entries);
    let intro = intro.filter(|intro| check_intro(page, intro));
    // An entry that could not be read may be the very one that a nation seems to lack.
    if readable && entries.iter().all(|entry| entry.line.is_some()) {
        check_nations(page, intro.as_ref().map_or("", |intro| &intro.value), &entries);
    }
    let lines = entries.into_iter().filter(|entry| entry.is_for(nation)).map(|entry| entry.line);
    Some(Help { title: title?, intro: intro?.value, entries: lines.collect::<Option<_>>()? })
}

impl Entry {
    fn is_for(&self, nation: &str) -> bool {
        self.nations.iter().any(|known| known == nation)
    }

    fn mentions(&self, number: &str) -> bool {
        self.line.as_ref().is_some_and(|line| {
            [&line.when, &line.who, &line.what].into_iter().chain(&line.phone).any(|text| text.contains(number))
        })
    }
}

fn read_entry(mut fields: Fields<'_>) -> Entry {
    let page = fields.page();
    let id = fields.required_line("id").filter(|id| {
        let good = is_slug(&id.value);
        if !good {
            let message = format!("“{}” is not a name for an entry", words::shown(&id.value));
            page.error(
                id.offset,
                "bad-name",
                message,
                "use lower-case letters, digits and hyphens: id = \"childline\"",
            );
        }
        good
    });
    let nations = read_nations(&mut fields);
    let (when, who) = (fields.line("when"), fields.line("who"));
    let what = fields.optional_line("what").map_or_else(String::new, |what| what.value);
    let phone = checked(&mut fields, "phone", |number| {
        link::is_phone(number).then_some(()).ok_or("write digits and spaces only: phone = \"0800 1111\"")
    });
    let email = checked(&mut fields, "email", |address| {
        address.parse::<Address>().map(|_| ()).map_err(|_| "write it as email = \"help@example.org\"")
    });
    let url = checked(&mut fields, "url", |url| link::check_https(url).map_err(|refused| refused.help));
    let link_text = fields.optional_line("link_text");
    if let (Some(text), Ok(None)) = (&link_text, &url) {
        page.error(text.offset, "missing-key", "“link_text” without a “url”", "add the url, or take link_text out");
    }
    fields.finish();
    let link_text = link_text.map(|text| text.value);
    let line = id.as_ref().zip(when).zip(who).and_then(|((_, when), who)| {
        Some(HelpEntry { when, who, what, phone: phone.ok()?, email: email.ok()?, url: url.ok()?, link_text })
    });
    Entry { id, nations, line }
}

/// An optional value that must pass `check`; `Err` when it was there and did not.
fn checked(
    fields: &mut Fields<'_>,
    key: &'static str,
    check: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<Option<String>, ()> {
    let page = fields.page();
    let had = fields.place_of(key).is_some();
    match fields.optional_line(key) {
        None if had => Err(()),
        None => Ok(None),
        Some(At { offset, value }) => match check(&value) {
            Ok(()) => Ok(Some(value)),
            Err(help) => {
                let message = format!("“{key}” cannot be “{}”", words::shown(&value));
                page.error(offset, "bad-value", message, help);
                Err(())
            }
        },
    }
}

/// Whom an entry is for: all nations when it does not say.
fn read_nations(fields: &mut Fields<'_>) -> Vec<String> {
    let page = fields.page();
    let place = fields.place_of("nations").unwrap_or_default();
    let Some(lines) = fields.lines("nations") else { return NATIONS.map(str::to_owned).to_vec() };
    if lines.is_empty() {
        page.error(place, "no-nation", "“nations” names none, so nobody would see this", "name some, or leave it out");
    }
    for line in lines.iter().filter(|line| !NATIONS.contains(&line.value.as_str())) {
        let help = words::suggest(&line.value, NATIONS, &format!("the nations are {}", words::listed(&NATIONS)));
        page.error(line.offset, "unknown-value", format!("there is no nation “{}”", words::shown(&line.value)), help);
    }
    lines.into_iter().map(|line| line.value).collect()
}

/// One nation sees an id at most once.
fn check_ids(page: &Page, entries: &[Entry]) {
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for entry in entries {
        let Some(id) = &entry.id else { continue };
        let twice: Vec<&str> =
            entry.nations.iter().map(String::as_str).filter(|nation| !seen.insert((&id.value, nation))).collect();
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

/// Each nation's block names 999 and has a number to call.
fn check_nations(page: &Page, intro: &str, entries: &[Entry]) {
    let without = |has: &dyn Fn(&Entry) -> bool| -> Vec<&str> {
        NATIONS.into_iter().filter(|nation| !entries.iter().any(|entry| entry.is_for(nation) && has(entry))).collect()
    };
    let no_phone = without(&|entry| entry.line.as_ref().is_some_and(|line| line.phone.is_some()));
    if !no_phone.is_empty() {
        let message = format!("the help block has no telephone number for {}", words::listed(&no_phone));
        page.error(0, "help-without-phone", message, "give an entry a line such as phone = \"0800 1111\"");
    }
    let no_999 = without(&|entry| entry.mentions("999"));
    if !no_999.is_empty() && !intro.contains("999") {
        let message = format!("the help block does not name 999 for {}", words::listed(&no_999));
        page.error(0, "help-without-999", message, "add an entry for danger now, with phone = \"999\"");
    }
}
