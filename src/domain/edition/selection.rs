//! The theme and the picks of an edition.

use serde::{Deserialize, Serialize};

use super::pick_reason::{PickReason, ThemeReason};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::fingerprint::Fingerprint;

/// One band's activity in one edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// The band.
    pub band: BandName,
    /// The activity.
    pub id: ActivityId,
    /// Its title when it was picked.
    pub title: String,
    /// Why this one.
    pub reason: PickReason,
    /// What its text was when it was picked, or approved.
    pub fingerprint: Fingerprint,
}

/// The theme and the picks of an edition, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// The theme's folder name.
    pub theme: String,
    /// Why this theme.
    pub theme_reason: ThemeReason,
    /// What the theme's text was when it was picked, or approved.
    pub theme_fingerprint: Fingerprint,
    /// One pick per band that has an eligible activity, in the bands' order.
    pub picks: Vec<Pick>,
}
