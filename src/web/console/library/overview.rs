//! `/library`: themes by age groups with what is missing, and every text with its use, its review and what was found in it.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Serialize;

use super::checked;
use super::place::{SECTION, text_path, write_link};
use crate::app::AppError;
use crate::app::writing::overview::{Overview, TextRow, Use};
use crate::domain::text::lists::count;
use crate::domain::user::Permission;
use crate::domain::writing::{BULLETINS, HELP_FILE, NOTICES, TextKind, TextRef};
use crate::web::console::answer;
use crate::web::console::ask::Choice;
use crate::web::console::caller::Caller;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

#[derive(Debug, Serialize)]
struct LibraryView {
    /// The age groups, which head the columns.
    bands: Vec<String>,
    themes: Vec<ThemeView>,
    filters: Vec<Choice>,
    sections: Vec<SectionView>,
    is_filtered: bool,
    /// Findings that belong to no text.
    others: Vec<String>,
    is_whole: bool,
    new_url: String,
    here: String,
}

/// A row of the grid.
#[derive(Debug, Serialize)]
struct ThemeView {
    title: String,
    url: String,
    cells: Vec<CellView>,
    next: String,
}

#[derive(Debug, Serialize)]
struct CellView {
    band: String,
    number: usize,
    /// Where one is written for this age group.
    new_url: String,
}

/// The texts of a folder.
#[derive(Debug, Serialize)]
struct SectionView {
    id: String,
    title: String,
    texts: Vec<RowView>,
}

#[derive(Debug, Serialize)]
struct RowView {
    title: String,
    url: String,
    /// What it is, where that isn't plain from the section: “Theme”.
    kind: &'static str,
    bands: String,
    marks: Vec<Mark>,
    used: String,
    review: String,
    reviewed_by: String,
    /// Where it's noted that it was checked, if it's due and one may; and what stands for what lies there.
    check_url: String,
    seen: String,
    age: String,
    findings: String,
}

#[derive(Debug, Serialize)]
struct Mark {
    word: &'static str,
    class: &'static str,
}

/// Which texts are shown: the parameter's value, and what people read.
const FILTERS: [(&str, &str); 5] = [
    ("", "All texts"),
    ("findings", "Texts with errors or remarks"),
    ("errors", "Texts with errors"),
    ("review", "Texts to check again"),
    ("drafts", "Drafts"),
];

pub(super) async fn page(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let shown = parameter(query.as_deref(), "show");
    match view((&console, &parts), &caller, &shown).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Library", SECTION).saying(console.said().take(&caller));
            answer::page("library.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(
    (console, parts): (&Console, &ConsoleParts),
    caller: &Caller,
    shown: &str,
) -> Result<LibraryView, AppError> {
    let overview = parts.writing().overview(console.look()).await?;
    let may_write = caller.may(Permission::Write);
    let link = |path: &str| if may_write { caller.link(path) } else { String::new() };
    let chosen = FILTERS.iter().map(|(value, _)| *value).find(|value| *value == shown).unwrap_or_default();
    let filters = FILTERS.iter().map(|(value, label)| Choice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        chosen: *value == chosen,
    });
    let today = parts.context.local(parts.context.clock.now()).date_naive();
    let others = overview.others.iter().filter(|one| one.is_error() || one.code != "band-not-served");
    Ok(LibraryView {
        bands: parts.config().bands.iter().map(|band| band.label.clone()).collect(),
        themes: themes(parts, caller, &overview),
        filters: filters.collect(),
        sections: sections(parts, caller, &overview, |row| is_shown(row, chosen, today)),
        is_filtered: !chosen.is_empty(),
        others: others.map(|one| crate::messages::sentence::sentence(&one.message)).collect(),
        is_whole: overview.is_whole,
        new_url: link("/library/new"),
        here: caller.link(SECTION),
    })
}

/// Whether it's to be checked again soon, or should have been.
fn is_due(row: &TextRow, today: NaiveDate) -> bool {
    let soon = today.checked_add_days(crate::app::reviews::AHEAD).unwrap_or(today);
    row.review_by.is_some_and(|day| day <= soon)
}

fn is_shown(row: &TextRow, filter: &str, today: NaiveDate) -> bool {
    match filter {
        "findings" => !row.findings.is_empty(),
        "errors" => row.errors() > 0,
        "review" => is_due(row, today),
        "drafts" => is_draft(row),
        _ => true,
    }
}

/// Whether it's being written: it has a draft, or isn't in the library without being wrong.
fn is_draft(row: &TextRow) -> bool {
    row.has_draft || !row.is_in_library && row.errors() == 0
}

fn themes(parts: &ConsoleParts, caller: &Caller, overview: &Overview) -> Vec<ThemeView> {
    let is_theme = |row: &&TextRow| row.text.kind() == TextKind::Theme;
    let theme = |row: &TextRow| {
        let name = row.text.folder();
        let own =
            overview.texts.iter().filter(|text| text.text.kind() == TextKind::Activity && text.text.folder() == name);
        let own: Vec<&TextRow> = own.filter(|text| text.is_in_library && !text.is_withdrawn).collect();
        let cell = |band: &crate::domain::band::Band| CellView {
            band: band.label.clone(),
            number: own.iter().filter(|text| text.bands.contains(&band.id)).count(),
            new_url: if caller.may(Permission::Write) {
                caller.link(&format!("/library/new?kind=activity&theme={name}&band={}", band.id.in_query()))
            } else {
                String::new()
            },
        };
        ThemeView {
            title: row.title.clone(),
            url: caller.link(&text_path(&row.text)),
            cells: parts.config().bands.iter().map(cell).collect(),
            next: used(row.next_used),
        }
    };
    overview.texts.iter().filter(is_theme).map(theme).collect()
}

fn sections(
    parts: &ConsoleParts,
    caller: &Caller,
    overview: &Overview,
    is_shown: impl Fn(&TextRow) -> bool,
) -> Vec<SectionView> {
    let mut sections: Vec<SectionView> = Vec::new();
    let titles: BTreeMap<&str, &str> = overview
        .texts
        .iter()
        .filter(|row| row.text.kind() == TextKind::Theme)
        .map(|row| (row.text.folder(), row.title.as_str()))
        .collect();
    for row in overview.texts.iter().filter(|row| is_shown(row)) {
        let folder = row.text.folder();
        let title = match row.text {
            TextRef::Notice(_) => "Notices",
            TextRef::Bulletin(_) => "Bulletins",
            TextRef::Help(_) => "Where to turn",
            TextRef::Activity(_) | TextRef::Theme(_) => titles.get(folder).copied().unwrap_or(folder),
        };
        let id = id(folder);
        if sections.last().is_none_or(|section| section.id != id) {
            sections.push(SectionView { id, title: title.to_owned(), texts: Vec::new() });
        }
        sections.last_mut().into_iter().for_each(|section| section.texts.push(RowView::new(parts, caller, row)));
    }
    // Themes first, then what stands beside them.
    let others = [NOTICES, BULLETINS, HELP_FILE].map(id);
    sections.sort_by_key(|section| others.contains(&section.id));
    sections
}

/// A section's place on the page.
fn id(folder: &str) -> String {
    format!("f-{}", folder.replace('.', "-"))
}

impl RowView {
    fn new(parts: &ConsoleParts, caller: &Caller, row: &TextRow) -> Self {
        let bands =
            parts.config().bands.iter().filter(|band| row.bands.contains(&band.id)).map(|band| band.label.as_str());
        let (check_url, seen) = check(parts, caller, row).unwrap_or_default();
        Self {
            title: row.title.clone(),
            url: caller.link(&text_path(&row.text)),
            kind: if row.text.kind() == TextKind::Theme { "Opening and article" } else { "" },
            bands: bands.collect::<Vec<_>>().join(", "),
            marks: marks(row),
            used: [("Last: ", row.last_used), ("Next: ", row.next_used)]
                .into_iter()
                .filter(|(_, one)| one.is_some())
                .map(|(word, one)| format!("{word}{}", used(one)))
                .collect::<Vec<_>>()
                .join(". "),
            review: row.review_by.map(short).unwrap_or_default(),
            reviewed_by: row.reviewed_by.clone().unwrap_or_default(),
            check_url,
            seen,
            age: row.reading_age.map(|age| format!("{age:.0}")).unwrap_or_default(),
            findings: findings(row),
        }
    }
}

/// Where it's noted that it was checked, and what stands for what lies there; none where it isn't due, or one may not.
fn check(parts: &ConsoleParts, caller: &Caller, row: &TextRow) -> Option<(String, String)> {
    let today = parts.context.local(parts.context.clock.now()).date_naive();
    let may = caller.may(Permission::Write) && row.is_in_library && !row.has_draft && is_due(row, today);
    let lying = may.then(|| parts.writing().lying(&row.text).ok()).flatten()?;
    Some((write_link(caller, &row.text, "checked"), checked::seen(&lying).value().to_owned()))
}

/// “1 error, 3 remarks”.
fn findings(row: &TextRow) -> String {
    let number = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (errors, warnings) = (number(row.errors()), number(row.warnings()));
    let parts = [(errors, "error", "errors"), (warnings, "remark", "remarks")];
    let parts =
        parts.into_iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| count(number, one, many));
    parts.collect::<Vec<_>>().join(", ")
}

fn marks(row: &TextRow) -> Vec<Mark> {
    let all = [
        (row.errors() > 0, "has errors", "bad"),
        (is_draft(row), if row.is_in_library { "has a draft" } else { "draft" }, "wait"),
        (row.is_overdue, "to be checked", "bad"),
        (row.is_withdrawn, "withdrawn", "bad"),
    ];
    all.into_iter().filter(|(is_so, ..)| *is_so).map(|(_, word, class)| Mark { word, class }).collect()
}

/// “edition 9, 11 Jan 2027”; empty for never.
pub(super) fn used(used: Option<Use>) -> String {
    used.map_or_else(String::new, |one| format!("edition {}, {}", one.edition, short(one.date)))
}

/// “11 Jan 2027”.
pub(super) fn short(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}
