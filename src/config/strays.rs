//! Keys whose heading is missing: one slip, which would else be reported once for each key.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::fields::{is_lost, is_misspelt};
use super::findings::{Findings, Place};
use super::keys::{BAND, DKIM, OCCASION, PAUSE, SECTIONS, SUBSCRIBER, TOP, Table};
use crate::domain::diagnostic::Diagnostic;

/// The keys of one section that stand elsewhere because its heading is missing, in the file's order.
pub(super) struct Stray<'a> {
    pub(super) table: &'static Table,
    pub(super) keys: Vec<(&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
}

impl Stray<'_> {
    /// The byte at which the first of them begins.
    pub(super) fn at(&self) -> usize {
        self.keys.first().map_or(0, |(name, _)| name.span().start)
    }
}

/// Some keys of the file, and the table under whose heading they stand; none at the top.
type Group<'a> = (Option<&'static Table>, &'a DeTable<'a>);

/// Finds and notes every section that lacks its heading.
pub(super) fn find<'a>(f: &mut Findings<'_>, root: &'a DeTable<'a>) -> Vec<Stray<'a>> {
    let groups = groups(root);
    let lacks_heading = |table: &&Table| !root.contains_key(table.name) && !is_misspelt(table, root);
    let mut all = Vec::new();
    for table in SECTIONS.into_iter().filter(lacks_heading) {
        let strays =
            groups.iter().map(|group| (group, stray(table, group))).filter(|(_, stray)| !stray.keys.is_empty());
        if let Some((group, stray)) = strays.min_by_key(|(_, stray)| stray.at()) {
            f.add(Place::At(stray.at()), finding(f, &stray, group));
            stray.keys.iter().for_each(|(name, _)| f.mark_explained(name.span().start));
            all.push(stray);
        }
    }
    all
}

fn groups<'a>(root: &'a DeTable<'a>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = vec![(None, root)];
    for table in SECTIONS {
        groups.extend(root.get(table.name).and_then(|value| Some((Some(table), value.get_ref().as_table()?))));
    }
    let schedule = root.get("schedule").and_then(|value| value.get_ref().as_table());
    let mail = root.get("mail").and_then(|value| value.get_ref().as_table());
    for (table, list) in [
        (&SUBSCRIBER, root.get("subscribers")),
        (&BAND, root.get("bands")),
        (&PAUSE, schedule.and_then(|schedule| schedule.get("pauses"))),
        (&OCCASION, schedule.and_then(|schedule| schedule.get("occasions"))),
        (&DKIM, mail.and_then(|mail| mail.get("dkim"))),
    ] {
        let entries = list.and_then(|list| list.get_ref().as_array()).into_iter().flatten();
        groups.extend(entries.filter_map(|entry| Some((Some(table), entry.get_ref().as_table()?))));
    }
    groups
}

fn stray<'a>(table: &'static Table, (home, found): &Group<'a>) -> Stray<'a> {
    let is_stray = |name: &str| {
        let is_at_home = match home {
            Some(home) => home.key(name).is_some(),
            None => TOP.iter().any(|(known, _)| *known == name),
        };
        !is_at_home && table.offered().any(|key| key == name)
    };
    let mut keys: Vec<_> = found.iter().filter(|(name, value)| is_stray(name.get_ref()) && !is_lost(value)).collect();
    keys.sort_by_key(|(name, _)| name.span().start);
    Stray { table, keys }
}

fn finding(f: &Findings<'_>, stray: &Stray<'_>, (home, found): &Group<'_>) -> Diagnostic {
    let heading = stray.table.heading;
    let names: Vec<&str> = stray.keys.iter().map(|(name, _)| name.get_ref().as_ref()).collect();
    let (verb, these) = if names.len() == 1 { ("belongs", "this key") } else { ("belong", "these keys") };
    let is_native = |name: &str| home.is_some_and(|home| home.key(name).is_some());
    let is_followed = found.iter().any(|(name, _)| name.span().start > stray.at() && is_native(name.get_ref()));
    let line = f.line(stray.at());
    let help = if is_followed {
        format!("write {heading} on a line of its own at the end of the file, and move {these} below it")
    } else {
        format!("write {heading} on a line of its own above line {line}")
    };
    Diagnostic::error("missing-section", format!("the heading {heading} is missing: {} {verb} below it", and(&names)))
        .help(help)
}

/// `a, b and c`.
pub(super) fn and(names: &[&str]) -> String {
    match names {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => names.concat(),
    }
}
