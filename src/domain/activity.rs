//! Activities, themes and notices: what the library holds, checked.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::band::BandName;
use super::prose::Prose;
use super::subscriber::{WordError, words};
use super::text::serde_as_text;

/// The name of an activity: `theme/name`, both lower-case letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivityId(String);

/// The text is not `theme/name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not an activity (expected THEME/NAME in lower-case letters, digits and hyphens)")]
pub struct ActivityIdError(String);

impl ActivityId {
    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn theme(&self) -> &str {
        self.0.split_once('/').map_or("", |(theme, _)| theme)
    }

    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

/// Whether `text` may name a theme, an activity, a notice or an occasion.
pub fn is_slug(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    text.len() <= 80
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

impl FromStr for ActivityId {
    type Err = ActivityIdError;

    fn from_str(text: &str) -> Result<Self, ActivityIdError> {
        match text.split_once('/') {
            Some((theme, name)) if is_slug(theme) && is_slug(name) => Ok(Self(text.to_owned())),
            _ => Err(ActivityIdError(text.chars().filter(|c| !c.is_control()).take(80).collect())),
        }
    }
}

impl fmt::Display for ActivityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
serde_as_text!(ActivityId);

/// How much care an activity asks of the adult.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Nothing special.
    None,
    /// May touch something a child has met: read it first.
    Care,
    /// Likely to: choose the moment, know where to turn.
    High,
}

/// Something to read or watch elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub title: String,
    /// An https address.
    pub url: String,
    pub publisher: String,
}

/// A picture beside the activity's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// File name, relative to the activity's folder.
    pub file: String,
    /// What the picture shows, for those who do not see it.
    pub alt: String,
    pub credit: String,
    /// SHA-256 of the file, in hexadecimal, so that another picture in its place is an edit; empty where it can't be shown, and
    /// where a version stored it that drew no pictures.
    #[serde(default)]
    pub digest: String,
}

/// One real step on a real device, for another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    pub text: String,
    /// An https address.
    pub url: String,
    pub publisher: String,
}

/// A sheet of A4 that would otherwise have to be drawn. It goes out with the activity, so its drawing is kept with the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printable {
    /// File name, relative to the activity's folder.
    pub file: String,
    /// The SVG document itself.
    pub svg: String,
}

/// One 15-minute thing to do. What a version before did not have may be missing where that version stored it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub id: ActivityId,
    pub title: String,
    /// The bands it suits; never empty.
    pub bands: Vec<BandName>,
    /// How long it takes, 1 to 15 minutes.
    pub minutes: u8,
    /// The teaser, at most 30 words.
    pub summary: String,
    pub needs: Vec<String>,
    pub screen: bool,
    pub sensitivity: Sensitivity,
    pub reviewed: NaiveDate,
    /// From the day after this date it is overdue and no longer picked.
    pub review_by: NaiveDate,
    /// Not before this local date.
    pub not_before: Option<NaiveDate>,
    /// Not after this local date.
    pub not_after: Option<NaiveDate>,
    /// The occasions that pull it forward.
    pub occasions: Vec<String>,
    pub resources: Vec<Resource>,
    pub image: Option<Image>,
    /// Completes “Your child practises …”.
    #[serde(default)]
    pub skill: Option<String>,
    /// What is said together at the end.
    #[serde(default)]
    pub say: Option<String>,
    #[serde(default)]
    pub next: Option<NextStep>,
    #[serde(default)]
    pub printable: Option<Printable>,
    pub get_ready: Prose,
    pub do_it_together: Prose,
    pub talk_about_it: Prose,
    pub if_something_worries_you: Prose,
}

/// What the activities of one fortnight have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theme {
    pub name: String,
    /// What a reader sees.
    pub title: String,
    /// The strand of *Education for a Connected World* that it serves.
    pub strand: String,
    /// Breaks ties between themes never used; lower first, `None` last.
    pub order: Option<i64>,
    pub reviewed: NaiveDate,
    /// When it must be checked again.
    pub review_by: NaiveDate,
    /// Who wrote the article.
    #[serde(default)]
    pub author: Option<String>,
    /// Who checked it.
    #[serde(default)]
    pub reviewed_by: Option<String>,
    /// The digest's opening paragraph.
    pub opening: Prose,
    /// The article below `## For parents and carers`.
    pub for_parents: Prose,
}

/// A topical note, shown in editions sent between its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The file's name without `.md`.
    pub name: String,
    pub title: String,
    /// First local date on which it is shown.
    pub from: NaiveDate,
    /// Last local date on which it is shown.
    pub until: NaiveDate,
    pub body: Prose,
}

words! {
    /// Whose help lines and bank holidays.
    Nation, "nation" {
        England = "england",
        Wales = "wales",
        Scotland = "scotland",
        NorthernIreland = "northern-ireland",
    }
}

impl Nation {
    /// Its name in a sentence.
    pub fn title(self) -> &'static str {
        match self {
            Self::England => "England",
            Self::Wales => "Wales",
            Self::Scotland => "Scotland",
            Self::NorthernIreland => "Northern Ireland",
        }
    }
}
