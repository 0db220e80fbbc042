//! The theme and the picks of an edition, and why each was picked. Sentences are made in `messages::picks`.
//!
//! The codes and the names of the data are stored: never rename one without a migration.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::number::EditionNumber;
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::fingerprint::Fingerprint;

/// When the activity that was used longest ago was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LastUse {
    Never,
    In(EditionNumber),
    /// In a later one, which was planned before.
    PlannedFor(EditionNumber),
}

/// Why an activity was picked for a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum PickReason {
    /// The theme has no other for the band.
    OnlyOne,
    /// Of the theme's, it was used longest ago.
    Rotation(LastUse),
    /// It belongs to another theme, because the edition's has none for the band.
    Borrowed {
        lacking: String,
        /// Of the others', it was used longest ago.
        used: LastUse,
    },
    /// It lists a dated campaign.
    Occasion {
        name: String,
        /// The edition's theme, when the activity belongs to another because that has none.
        lacking: Option<String>,
        /// Of those that list it, it was used longest ago.
        used: LastUse,
    },
    /// Another one can no longer be used.
    Replaces { id: ActivityId, because: Ineligibility, choice: Box<PickReason> },
    /// A person chose it.
    Operator {
        /// In this one's place.
        instead: Option<ActivityId>,
        /// The last edition before with it.
        last: Option<EditionNumber>,
        /// The first later edition for which it is planned, too.
        next: Option<EditionNumber>,
    },
    /// Picked by an older version, which stored the sentence alone.
    Told {
        /// The campaign that it was picked for.
        occasion: Option<String>,
        text: String,
    },
}

impl PickReason {
    /// The campaign that it was picked for.
    pub fn occasion(&self) -> Option<&str> {
        match self {
            Self::Occasion { name, .. } => Some(name),
            Self::Replaces { choice, .. } => choice.occasion(),
            Self::Told { occasion, .. } => occasion.as_deref(),
            Self::OnlyOne | Self::Rotation(_) | Self::Borrowed { .. } | Self::Operator { .. } => None,
        }
    }
}

/// Why a theme was picked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", content = "detail", rename_all = "kebab-case")]
pub enum ThemeReason {
    /// Its activities list a dated campaign.
    Occasion {
        name: String,
    },
    NeverUsed,
    /// Of the themes that serve as many bands, it was used longest ago.
    LongestAgo {
        /// In this edition.
        last: EditionNumber,
        /// Of so many themes.
        themes: usize,
    },
    /// No other theme serves as many bands.
    ServesMost {
        /// It was used in this edition.
        last: EditionNumber,
        /// It serves so many.
        serves: usize,
        /// Of so many.
        bands: usize,
    },
    /// It is planned for a later edition, as is every theme that serves as many bands.
    PlannedFor {
        edition: EditionNumber,
    },
    /// Another one can no longer be used.
    Replaces {
        theme: String,
        choice: Box<ThemeReason>,
    },
    /// No activity may be sent on this day, so there is no theme.
    NothingEligible,
    /// Picked by an older version, which stored the sentence alone.
    Told {
        /// The campaign that it was picked for.
        occasion: Option<String>,
        text: String,
    },
}

impl ThemeReason {
    /// The campaign that it was picked for.
    pub fn occasion(&self) -> Option<&str> {
        match self {
            Self::Occasion { name } => Some(name),
            Self::Replaces { choice, .. } => choice.occasion(),
            Self::Told { occasion, .. } => occasion.as_deref(),
            _ => None,
        }
    }
}

/// Why an activity may not be picked. Stored in the reasons of picks: never rename one without a migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ineligibility {
    /// The library has no such activity, or not its theme.
    Gone,
    /// An operator withdrew it.
    Withdrawn,
    /// Its review fell due on this date, before the day.
    Overdue(NaiveDate),
    /// It may go out from this date.
    TooEarly(NaiveDate),
    /// It could go out until this date.
    TooLate(NaiveDate),
    /// It is not for this band any more.
    OtherBand(BandName),
}

/// One band's activity in one edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    pub band: BandName,
    pub id: ActivityId,
    pub title: String,
    pub reason: PickReason,
    /// What its text was when it was picked, or approved.
    pub fingerprint: Fingerprint,
}

/// The theme and the picks of an edition, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The theme's folder name.
    pub theme: String,
    pub theme_reason: ThemeReason,
    /// What the theme's text was when it was picked, or approved.
    pub theme_fingerprint: Fingerprint,
    /// One pick per band that has an eligible activity, in the bands' order.
    pub picks: Vec<Pick>,
}

impl Selection {
    /// No theme and no pick, because nothing is eligible.
    pub fn none() -> Self {
        Self {
            theme: String::new(),
            theme_reason: ThemeReason::NothingEligible,
            theme_fingerprint: Fingerprint::default(),
            picks: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stores hold.
    #[test]
    fn codes_and_details_stay_as_they_are() {
        let used = LastUse::In(EditionNumber(3));
        let id = || "a/one".parse().expect("an id");
        for (reason, json) in [
            (PickReason::OnlyOne, r#"{"code":"only-one"}"#),
            (PickReason::Rotation(LastUse::Never), r#"{"code":"rotation","detail":"never"}"#),
            (PickReason::Rotation(used), r#"{"code":"rotation","detail":{"in":3}}"#),
            (
                PickReason::Rotation(LastUse::PlannedFor(EditionNumber(3))),
                r#"{"code":"rotation","detail":{"planned-for":3}}"#,
            ),
            (
                PickReason::Borrowed { lacking: "a".to_owned(), used },
                r#"{"code":"borrowed","detail":{"lacking":"a","used":{"in":3}}}"#,
            ),
            (
                PickReason::Occasion { name: "day".to_owned(), lacking: None, used },
                r#"{"code":"occasion","detail":{"name":"day","lacking":null,"used":{"in":3}}}"#,
            ),
            (
                PickReason::Replaces {
                    id: id(),
                    because: Ineligibility::OtherBand("4-5".parse().expect("a band")),
                    choice: Box::new(PickReason::OnlyOne),
                },
                r#"{"code":"replaces","detail":{"id":"a/one","because":{"other-band":"4-5"},"choice":{"code":"only-one"}}}"#,
            ),
            (
                PickReason::Operator { instead: Some(id()), last: None, next: Some(EditionNumber(9)) },
                r#"{"code":"operator","detail":{"instead":"a/one","last":null,"next":9}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&reason).expect("it is JSON"), json);
            assert_eq!(serde_json::from_str::<PickReason>(json).expect("it is read"), reason);
        }
        let last = EditionNumber(3);
        for (reason, json) in [
            (ThemeReason::NeverUsed, r#"{"code":"never-used"}"#),
            (ThemeReason::NothingEligible, r#"{"code":"nothing-eligible"}"#),
            (ThemeReason::Occasion { name: "day".to_owned() }, r#"{"code":"occasion","detail":{"name":"day"}}"#),
            (ThemeReason::LongestAgo { last, themes: 4 }, r#"{"code":"longest-ago","detail":{"last":3,"themes":4}}"#),
            (
                ThemeReason::ServesMost { last, serves: 2, bands: 5 },
                r#"{"code":"serves-most","detail":{"last":3,"serves":2,"bands":5}}"#,
            ),
            (ThemeReason::PlannedFor { edition: last }, r#"{"code":"planned-for","detail":{"edition":3}}"#),
            (
                ThemeReason::Replaces { theme: "a".to_owned(), choice: Box::new(ThemeReason::NeverUsed) },
                r#"{"code":"replaces","detail":{"theme":"a","choice":{"code":"never-used"}}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&reason).expect("it is JSON"), json);
            assert_eq!(serde_json::from_str::<ThemeReason>(json).expect("it is read"), reason);
        }
    }
}
