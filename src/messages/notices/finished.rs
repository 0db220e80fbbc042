//! An edition or a bulletin that has gone out, with its figures.

use crate::app::operator_notices::notice::{FinishedEdition, Item};
use crate::domain::bulletin::MailingName;
use crate::domain::notice::{Part, Row};
use crate::domain::text::dates::{self, local_moment};
use crate::domain::text::lists::count;

/// The title over several.
pub(super) fn title(items: &[Item]) -> String {
    let (many, is_bulletin) = (
        items.len(),
        |item: &Item| matches!(item, Item::Finished(finished) if matches!(finished.what, MailingName::Bulletin(_))),
    );
    let bulletins = items.iter().filter(|item| is_bulletin(item)).count();
    match bulletins {
        0 => format!("{many} editions have gone out"),
        bulletins if bulletins == many => format!("{many} bulletins have gone out"),
        _ => format!("{many} editions and bulletins have gone out"),
    }
}

pub(super) fn parts(finished: &FinishedEdition) -> Vec<Part> {
    let FinishedEdition { what, tally, bounced, from, to } = finished;
    let mails = count(tally.total, "mail", "mails");
    let waits = tally.waiting();
    let took = match to {
        Some(to) => format!(
            "{} began to go out on {}, and was done in {}: {mails}.",
            what.capital(),
            local_moment(from),
            dates::roughly(*to - *from)
        ),
        None => format!(
            "{} began to go out on {}: {mails}. {} tried again, for four days at most.",
            what.capital(),
            local_moment(from),
            count(waits, "of them is still being", "of them are still being")
        ),
    };
    let always = [
        ("Accepted", tally.accepted),
        ("Of these, came back so far", *bounced),
        ("Refused", tally.failed),
        ("May or may not have arrived", tally.uncertain),
        ("Given up", tally.expired),
    ];
    let sometimes = [("Still being tried", waits), ("Left before their mail was sent", tally.suppressed)];
    let rows = always.into_iter().chain(sometimes.into_iter().filter(|(_, number)| *number > 0));
    let row =
        |(name, number): (&str, u64)| Row { name: name.to_owned(), value: number.to_string(), more: String::new() };
    let told = [
        "“Accepted” means that the mail server took it. Some mails come back later; then the console shows which.",
        match what {
            MailingName::Edition(_) => "The page of the edition shows which mails did not get through, and why.",
            MailingName::Bulletin(_) => "The page of the bulletin shows which mails did not get through, and why.",
        },
    ];
    let troubled = tally.failed + tally.uncertain + tally.expired + bounced > 0;
    let closing = if troubled { told.as_slice() } else { &told[..1] };
    let mut parts = vec![Part::Paragraph(took), Part::Table(rows.map(row).collect())];
    parts.extend(closing.iter().map(|words| Part::Paragraph((*words).to_owned())));
    parts
}
