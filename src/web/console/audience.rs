//! Who gets an edition, as a table: sectors down, age bands across.

use serde::Serialize;

use crate::config::Config;
use crate::domain::segment::Segment;
use crate::domain::subscriber::Sector;
use crate::messages;

#[derive(Debug, Serialize)]
pub(super) struct AudienceTable {
    bands: Vec<Heading>,
    rows: Vec<Row>,
    total: Row,
    mailboxes: u64,
}

/// An age group, by its name and, where there is no room for that, by its ages.
#[derive(Debug, Serialize)]
struct Heading {
    label: String,
    id: String,
}

#[derive(Debug, Serialize)]
struct Row {
    label: &'static str,
    /// Mailboxes that read each band; one that reads two bands counts in both.
    bands: Vec<u64>,
    mailboxes: u64,
}

impl AudienceTable {
    pub(super) fn new(config: &Config, segments: &[Segment]) -> Self {
        let row = |label, counts: &dyn Fn(&Segment) -> bool| {
            let of =
                |band| segments.iter().filter(|s| counts(s) && s.key.bands.contains(band)).map(|s| s.recipients).sum();
            Row {
                label,
                bands: config.bands.iter().map(|band| of(&band.id)).collect(),
                mailboxes: segments.iter().filter(|segment| counts(segment)).map(|segment| segment.recipients).sum(),
            }
        };
        let sectors =
            Sector::ALL.iter().map(|sector| row(messages::sectors::many(*sector), &|s| s.key.sector == *sector));
        let total = row("Everyone", &|_| true);
        Self {
            bands: config
                .bands
                .iter()
                .map(|band| Heading { label: band.label.clone(), id: band.id.to_string() })
                .collect(),
            rows: sectors.filter(|row| row.mailboxes > 0).collect(),
            mailboxes: total.mailboxes,
            total,
        }
    }
}
