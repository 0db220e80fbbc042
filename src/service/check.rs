//! Everything wrong with config, library, templates, help block and the coming fortnights.

use std::collections::BTreeMap;

use super::planning::PlanRow;
use super::{Service, ServiceError, sync};
use crate::domain::band::BandName;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::{Locale, Sector};
use crate::library;

/// How far ahead `check` looks.
pub const FORTNIGHTS: u32 = 26;

impl Service {
    /// Looks at everything. `self` must work on a copy of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn check(&self) -> Result<Vec<Diagnostic>, ServiceError> {
        let now = self.clock.now();
        let mut findings = Vec::new();
        let today = self.local(now).date_naive();
        findings.extend(library::overdue(self.library()?, today));
        findings.extend(library::unserved(self.library()?, &self.config.bands));
        findings.extend(self.lint().await?);
        let synced = sync::sync(self.store.as_ref(), &self.config.subscribers, true, now).await?;
        findings.extend(shared(&synced.plan.shared, &self.config.file.display().to_string()));
        let rows = self.plan(now, FORTNIGHTS).await?;
        let readers = self.store.readers().await?;
        findings.extend(self.gaps(&rows, &readers));
        if let Some(row) =
            rows.iter().find(|row| row.theme.is_some() && row.activities.len() == self.config.bands.iter().count())
        {
            findings.extend(self.renders(row));
        }
        Ok(findings)
    }

    /// How the library's texts read, and whether its links to our own pages lead somewhere.
    async fn lint(&self) -> Result<Vec<Diagnostic>, ServiceError> {
        let editions = self.store.editions().await?;
        let published = editions.iter().filter(|edition| edition.state.is_published()).map(|edition| edition.number);
        let (base_url, published) = (&self.config.service.base_url, published.collect());
        Ok(library::lint(self.library()?, &self.config.bands, library::Site { base_url, editions: &published }))
    }

    /// Fortnights in which a band has no activity (design §2.3): an error even before anybody reads it.
    fn gaps(&self, rows: &[PlanRow], readers: &BTreeMap<BandName, u64>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for band in self.config.bands.iter() {
            let dry: Vec<&PlanRow> = rows
                .iter()
                .filter(|row| matches!(row.state, "projected" | "planned" | "approved" | "held"))
                .filter(|row| !row.activities.iter().any(|pick| pick.band == band.id.as_str()))
                .collect();
            let Some(first) = dry.first() else { continue };
            let count = readers.get(&band.id).copied().unwrap_or(0);
            let message = format!(
                "band {} has no activity for edition {} on {} ({} of the next {FORTNIGHTS} fortnights; {count} mailboxes read it)",
                band.id,
                first.edition,
                first.date,
                dry.len()
            );
            let finding = if count > 0 {
                Diagnostic::error("band-runs-dry", message)
            } else {
                Diagnostic::warning("band-runs-dry", message)
            };
            findings.push(
                finding.help("add an activity for it, or review those that are overdue and set a later review_by"),
            );
        }
        findings
    }

    /// Renders the row for every sector with all bands, and for every band alone.
    fn renders(&self, row: &PlanRow) -> Vec<Diagnostic> {
        let Some(selection) = &row.selection else { return Vec::new() };
        let material = match self.edition_material(row.edition, row.date, &selection.theme, &selection.picks) {
            Ok(material) => material,
            Err(error) => return vec![Diagnostic::error("cannot-render", error.to_string())],
        };
        let everything = Sector::ALL.iter().map(|sector| (self.config.bands.names(), *sector));
        let alone = self.config.bands.iter().map(|band| ([band.id.clone()].into(), Sector::School));
        let mut findings: Vec<Diagnostic> = Vec::new();
        for (bands, sector) in everything.chain(alone) {
            let key = SegmentKey { bands, sector, locale: Locale::EnGb };
            if let Err(error) = self.render_segment(&material, &key) {
                findings.push(
                    Diagnostic::error("cannot-render", error.to_string())
                        .help("mend the template or the activity that it names"),
                );
            }
        }
        findings
    }
}

fn shared(shared: &[(crate::domain::address::Address, usize, Vec<usize>)], file: &str) -> Vec<Diagnostic> {
    shared
        .iter()
        .map(|(_, first, others)| {
            let others: Vec<String> = others.iter().map(ToString::to_string).collect();
            let message = format!(
                "a mailbox of this entry is also named on line {}: it gets the bands of all, and belongs to this one",
                others.join(", ")
            );
            Diagnostic { line: Some(*first), ..Diagnostic::warning("shared-mailbox", message).in_file(file) }
        })
        .collect()
}
