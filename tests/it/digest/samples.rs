//! An edition to render: invented texts from tests/fixtures/digest, or a real library's theme.

use std::path::Path;
use std::sync::LazyLock;

use crate::support::root;
use chrono::NaiveDate;
use fortnightly::domain::activity::{Activity, Nation, Notice, Theme};
use fortnightly::domain::address::Address;
use fortnightly::domain::band::{Band, BandName, Bands};
use fortnightly::domain::edition::EditionNumber;
use fortnightly::domain::help::Help;
use fortnightly::domain::segment::SegmentKey;
use fortnightly::domain::subscriber::{Locale, Sector};
use fortnightly::library::{Library, load};
use fortnightly::render::{Card, Face, Issue, ServiceInfo, Templates};

/// The shipped templates.
pub(super) fn templates() -> Templates {
    Templates::load(&root().join("templates")).unwrap_or_else(|errors| panic!("{}", listed(&errors)))
}

/// Findings, one a line, the project's folder left out.
pub(super) fn listed(errors: &[fortnightly::domain::diagnostic::Diagnostic]) -> String {
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    text.join("\n").replace(&format!("{}/", root().display()), "")
}

/// Everything an [`Issue`] borrows.
pub(super) struct Edition {
    pub(super) bands: Bands,
    pub(super) theme: Theme,
    pub(super) activities: Vec<(BandName, Activity, Option<String>)>,
    pub(super) notices: Vec<Notice>,
    pub(super) help: Help,
    pub(super) reply_to: Option<Address>,
    pub(super) service: String,
    pub(super) postal_address: String,
    pub(super) face: Face<'static>,
}

impl Edition {
    /// The invented edition: five bands, one of them from another theme.
    pub(super) fn invented() -> Self {
        static INVENTED: LazyLock<Library> = LazyLock::new(|| library(&root().join("tests/fixtures/digest/library")));
        Self::of_theme(&INVENTED, "private-information")
    }

    /// A theme, with the first activity of each shipped band: its own, or where it has none another theme's.
    pub(super) fn of_theme(library: &Library, name: &str) -> Self {
        let bands = Bands::shipped();
        let pick = |band: &Band| {
            let serves = |activity: &&Activity| activity.bands.contains(&band.id);
            let mut own = library.activities.iter().filter(|activity| activity.id.theme() == name);
            let activity = own.find(serves).or_else(|| library.activities.iter().find(serves))?;
            let from = library.theme(activity.id.theme()).filter(|theme| theme.name != name);
            Some((band.id.clone(), activity.clone(), from.map(|theme| theme.title.clone())))
        };
        Self {
            activities: bands.iter().filter_map(pick).collect(),
            theme: library.theme(name).unwrap().clone(),
            notices: library.notices.clone(),
            help: library.help.clone(),
            reply_to: Some("team@activities.example".parse().unwrap()),
            service: "Online Safety at Home".to_owned(),
            postal_address: "1 High Street, Anytown AB1 2CD".to_owned(),
            face: Face::default(),
            bands,
        }
    }

    pub(super) fn issue(&self) -> Issue<'_> {
        Issue {
            service: ServiceInfo {
                name: &self.service,
                postal_address: &self.postal_address,
                base_url: "https://activities.example",
                reply_to: self.reply_to.as_ref(),
                face: self.face,
            },
            edition: EditionNumber(7),
            date: NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(),
            theme: &self.theme,
            theme_corrected: None,
            cards: self
                .activities
                .iter()
                .map(|(name, activity, from)| Card {
                    band: self.bands.get(name).unwrap(),
                    activity,
                    from_theme: from.as_deref(),
                    corrected: None,
                })
                .collect(),
            notices: self.notices.iter().collect(),
            help: &self.help,
            pictures: Vec::new(),
        }
    }
}

/// A segment of these bands.
pub(super) fn segment(sector: Sector, names: &[&str]) -> SegmentKey {
    SegmentKey { bands: names.iter().map(|name| name.parse().unwrap()).collect(), sector, locale: Locale::EnGb }
}

/// The library in `folder`, as the program reads it.
pub(super) fn library(folder: &Path) -> Library {
    let (library, findings) = load(folder, &Bands::shipped(), Nation::England);
    library.unwrap_or_else(|| panic!("{}", listed(&findings)))
}
