//! A year's report in words and figures, for the page and for the terminal.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::sectors;

use crate::app::year_report::{EditionFigures, Figures, YearReport};
use crate::domain::sheet::{Cell, Fact, Row, Sheet, Table};
use crate::domain::subscriber::EndedBy;
use crate::domain::text::lists::{count, grouped};

/// A column of figures: its heading, the figure, and whether it is shown although it is 0 throughout.
type Column = (&'static str, fn(&Figures) -> Option<u64>, bool);

/// Shown in place of a figure that is no longer kept.
const NOT_KEPT: &str = "not kept";

/// The report with its words.
pub fn sheet(report: &YearReport) -> Sheet {
    Sheet {
        service: report.service.clone(),
        title: title(report),
        days: days(report),
        facts: facts(report),
        tables: vec![editions(report), by_sector(report), bands(report), movement(report)],
        notes: notes(report),
    }
}

fn title(report: &YearReport) -> String {
    report.year.as_ref().map_or_else(|| "Report".to_owned(), |year| format!("School year {year}"))
}

/// `1 September 2026 to 31 August 2027, as of 30 November 2026`.
fn days(report: &YearReport) -> String {
    let (from, to) = (day(report.from), day(report.to));
    let made = report.made_at.format("%-d %B %Y at %H:%M");
    let made = if report.is_over { format!("made on {made}") } else { format!("as it stood on {made}") };
    format!("{from} to {to}, {made}")
}

fn day(date: NaiveDate) -> String {
    date.format("%-d %B %Y").to_string()
}

fn facts(report: &YearReport) -> Vec<Fact> {
    let fact = |what: &str, figure: u64| Fact { figure: grouped(figure), what: what.to_owned() };
    let sent = report.editions.iter().filter(|one| one.figures.recipients > 0).count() as u64;
    let subscribers = report.sectors.iter().map(|one| one.subscribers).sum();
    let movement = &report.movement;
    vec![
        fact("Editions", sent),
        fact("Mails accepted", report.total.accepted),
        fact("Subscribers", subscribers),
        fact("Mailboxes", movement.after),
        fact("Joined", movement.joined),
        fact("Left", movement.left.values().sum()),
    ]
}

/// The editions with their figures, and the sum of them. A figure that is 0 throughout and seldom is anything else is left out.
fn editions(report: &YearReport) -> Table {
    let figures: [Column; 8] = [
        ("Recipients", |f| Some(f.recipients), true),
        ("Accepted", |f| Some(f.accepted), true),
        ("Bounced", |f| f.bounced, true),
        ("Failed", |f| Some(f.failed), true),
        ("Uncertain", |f| Some(f.uncertain), true),
        ("Expired", |f| Some(f.expired), true),
        ("Left before sending", |f| Some(f.suppressed), false),
        ("Waiting", |f| Some(f.waiting), false),
    ];
    let shown = figures.into_iter().filter(|(_, of, always)| *always || of(&report.total) != Some(0));
    let shown: Vec<_> = shown.collect();
    let cells = |figures: &Figures| -> Vec<Cell> {
        shown
            .iter()
            .map(|(_, of, _)| of(figures).map_or_else(|| Cell::figure(NOT_KEPT), |n| Cell::figure(grouped(n))))
            .collect()
    };
    let mut rows: Vec<Row> = report.editions.iter().map(|one| edition(one, cells(&one.figures))).collect();
    if !rows.is_empty() {
        let words = [Cell::text(""), Cell::long("")];
        let cells = words.into_iter().chain(cells(&report.total)).collect();
        rows.push(Row { name: "All".to_owned(), cells, is_total: true });
    }
    let words = [Cell::text("Edition"), Cell::text("Date"), Cell::long("Theme")];
    Table {
        title: "Editions".to_owned(),
        lead: None,
        headings: words.into_iter().chain(shown.iter().map(|(heading, ..)| Cell::figure(*heading))).collect(),
        rows,
        nothing: Some("No edition was due in this period.".to_owned()),
    }
}

/// An edition; one that was not sent says so beside its theme.
fn edition(one: &EditionFigures, figures: Vec<Cell>) -> Row {
    let theme = if one.state == "sent" { one.theme.clone() } else { format!("{} ({})", one.theme, one.state) };
    let words = [Cell::text(one.date.format("%-d %b %Y").to_string()), Cell::long(theme)];
    Row { name: one.edition.to_string(), cells: words.into_iter().chain(figures).collect(), is_total: false }
}

fn by_sector(report: &YearReport) -> Table {
    let mut rows: Vec<Row> = report
        .sectors
        .iter()
        .map(|one| row(sectors::many(one.sector), &[one.subscribers, one.mailboxes], false))
        .collect();
    let subscribers = report.sectors.iter().map(|one| one.subscribers).sum();
    rows.push(row("All", &[subscribers, report.movement.after], true));
    Table {
        title: "Subscribers by sector".to_owned(),
        lead: Some(format!("On {}.", end(report))),
        headings: vec![Cell::text("Sector"), Cell::figure("Subscribers"), Cell::figure("Mailboxes")],
        rows,
        nothing: None,
    }
}

fn bands(report: &YearReport) -> Table {
    Table {
        title: "Mailboxes by age group".to_owned(),
        lead: Some(format!("On {}.", end(report))),
        headings: vec![Cell::text("Age group"), Cell::figure("Mailboxes")],
        rows: report.bands.iter().map(|one| row(&one.label, &[one.mailboxes], false)).collect(),
        nothing: None,
    }
}

/// The last day that the figures are about.
fn end(report: &YearReport) -> String {
    day(if report.is_over { report.to } else { report.made_at.date_naive() })
}

/// Who joined and who left: it adds up from the first line to the last.
fn movement(report: &YearReport) -> Table {
    let movement = &report.movement;
    let mut rows = vec![
        row(&format!("Subscribed on {}, at the beginning", day(report.from)), &[movement.before], false),
        row("Joined", &[movement.joined], false),
    ];
    rows.extend(left(&movement.left));
    rows.push(row(&format!("Subscribed on {}", end(report)), &[movement.after], true));
    Table {
        title: "Who joined and who left".to_owned(),
        lead: None,
        headings: vec![Cell::text("What happened"), Cell::figure("Mailboxes")],
        rows,
        nothing: None,
    }
}

/// The ways of leaving, those of readers first.
const WAYS: [EndedBy; 5] =
    [EndedBy::Unsubscribed, EndedBy::Complained, EndedBy::Bounced, EndedBy::Operator, EndedBy::Config];

fn left(left: &BTreeMap<EndedBy, u64>) -> impl Iterator<Item = Row> {
    WAYS.iter().map(|by| {
        let count = left.get(by).copied().unwrap_or_default();
        let figure = if count == 0 { "0".to_owned() } else { format!("−{}", grouped(count)) };
        Row { name: way(*by).to_owned(), cells: vec![Cell::figure(figure)], is_total: false }
    })
}

/// How a mailbox left.
fn way(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Unsubscribed => "Left: unsubscribed",
        EndedBy::Complained => "Left: complained",
        EndedBy::Bounced => "Left: bounced",
        EndedBy::Config => "Left: taken out of the configuration",
        EndedBy::Operator => "Left: taken off the list by an operator",
    }
}

fn row(name: &str, figures: &[u64], is_total: bool) -> Row {
    Row {
        name: name.to_owned(),
        cells: figures.iter().map(|figure| Cell::figure(grouped(*figure))).collect(),
        is_total,
    }
}

/// What one has to know to read the figures.
pub fn notes(report: &YearReport) -> Vec<String> {
    let mut notes = Vec::new();
    if !report.is_over {
        notes.push(format!("This period isn’t over yet: it ends on {}.", day(report.to)));
    }
    notes.push(
        "Accepted means that the mail server took the mail. It doesn’t prove that the mail reached anyone, and nothing here \
         says what anyone read: this service doesn’t measure that."
            .to_owned(),
    );
    notes.push(
        "Bounced mails are accepted ones that came back later. Failed ones were refused. Uncertain ones may or may not have \
         arrived. Expired ones were given up. The figures of an edition add up to its recipients; the bounced ones don’t count \
         in that, because they are among the accepted."
            .to_owned(),
    );
    if report.bounces_forgotten > 0 {
        notes.push(format!(
            "How many mails came back is kept for the last 12 editions, and for as long as retention.attempts in the configuration \
             says. For {} it isn’t kept any more, so their figure and the sum are missing.",
            count(report.bounces_forgotten, "edition", "editions")
        ));
    }
    notes.push(
        "A mailbox that gets several age groups is counted in each of them. A mailbox has left when its last subscription ended, \
         and is counted by what ended it. One that left and came back is counted as if it had stayed, or as one that joined when \
         it came back."
            .to_owned(),
    );
    if report.is_over {
        notes.push("Sectors and age groups are today’s, even where they have changed since then.".to_owned());
    }
    notes
}
