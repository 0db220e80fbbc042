//! What is worth knowing before an edition goes out.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::{edition as editions, picks, plan, sectors};
use crate::app::previewer::index::IndexWords;
use crate::app::previewer::proof::{Difference, Note, NoticeDifference, Proof};
use crate::domain::activity::Notice;
use crate::domain::sheet::{Compared, Comparison, Marked};
use crate::domain::subscriber::Sector;
use crate::domain::text::dates;
use crate::domain::text::lists::grouped;

/// One note, in a sentence.
pub fn note(note: &Note) -> String {
    match note {
        Note::SyncWaits => {
            "config.toml would end many subscriptions at once: run `fortnightly sync --yes` first".to_owned()
        }
        Note::Reason { edition, reason } => editions::state(reason, *edition),
        Note::Edited { was_approved, edit } => {
            let since = if *was_approved { "approved" } else { "planned" };
            format!("edited since it was {since}: {}", picks::edit(edit))
        }
        Note::WouldBeHeld { edition, reason } => format!("it would be held: {}", editions::hold(reason, *edition)),
        Note::Published { edition, state } => format!("edition {edition} is {state}: this is what was published"),
    }
}

/// What the index of a preview says.
pub fn index(proof: &Proof) -> IndexWords {
    let row = &proof.row;
    IndexWords {
        notes: proof.notes.iter().map(note).collect(),
        theme_reason: row.selection.as_ref().map_or(String::new(), picks::theme),
        shifted: row.shifted.as_ref().map(plan::closed),
        pick_reasons: row.picks().iter().map(picks::pick).collect(),
        sectors: Sector::ALL.iter().map(|sector| (*sector, sectors::many(*sector).to_owned())).collect(),
        shown: proof.notices.iter().map(shown).collect(),
        comparison: proof.difference.as_ref().map(comparison),
    }
}

/// `from 1 September 2026 until 31 May 2027`.
fn shown(notice: &Notice) -> String {
    let day = |date: NaiveDate| date.format("%-d %B %Y").to_string();
    format!("from {} until {}", day(notice.from), day(notice.until))
}

/// What differs from the edition before, line by line.
fn comparison(difference: &Difference) -> Comparison {
    let (was, is) = &difference.theme;
    let mut rows = vec![compared("Theme", was, is)];
    rows.extend(difference.bands.iter().map(|band| {
        let title = |title: &Option<String>| title.clone().unwrap_or_else(|| "none".to_owned());
        compared(&format!("Activity, {}", band.label.to_lowercase()), &title(&band.before), &title(&band.now))
    }));
    rows.extend(difference.mailboxes.map(|counts| counted("Mailboxes", counts)));
    rows.extend(difference.sectors.iter().map(|(sector, was, is)| counted(sectors::many(*sector), (*was, *is))));
    let bands = difference.bands.iter().filter_map(|band| Some((&band.label, band.mailboxes?)));
    rows.extend(bands.map(|(label, counts)| counted(&format!("Mailboxes, {}", label.to_lowercase()), counts)));
    let kept = if difference.mailboxes.is_some() { "" } else { ". To whom it went isn’t kept any more." };
    Comparison {
        compared: format!("Compared with edition {} of {}{kept}", difference.before, dates::day(difference.date)),
        rows,
        notices: difference.notices.iter().map(marked).collect(),
    }
}

fn compared(what: &str, before: &str, now: &str) -> Compared {
    let (what, before, now) = (what.to_owned(), before.to_owned(), now.to_owned());
    Compared { what, changed: before != now, before, now, by: None }
}

fn counted(what: &str, (was, is): (u64, u64)) -> Compared {
    let by = match is.cmp(&was) {
        Ordering::Greater => Some(format!("{} more", grouped(is - was))),
        Ordering::Less => Some(format!("{} fewer", grouped(was - is))),
        Ordering::Equal => None,
    };
    Compared { by, ..compared(what, &grouped(was), &grouped(is)) }
}

fn marked(notice: &NoticeDifference) -> Marked {
    let (kind, mark) = match (notice.was, notice.is) {
        (false, _) => ("new", "New"),
        (true, false) => ("gone", "Gone"),
        (true, true) => ("still", "Still"),
    };
    Marked { kind, mark, title: notice.title.clone() }
}
