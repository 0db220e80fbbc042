//! What stays of a selection after the library, the dates or the bands changed, and what takes the rest's place.

use chrono::NaiveDate;

use super::chooser::Chooser;
use super::index::Index;
use super::shelf::{Shelf, ineligibility};
use crate::domain::edition::{Ineligibility, Pick, PickReason, Selection, ThemeReason};
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
    let kept = verdicts.iter().flatten().filter(|(_, because)| because.is_none()).count();
    let (theme, theme_reason) = match theme_that_stays(index, current, &verdicts) {
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
            Some((pick, Some(because))) => replacement(chooser, theme, band, pick, because),
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
