//! What stays of a selection after the library, the dates or the bands changed, and what takes the rest's place.

use chrono::NaiveDate;

use super::Shelf;
use super::barrier::{Barrier, closed};
use super::chooser::Chooser;
use super::index::Index;
use crate::domain::edition::{Pick, Selection};
use crate::domain::fingerprint::Fingerprint;

/// See [`super::repair`].
pub(super) fn mend(
    shelf: Shelf<'_>,
    index: &Index<'_>,
    chooser: &Chooser<'_>,
    date: NaiveDate,
    current: &Selection,
) -> Option<Selection> {
    let verdicts = judge(shelf, index, date, current);
    let kept = verdicts.iter().flatten().filter(|(_, barrier)| barrier.is_none()).count();
    let (theme, theme_reason) = match theme_that_stays(index, current, &verdicts) {
        Some(theme) if kept > 0 => (theme, current.theme_reason.clone()),
        _ => match chooser.theme() {
            Some((theme, why)) => (theme, anew(&index.themes[theme].name, current, &why)),
            // Nothing is eligible for any band: an edition without picks, unless it is one already.
            None if current.picks.is_empty() => return None,
            None => return Some(Selection { picks: Vec::new(), ..current.clone() }),
        },
    };
    let picks: Vec<Pick> = verdicts
        .iter()
        .enumerate()
        .filter_map(|(band, verdict)| match verdict {
            Some((pick, None)) => Some((*pick).clone()),
            Some((pick, Some(barrier))) => replacement(chooser, theme, band, pick, barrier),
            None => chooser.pick(theme, band),
        })
        .collect();
    let stays = index.themes[theme].name == current.theme;
    let theme_fingerprint =
        if stays { current.theme_fingerprint.clone() } else { Fingerprint::of_theme(&index.themes[theme]) };
    let theme = index.themes[theme].name.clone();
    let same = stays && kept == current.picks.len() && kept == picks.len();
    (!same).then_some(Selection { theme, theme_reason, theme_fingerprint, picks })
}

/// What a band has, and what is wrong with it.
type Verdict<'s> = Option<(&'s Pick, Option<Barrier>)>;

/// One verdict per band of the service, in order.
fn judge<'s>(shelf: Shelf<'_>, index: &Index<'_>, date: NaiveDate, current: &'s Selection) -> Vec<Verdict<'s>> {
    let judged = |pick: &'s Pick| (pick, barrier(shelf, index, date, pick));
    index.bands.iter().map(|band| current.picks.iter().find(|pick| pick.band == **band).map(judged)).collect()
}

fn barrier(shelf: Shelf<'_>, index: &Index<'_>, date: NaiveDate, pick: &Pick) -> Option<Barrier> {
    let activity = shelf.activities.iter().find(|activity| activity.id == pick.id);
    let Some(activity) = activity.filter(|activity| index.theme(activity.id.theme()).is_some()) else {
        return Some(if shelf.withdrawn.contains(&pick.id) { Barrier::Withdrawn } else { Barrier::Gone });
    };
    let other = || (!activity.bands.contains(&pick.band)).then(|| Barrier::OtherBand(pick.band.clone()));
    closed(activity, date, shelf.withdrawn).or_else(other)
}

/// The position of the edition's theme, unless it is gone or can give none of the picks that are needed:
/// its opening paragraph would stand over other themes' activities.
fn theme_that_stays(index: &Index<'_>, current: &Selection, verdicts: &[Verdict<'_>]) -> Option<usize> {
    let theme = index.theme(&current.theme)?;
    let replaces = verdicts.iter().flatten().any(|(_, barrier)| barrier.is_some());
    (!replaces || index.serves(theme)).then_some(theme)
}

fn replacement(chooser: &Chooser<'_>, theme: usize, band: usize, old: &Pick, barrier: &Barrier) -> Option<Pick> {
    let mut pick = chooser.pick(theme, band)?;
    pick.reason = format!("replaces {}: {barrier}; {}", old.id, pick.reason);
    Some(pick)
}

/// Why this theme, if it was another before.
fn anew(theme: &str, current: &Selection, why: &str) -> String {
    if theme == current.theme {
        why.to_owned()
    } else {
        format!("replaces “{}”, which can no longer be used; {why}", current.theme)
    }
}
