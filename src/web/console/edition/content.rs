//! What is in an edition, and what changed in it since someone approved it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::Serialize;

use crate::app::edition_report::Edits;
use crate::app::planner::PlanRow;
use crate::domain::activity::{ActivityId, Notice};
use crate::domain::edit_marks::{ChangeKind, Mark, PartChange, Piece, TextChange};
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::text::dates;
use crate::domain::user::Permission;
use crate::messages::picks;
use crate::web::console::caller::Caller;
use crate::web::console::decide::{reinstate_path, withdraw_path};
use crate::web::console::parts::ConsoleParts;

#[derive(Debug, Serialize)]
pub(super) struct ContentView {
    theme: String,
    theme_reason: String,
    picks: Vec<PickView>,
    notices: Vec<NoticeView>,
}

#[derive(Debug, Serialize)]
struct PickView {
    band: String,
    title: String,
    reason: String,
    swap_url: String,
    /// Where it is withdrawn for good, or where that is taken back.
    withdraw_url: String,
    reinstate_url: String,
}

#[derive(Debug, Serialize)]
struct NoticeView {
    title: String,
    until: String,
}

impl ContentView {
    pub(super) fn theme(&self) -> &str {
        &self.theme
    }

    /// `theme` is its title; activities can be swapped until the edition is published.
    pub(super) fn new(
        (parts, caller): (&ConsoleParts, &Caller),
        row: &PlanRow,
        theme: String,
        notices: &[Notice],
        (may_swap, withdrawn): (bool, &BTreeSet<ActivityId>),
    ) -> Option<Self> {
        let may_decide = caller.may(Permission::Decide);
        let link = |shown: bool, path: String| if shown && may_decide { caller.link(&path) } else { String::new() };
        let selection = row.selection.as_ref().filter(|selection| !selection.picks.is_empty())?;
        let pick = |pick: &Pick| PickView {
            band: band(parts, pick),
            title: pick.title.clone(),
            reason: picks::pick(pick),
            swap_url: link(may_swap, swap(row.edition, pick)),
            withdraw_url: link(!withdrawn.contains(&pick.id), withdraw_path(&pick.id)),
            reinstate_url: link(withdrawn.contains(&pick.id), reinstate_path(&pick.id)),
        };
        let notice = |notice: &Notice| NoticeView { title: notice.title.clone(), until: day(notice.until) };
        Some(Self {
            theme,
            theme_reason: picks::theme(selection),
            picks: selection.picks.iter().map(pick).collect(),
            notices: notices.iter().map(notice).collect(),
        })
    }
}

fn band(parts: &ConsoleParts, pick: &Pick) -> String {
    let band = parts.config().bands.get(&pick.band);
    band.map_or_else(|| pick.band.to_string(), |band| band.label.clone())
}

fn swap(number: EditionNumber, pick: &Pick) -> String {
    format!("/editions/{number}/swap?band={}", pick.band.in_query())
}

fn day(date: NaiveDate) -> String {
    dates::day(date)
}

/// What changed since it was approved, or since it was planned.
#[derive(Debug, Serialize)]
pub(in crate::web::console) struct EditsView {
    was_approved: bool,
    /// Whether the approval still holds.
    is_approved: bool,
    texts: Vec<TextView>,
    /// Where only the names of what was edited are known.
    named: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TextView {
    title: String,
    /// What became of the whole text: `taken out`, `added`, or nothing.
    fate: &'static str,
    parts: Vec<PartView>,
}

#[derive(Debug, Serialize)]
pub(super) struct PartView {
    name: &'static str,
    pieces: Vec<PieceView>,
}

#[derive(Debug, Serialize)]
struct PieceView {
    removed: bool,
    added: bool,
    text: String,
}

impl EditsView {
    /// None when nothing was edited.
    pub(super) fn new(edits: &Edits, is_approved: bool) -> Option<Self> {
        if edits.changes.is_empty() && edits.named.is_empty() {
            return None;
        }
        Some(Self {
            was_approved: edits.was_approved,
            is_approved,
            texts: edits.changes.iter().map(text).collect(),
            named: edits.named.iter().map(picks::edit).collect(),
        })
    }

    /// What changed in a bulletin since someone approved it.
    pub(in crate::web::console) fn of_one(change: &TextChange, is_approved: bool) -> Option<Self> {
        Self::new(&Edits { changes: vec![change.clone()], was_approved: true, ..Edits::default() }, is_approved)
    }
}

/// The parts of a text that differ.
pub(super) fn parts_of(change: &TextChange) -> Vec<PartView> {
    let part = |one: &PartChange| PartView {
        name: picks::text_part(one.part),
        pieces: shortened(&one.pieces).iter().map(piece).collect(),
    };
    change.parts.iter().map(part).collect()
}

fn text(change: &TextChange) -> TextView {
    let fate = match change.kind {
        ChangeKind::Edited => "",
        ChangeKind::Removed => "was taken out",
        ChangeKind::Added => "is new in it",
    };
    TextView { title: change.title.clone(), fate, parts: parts_of(change) }
}

fn piece(piece: &Piece) -> PieceView {
    PieceView { removed: piece.mark == Mark::Removed, added: piece.mark == Mark::Added, text: piece.text.clone() }
}

/// How much of what stayed the same is shown beside what changed, in characters.
const AROUND: usize = 160;

/// Leaves out the middle of long stretches that stayed the same.
fn shortened(pieces: &[Piece]) -> Vec<Piece> {
    pieces
        .iter()
        .map(|piece| {
            let letters: Vec<char> = piece.text.chars().collect();
            if piece.mark != Mark::Same || letters.len() <= 2 * AROUND + 20 {
                return piece.clone();
            }
            let (head, tail) = (&letters[..AROUND], &letters[letters.len() - AROUND..]);
            let text = format!("{} […] {}", head.iter().collect::<String>(), tail.iter().collect::<String>());
            Piece { mark: Mark::Same, text }
        })
        .collect()
}
