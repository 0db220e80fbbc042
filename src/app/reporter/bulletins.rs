//! What bulletins need a person for: what an edition would, by the same rules. And waves of bounces, of either.

use super::Reporter;
use super::rules::{of_bounces, of_state, of_wave};
use crate::app::AppError;
use crate::app::attention::{Attention, EditionAttention};
use crate::app::edition::mailing_name;
use crate::domain::bulletin::{BulletinName, BulletinRecord};
use crate::domain::calendar::Approval;
use crate::domain::edition::{Edit, EditionState};
use crate::domain::subscription::bounce::BounceCount;
use crate::domain::subscription::wave::Wave;

impl Reporter {
    pub(super) async fn of_bulletins(&self, bounces: &[BounceCount]) -> Result<Vec<Attention>, AppError> {
        let store = &self.context.store;
        let (records, mut found) = (store.bulletins().await?, Vec::new());
        // What was withdrawn was given up on purpose.
        for record in records.iter().filter(|record| record.state() != EditionState::Withdrawn) {
            let tally = store.tally(record.id.mailing()).await?;
            let needs = of_state(&record.course, &tally).into_iter().chain(self.edited_bulletin(record));
            found.extend(needs.map(|need| Attention::Bulletin(record.name.clone(), need)));
        }
        found.extend(self.unapproved(&records).map(|name| Attention::Bulletin(name, EditionAttention::Unapproved)));
        for (number, need) in of_bounces(records.iter().map(|record| &record.course), bounces) {
            let record = records.iter().find(|record| record.id.mailing() == number);
            found.extend(record.map(|record| Attention::Bulletin(record.name.clone(), need)));
        }
        Ok(found)
    }

    /// Those of the library that nobody can send before they are approved, and that nobody has approved.
    fn unapproved(&self, records: &[BulletinRecord]) -> impl Iterator<Item = BulletinName> {
        let is_required = self.context.config.schedule.approval == Approval::Required;
        let content = self.loaded.content().filter(|_| is_required);
        let texts = content.into_iter().flat_map(|content| &content.library.bulletins);
        let waits = |record: &BulletinRecord| record.state() == EditionState::Planned;
        let record = |name: &BulletinName| records.iter().find(|record| record.name == *name);
        texts.map(|text| text.name.clone()).filter(move |name| record(name).is_none_or(waits))
    }

    /// Waves of bounces that wait for a person, and those of which a decision broke off.
    pub(super) async fn of_waves(&self) -> Result<Vec<Attention>, AppError> {
        let (store, mut found) = (&*self.context.store, Vec::new());
        for open in store.open_waves().await?.into_iter().filter(|open| open.waiting > 0) {
            let of = mailing_name(store, open.wave.edition).await?;
            found.push(of_wave(open, of));
        }
        for wave in store.waves().await?.into_iter().filter(Wave::waits_to_be_completed) {
            let of = mailing_name(store, wave.edition).await?;
            found.push(Attention::UnsettledWave { wave, of });
        }
        Ok(found)
    }

    /// What was edited since someone approved of one that hasn't been sent.
    fn edited_bulletin(&self, record: &BulletinRecord) -> Option<EditionAttention> {
        let library = &self.loaded.content()?.library;
        let text = library.bulletins.iter().find(|text| text.name == record.name)?;
        let parts = record.edited(text);
        if record.published.is_some() || parts.is_empty() {
            return None;
        }
        let edits = vec![Edit { id: record.name.to_string(), title: text.title.clone(), parts }];
        Some(EditionAttention::Edited { was_approved: true, edits })
    }
}
