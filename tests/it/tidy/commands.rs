//! The commands that the binary has, and those that a paper names.

use std::collections::BTreeSet;

use crate::support::fixture::Fixture;

/// Every command that does something, such as `send` and `subscribers import`: each has a manual page of its own.
pub(crate) fn of_the_binary() -> BTreeSet<String> {
    let fixture = Fixture::shipped();
    fixture.run(&["man", "pages"]).exits(0);
    let pages = std::fs::read_dir(fixture.path("pages")).unwrap();
    let names = pages.map(|page| page.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned());
    let mut all: BTreeSet<String> =
        names.filter_map(|name| name.strip_prefix("fortnightly-").map(|name| name.replace('-', " "))).collect();
    // `subscribers` alone does nothing; what stands below it does.
    let groups: BTreeSet<String> = all.iter().filter_map(|name| name.split_once(' ')).map(|(g, _)| g.into()).collect();
    all.retain(|name| !groups.contains(name));
    all
}

/// What stands in code spans: `send …`, `fortnightly send …`, `suppressions list|add ADDRESS`.
pub(super) fn named_in(paper: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    // A bar in a table's cell is written `\|`.
    for span in paper.replace("\\|", "|").split('`').skip(1).step_by(2) {
        let span = span.trim_start_matches("fortnightly ");
        let (first, rest) = span.split_once(' ').unwrap_or((span, ""));
        named.insert(first.to_owned());
        let seconds = rest.split('|').filter_map(|choice| choice.split_whitespace().next());
        named.extend(seconds.map(|second| format!("{first} {second}")));
    }
    named
}
