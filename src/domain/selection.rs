//! Which activity for which band, and why.

mod chooser;
mod index;

use std::collections::BTreeSet;

use chooser::Chooser;
use chrono::NaiveDate;
use index::{Index, ineligibility};

use super::activity::{Activity, ActivityId};
use super::band::BandName;
use super::calendar::Occasion;
use super::edition::{EditionNumber, Ineligibility, Pick, PickReason, Selection, ThemeReason};
use super::fingerprint::Fingerprint;

pub use index::{History, Shelf};

/// Picks for edition `number`, sent on the local date `date`. `None` when no band has an eligible activity.
/// Rows of `history` with a greater number are planned already and count as used last. Same inputs, same picks, on any machine.
pub fn select(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
) -> Option<Selection> {
    let index = Index::new(shelf, history, number, date);
    Chooser::new(&index, occasions).selection()
}

/// Keeps every pick of `current` that is still valid on `date` and replaces the others, saying why
/// (activity gone, withdrawn, overdue, outside its dates, no longer for that band). Picks of removed bands go, bands
/// that had none get one if they can. When no pick is valid any more, it is a fresh selection.
///
/// A valid pick stays as it was recorded, its title and fingerprint too. `None` when nothing has to change.
pub fn repair(
    shelf: Shelf<'_>,
    history: &History,
    number: EditionNumber,
    date: NaiveDate,
    occasions: &[&Occasion],
    current: &Selection,
) -> Option<Selection> {
    let index = Index::new(shelf, history, number, date);
    let chooser = Chooser::new(&index, occasions);
    let verdicts = judge(shelf, &index, date, current);
    let kept = verdicts.iter().flatten().filter(|(_, because)| because.is_none()).count();
    let (theme, theme_reason) = match theme_that_stays(&index, current, &verdicts) {
        Some(theme) if kept > 0 => (theme, current.theme_reason.clone()),
        _ => match chooser.theme() {
            Some((theme, why)) => (theme, anew(&index.themes[theme].name, current, why)),
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
            Some((pick, Some(because))) => replacement(&chooser, theme, band, pick, because),
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

/// Whether `activity` may be picked for an edition of the local date `date`, as far as its own dates go.
pub fn is_open_on(activity: &Activity, date: NaiveDate, withdrawn: &BTreeSet<ActivityId>) -> bool {
    ineligibility(activity, date, withdrawn).is_none()
}

/// Why an activity may not be swapped in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsuitable {
    #[error("the activity may not go out on that day")]
    Ineligible(Ineligibility),
    #[error("the activity is for other bands")]
    For(Vec<BandName>),
}

/// `current` with the activity `id` for `band`; picks stay in the bands' order.
///
/// # Errors
/// When it may not be picked on `date` for that band.
pub fn swap(
    shelf: Shelf<'_>,
    history: &History,
    (number, date): (EditionNumber, NaiveDate),
    current: &Selection,
    (band, id): (&BandName, &ActivityId),
) -> Result<Selection, Unsuitable> {
    let activity = suitable(shelf, date, band, id)?;
    let index = Index::new(shelf, history, number, date);
    let mut picks = current.picks.clone();
    let before = picks.iter().position(|pick| pick.band == *band).map(|at| picks.remove(at));
    let places = history.0.iter().filter(|(_, selection)| selection.picks.iter().any(|pick| pick.id == *id));
    let (before_us, after_us): (Vec<_>, Vec<_>) =
        places.map(|(edition, _)| *edition).filter(|edition| *edition != number).partition(|edition| *edition < number);
    let (last, next) = (before_us.into_iter().max(), after_us.into_iter().min());
    picks.push(Pick {
        band: band.clone(),
        id: id.clone(),
        title: activity.title.clone(),
        reason: PickReason::Operator { instead: before.map(|pick| pick.id), last, next },
        fingerprint: Fingerprint::of_activity(activity),
    });
    picks.sort_by_key(|pick| index.bands.iter().position(|band| **band == pick.band));
    Ok(Selection { picks, ..current.clone() })
}

fn suitable<'a>(
    shelf: Shelf<'a>,
    date: NaiveDate,
    band: &BandName,
    id: &ActivityId,
) -> Result<&'a Activity, Unsuitable> {
    let activity = shelf.activities.iter().find(|activity| activity.id == *id);
    let activity = activity.ok_or(Unsuitable::Ineligible(Ineligibility::Gone))?;
    if let Some(because) = ineligibility(activity, date, shelf.withdrawn) {
        return Err(Unsuitable::Ineligible(because));
    }
    if activity.bands.contains(band) {
        return Ok(activity);
    }
    Err(Unsuitable::For(activity.bands.clone()))
}

/// What a band has, and what is wrong with it.
type Verdict<'s> = Option<(&'s Pick, Option<Ineligibility>)>;

/// One verdict per band of the service, in order.
fn judge<'s>(shelf: Shelf<'_>, index: &Index<'_>, date: NaiveDate, current: &'s Selection) -> Vec<Verdict<'s>> {
    let judged = |pick: &'s Pick| (pick, fault(shelf, index, date, pick));
    index.bands.iter().map(|band| current.picks.iter().find(|pick| pick.band == **band).map(judged)).collect()
}

fn fault(shelf: Shelf<'_>, index: &Index<'_>, date: NaiveDate, pick: &Pick) -> Option<Ineligibility> {
    let activity = shelf.activities.iter().find(|activity| activity.id == pick.id);
    let Some(activity) = activity.filter(|activity| index.theme(activity.id.theme()).is_some()) else {
        let withdrawn = shelf.withdrawn.contains(&pick.id);
        return Some(if withdrawn { Ineligibility::Withdrawn } else { Ineligibility::Gone });
    };
    let other = || (!activity.bands.contains(&pick.band)).then(|| Ineligibility::OtherBand(pick.band.clone()));
    ineligibility(activity, date, shelf.withdrawn).or_else(other)
}

/// The position of the edition's theme, unless it is gone or can give none of the picks that are needed:
/// its opening paragraph would stand over other themes' activities.
fn theme_that_stays(index: &Index<'_>, current: &Selection, verdicts: &[Verdict<'_>]) -> Option<usize> {
    let theme = index.theme(&current.theme)?;
    let replaces = verdicts.iter().flatten().any(|(_, because)| because.is_some());
    (!replaces || index.serves(theme)).then_some(theme)
}

fn replacement(chooser: &Chooser<'_>, theme: usize, band: usize, old: &Pick, because: &Ineligibility) -> Option<Pick> {
    let pick = chooser.pick(theme, band)?;
    let choice = Box::new(pick.reason);
    Some(Pick { reason: PickReason::Replaces { id: old.id.clone(), because: because.clone(), choice }, ..pick })
}

/// Why this theme, if it was another before.
fn anew(theme: &str, current: &Selection, why: ThemeReason) -> ThemeReason {
    if theme == current.theme {
        why
    } else {
        ThemeReason::Replaces { theme: current.theme.clone(), choice: Box::new(why) }
    }
}

#[cfg(test)]
mod tests;
