//! The figures of a report.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Serialize;

use crate::domain::band::BandName;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::{EndedBy, Sector};
use crate::domain::text::dates;

/// A report about some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct YearReport {
    pub service: String,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// The school year, if it is one.
    pub year: Option<String>,
    /// When the report was made. What comes later is not in it.
    #[serde(serialize_with = "dates::with_offset")]
    pub made_at: DateTime<FixedOffset>,
    /// Its last day is over.
    pub is_over: bool,
    /// Every edition that went out, or should have gone out, by number.
    pub editions: Vec<EditionFigures>,
    pub total: Figures,
    /// Active subscribers and mailboxes at the end, by sector.
    pub sectors: Vec<SectorFigures>,
    /// Mailboxes at the end, by band: one that gets several bands is counted in each.
    pub bands: Vec<BandFigures>,
    pub movement: Movement,
    /// Editions of which it is not known any more how many mails came back.
    pub bounces_forgotten: u64,
}

/// What became of an edition's mails; but for `bounced`, which are accepted ones, they add up to the recipients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub recipients: u64,
    pub accepted: u64,
    /// Accepted ones that came back; nothing where that is forgotten.
    pub bounced: Option<u64>,
    pub failed: u64,
    pub uncertain: u64,
    pub expired: u64,
    /// Of mailboxes that left between publishing and sending.
    pub suppressed: u64,
    /// Still to be sent.
    pub waiting: u64,
}

/// An edition with its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EditionFigures {
    pub edition: EditionNumber,
    pub date: NaiveDate,
    /// The theme's title, or its folder where the library does not have it any more.
    pub theme: String,
    pub state: &'static str,
    #[serde(flatten)]
    pub figures: Figures,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SectorFigures {
    pub sector: Sector,
    pub subscribers: u64,
    pub mailboxes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BandFigures {
    pub band: BandName,
    /// What readers call it; its name where it is not configured any more.
    pub label: String,
    pub mailboxes: u64,
}

/// Mailboxes that came and went: `before` + `joined` − all of `left` is `after`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Movement {
    pub before: u64,
    pub joined: u64,
    pub left: BTreeMap<EndedBy, u64>,
    pub after: u64,
}
