//! Gives editions their picks, one after the other, each knowing those before it.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{AppError, Service};
use crate::domain::activity::ActivityId;
use crate::domain::band::BandName;
use crate::domain::calendar::{Fortnight, Occasion};
use crate::domain::edition::{Edition, EditionNumber, EditionState, Selection};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::selection::{History, Shelf, repair, select, swap};
use crate::library::Library;

/// Picks made step by step, each knowing those before it.
pub(super) struct Planner<'a> {
    service: &'a Service,
    pub(super) library: &'a Library,
    withdrawn: BTreeSet<ActivityId>,
    pub(super) history: History,
}

impl<'a> Planner<'a> {
    /// One that knows what these editions used.
    pub(super) async fn new(service: &'a Service, editions: &[Edition]) -> Result<Self, AppError> {
        // What never went out and never will is no use of its activities.
        let paused = |e: &Edition| matches!(service.config.schedule.fortnight(e.number), Fortnight::Paused { .. });
        let used = |e: &&Edition| match e.state {
            _ if e.is_published() => true,
            EditionState::Missed | EditionState::Withdrawn => false,
            _ => !paused(e),
        };
        let history = History(editions.iter().filter(used).map(|e| (e.number, e.selection.clone())).collect());
        Ok(Self { service, library: service.library()?, withdrawn: service.store.withdrawn().await?, history })
    }

    fn shelf(&self) -> Shelf<'_> {
        Shelf {
            themes: &self.library.themes,
            activities: &self.library.activities,
            bands: &self.service.config.bands,
            withdrawn: &self.withdrawn,
        }
    }

    fn occasions(&self, number: EditionNumber) -> Vec<&'a Occasion> {
        self.service.config.schedule.occasions_of(number)
    }

    /// Fresh picks, remembered for what follows. Nothing eligible at all is an edition without picks:
    /// publishing holds it and says so, rather than losing the fortnight in silence.
    pub(super) fn select(&mut self, number: EditionNumber, date: NaiveDate) -> Selection {
        let picked = select(self.shelf(), &self.history, number, date, &self.occasions(number));
        let selection = picked.unwrap_or_else(|| Selection {
            theme: String::new(),
            theme_reason: "no activity of the library may be sent on this day".into(),
            theme_fingerprint: Fingerprint::default(),
            picks: Vec::new(),
        });
        self.remember(number, selection.clone());
        selection
    }

    /// The picks with the invalid ones replaced, or `None` when all are valid.
    pub(super) fn repair(&mut self, edition: &Edition, date: NaiveDate) -> Option<Selection> {
        let number = edition.number;
        let mended = repair(self.shelf(), &self.history, number, date, &self.occasions(number), &edition.selection)?;
        self.remember(number, mended.clone());
        Some(mended)
    }

    /// From now on this activity is not picked.
    pub(super) fn withdraw(&mut self, activity: &ActivityId) {
        self.withdrawn.insert(activity.clone());
    }

    /// The picks with an operator's choice for one band, or why not.
    pub(super) fn swap(&self, edition: &Edition, band: &BandName, activity: &ActivityId) -> Result<Selection, String> {
        let when = (edition.number, edition.date);
        swap(self.shelf(), &self.history, when, &edition.selection, (band, activity))
    }

    fn remember(&mut self, number: EditionNumber, selection: Selection) {
        self.history.0.retain(|(n, _)| *n != number);
        self.history.0.push((number, selection));
    }
}
