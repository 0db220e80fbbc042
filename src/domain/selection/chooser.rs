//! The choice of a theme and of one activity per band, each with its reason.

use super::index::Index;
use crate::domain::activity::Activity;
use crate::domain::calendar::Occasion;
use crate::domain::edition::{Pick, Selection};
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
    pub(super) fn theme(&self) -> Option<(usize, String)> {
        let themes = self.index.themes;
        let serves: Vec<_> = (0..themes.len()).map(|theme| coverage(self.index, theme, self.occasion)).collect();
        let most = serves.iter().copied().max().filter(|most| *most > 0)?;
        let field: Vec<_> = (0..themes.len()).filter(|theme| serves[*theme] == most).collect();
        let winner = field.iter().copied().min_by_key(|&at| {
            (self.index.theme_used(at), themes[at].order.is_none(), themes[at].order, &themes[at].name)
        })?;
        Some((winner, self.theme_reason(winner, field.len(), most)))
    }

    fn theme_reason(&self, theme: usize, field: usize, most: usize) -> String {
        if let Some(occasion) = self.occasion {
            return format!("occasion {occasion}");
        }
        match self.index.theme_used(theme) {
            None => "never used before".to_owned(),
            Some(edition) if edition > self.index.number => {
                format!("planned for edition {edition} too, as every theme that could serve as many bands is soon")
            }
            Some(edition) if field > 1 => {
                format!("not used since edition {edition} (longest ago of {field} themes)")
            }
            Some(edition) => {
                let bands = self.index.bands.len();
                format!("used in edition {edition}, but no other theme can serve {most} of the {bands} bands")
            }
        }
    }

    /// The pick for a band in an edition of this theme; `None` when nothing is eligible for the band.
    pub(super) fn pick(&self, theme: usize, band: usize) -> Option<Pick> {
        let (activity, reason) =
            self.for_occasion(theme, band).or_else(|| self.of_theme(theme, band)).or_else(|| self.lent(theme, band))?;
        Some(Pick {
            band: self.index.bands[band].clone(),
            id: activity.id.clone(),
            title: activity.title.clone(),
            reason,
            fingerprint: Fingerprint::of_activity(activity),
        })
    }

    /// One that lists the occasion: of the theme, else of another.
    fn for_occasion(&self, theme: usize, band: usize) -> Option<(&'a Activity, String)> {
        let occasion = self.occasion?;
        let fits = |activity: &&Activity| lists(activity, occasion);
        let own = self.oldest(self.index.cell(theme, band).iter().copied().filter(fits));
        if let Some((activity, used)) = own {
            return Some((activity, format!("for the occasion {occasion}: {used}")));
        }
        let (activity, used) = self.oldest(self.others(theme, band).filter(fits))?;
        let (name, band) = (&self.index.themes[theme].name, self.index.bands[band]);
        let why =
            format!("for the occasion {occasion}, from another theme: “{name}” has none for it and {band}; {used}");
        Some((activity, why))
    }

    /// The theme's own.
    fn of_theme(&self, theme: usize, band: usize) -> Option<(&'a Activity, String)> {
        match self.index.cell(theme, band) {
            [only] => Some((only, "the theme's only activity for this band".to_owned())),
            several => self.oldest(several.iter().copied()),
        }
    }

    /// One of another theme, because this one has none.
    fn lent(&self, theme: usize, band: usize) -> Option<(&'a Activity, String)> {
        let (activity, used) = self.oldest(self.others(theme, band))?;
        let (name, band) = (&self.index.themes[theme].name, self.index.bands[band]);
        Some((activity, format!("from another theme: “{name}” has none for {band}; {used}")))
    }

    fn others(&self, theme: usize, band: usize) -> impl Iterator<Item = &'a Activity> {
        let others = (0..self.index.themes.len()).filter(move |other| *other != theme);
        others.flat_map(move |other| self.index.cell(other, band)).copied()
    }

    /// The least recently used of these (ties by id), and how long ago that was.
    fn oldest(&self, activities: impl Iterator<Item = &'a Activity>) -> Option<(&'a Activity, String)> {
        let (used, activity) = activities
            .map(|activity| (self.index.activity_used(activity), activity))
            .min_by_key(|(used, activity)| (*used, &activity.id))?;
        let reason = match used {
            None => "never used".to_owned(),
            Some(edition) if edition > self.index.number => format!("planned for edition {edition} too"),
            Some(edition) => format!("least recently used (edition {edition})"),
        };
        Some((activity, reason))
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
