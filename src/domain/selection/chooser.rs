//! The choice of a theme and of one activity per band, each with its reason.

use super::index::Index;
use crate::domain::activity::Activity;
use crate::domain::calendar::Occasion;
use crate::domain::edition::{LastUse, Pick, PickReason, Selection, ThemeReason};
use crate::domain::fingerprint::Fingerprint;

/// Chooses from an index, for an occasion or by rotation.
pub(super) struct Chooser<'a> {
    index: &'a Index<'a>,
    /// The first of the edition's occasions that an eligible activity lists.
    occasion: Option<&'a str>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(index: &'a Index<'a>, occasions: &[&'a Occasion]) -> Self {
        let mut ordered: Vec<_> = occasions.iter().map(|occasion| (occasion.on, occasion.name.as_str())).collect();
        ordered.sort_unstable();
        let listed = |name: &str| (0..index.themes.len()).any(|theme| coverage(index, theme, Some(name)) > 0);
        let occasion = ordered.into_iter().map(|(_, name)| name).find(|name| listed(name));
        Self { index, occasion }
    }

    /// Theme and picks; `None` when no band has an eligible activity.
    pub(super) fn selection(&self) -> Option<Selection> {
        let (theme, theme_reason) = self.theme()?;
        let picks = (0..self.index.bands.len()).filter_map(|band| self.pick(theme, band)).collect();
        let theme = &self.index.themes[theme];
        Some(Selection {
            theme: theme.name.clone(),
            theme_reason,
            theme_fingerprint: Fingerprint::of_theme(theme),
            picks,
        })
    }

    /// Of the themes that serve the most bands, the one used longest ago, by position.
    pub(super) fn theme(&self) -> Option<(usize, ThemeReason)> {
        let themes = self.index.themes;
        let serves: Vec<_> = (0..themes.len()).map(|theme| coverage(self.index, theme, self.occasion)).collect();
        let most = serves.iter().copied().max().filter(|most| *most > 0)?;
        let field: Vec<_> = (0..themes.len()).filter(|theme| serves[*theme] == most).collect();
        let winner = field.iter().copied().min_by_key(|&at| {
            (self.index.theme_used(at), themes[at].order.is_none(), themes[at].order, &themes[at].name)
        })?;
        Some((winner, self.theme_reason(winner, field.len(), most)))
    }

    fn theme_reason(&self, theme: usize, themes: usize, serves: usize) -> ThemeReason {
        if let Some(name) = self.occasion {
            return ThemeReason::Occasion { name: name.to_owned() };
        }
        match self.index.theme_used(theme) {
            None => ThemeReason::NeverUsed,
            Some(edition) if edition > self.index.number => ThemeReason::PlannedFor { edition },
            Some(last) if themes > 1 => ThemeReason::LongestAgo { last, themes },
            Some(last) => ThemeReason::ServesMost { last, serves, bands: self.index.bands.len() },
        }
    }

    /// The pick for a band in an edition of this theme; `None` when nothing is eligible for the band.
    pub(super) fn pick(&self, theme: usize, band: usize) -> Option<Pick> {
        let (activity, reason) = self
            .for_occasion(theme, band)
            .or_else(|| self.of_theme(theme, band))
            .or_else(|| self.borrowed(theme, band))?;
        Some(Pick {
            band: self.index.bands[band].clone(),
            id: activity.id.clone(),
            title: activity.title.clone(),
            reason,
            fingerprint: Fingerprint::of_activity(activity),
        })
    }

    /// One that lists the occasion: of the theme, else of another.
    fn for_occasion(&self, theme: usize, band: usize) -> Option<(&'a Activity, PickReason)> {
        let occasion = self.occasion?;
        let fits = |activity: &&Activity| lists(activity, occasion);
        let name = occasion.to_owned();
        let own = self.oldest(self.index.cell(theme, band).iter().copied().filter(fits));
        if let Some((activity, used)) = own {
            return Some((activity, PickReason::Occasion { name, lacking: None, used }));
        }
        let (activity, used) = self.oldest(self.others(theme, band).filter(fits))?;
        Some((activity, PickReason::Occasion { name, lacking: Some(self.index.themes[theme].name.clone()), used }))
    }

    /// The theme's own.
    fn of_theme(&self, theme: usize, band: usize) -> Option<(&'a Activity, PickReason)> {
        match self.index.cell(theme, band) {
            [only] => Some((only, PickReason::OnlyOne)),
            several => {
                self.oldest(several.iter().copied()).map(|(activity, used)| (activity, PickReason::Rotation(used)))
            }
        }
    }

    /// One of another theme, because this one has none.
    fn borrowed(&self, theme: usize, band: usize) -> Option<(&'a Activity, PickReason)> {
        let (activity, used) = self.oldest(self.others(theme, band))?;
        Some((activity, PickReason::Borrowed { lacking: self.index.themes[theme].name.clone(), used }))
    }

    fn others(&self, theme: usize, band: usize) -> impl Iterator<Item = &'a Activity> {
        let others = (0..self.index.themes.len()).filter(move |other| *other != theme);
        others.flat_map(move |other| self.index.cell(other, band)).copied()
    }

    /// The one of these that was used longest ago (ties by id), and when that was.
    fn oldest(&self, activities: impl Iterator<Item = &'a Activity>) -> Option<(&'a Activity, LastUse)> {
        let (used, activity) = activities
            .map(|activity| (self.index.activity_used(activity), activity))
            .min_by_key(|(used, activity)| (*used, &activity.id))?;
        let used = match used {
            None => LastUse::Never,
            Some(edition) if edition > self.index.number => LastUse::PlannedFor(edition),
            Some(edition) => LastUse::In(edition),
        };
        Some((activity, used))
    }
}

/// For how many bands the theme has an eligible activity (that lists the occasion).
fn coverage(index: &Index<'_>, theme: usize, occasion: Option<&str>) -> usize {
    let fits = |activity: &&Activity| occasion.is_none_or(|name| lists(activity, name));
    (0..index.bands.len()).filter(|band| index.cell(theme, *band).iter().any(fits)).count()
}

fn lists(activity: &Activity, occasion: &str) -> bool {
    activity.occasions.iter().any(|name| name == occasion)
}
