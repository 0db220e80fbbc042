//! What differs between an edition and the one that was published before it.

use std::collections::BTreeMap;

use super::Previewer;
use super::proof::{BandDifference, Difference, NoticeDifference, Proof};
use crate::app::AppError;
use crate::domain::activity::Notice;
use crate::domain::band::BandName;
use crate::domain::edition::{Edition, EditionNumber, Pick};
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::Sector;

impl Previewer {
    /// Compares a proof with the newest edition before that was published, if there is one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn compare(&self, proof: &mut Proof) -> Result<(), AppError> {
        proof.difference = self.difference(proof).await?;
        Ok(())
    }

    async fn difference(&self, proof: &Proof) -> Result<Option<Difference>, AppError> {
        let editions = self.context.store.editions().await?;
        let before = editions.iter().rev().find(|one| one.number < proof.edition && one.is_published());
        let Some(before) = before else { return Ok(None) };
        let (was, is) = (
            self.readers(before.number).await?,
            Readers::of(proof.mails.segments.iter().map(|s| (&s.key, s.recipients))),
        );
        let titled =
            |name: &str| self.content.library.theme(name).map_or(name, |theme| theme.title.as_str()).to_owned();
        let pair = |was: Option<u64>, is: u64| was.map(|was| (was, is));
        let picks = |picks: &[Pick], band: &BandName| {
            picks.iter().find(|pick| pick.band == *band).map(|pick| pick.title.clone())
        };
        let bands = self.context.config.bands.iter().map(|band| BandDifference {
            label: band.label.clone(),
            before: picks(&before.selection.picks, &band.id),
            now: picks(proof.row.picks(), &band.id),
            mailboxes: pair(was.as_ref().map(|was| was.band(&band.id)), is.band(&band.id)),
        });
        let sectors = was
            .iter()
            .flat_map(|was| Sector::ALL.iter().map(|sector| (*sector, was.sector(*sector), is.sector(*sector))));
        Ok(Some(Difference {
            before: before.number,
            date: before.date,
            theme: (titled(&before.selection.theme), titled(proof.row.theme().unwrap_or_default())),
            bands: bands.collect(),
            sectors: sectors.filter(|(_, was, is)| was + is > 0).collect(),
            mailboxes: pair(was.as_ref().map(|was| was.all), is.all),
            notices: self.notices_beside(before, &proof.notices).await?,
        }))
    }

    /// How many a published edition was for, as far as it is still kept to whom it went.
    async fn readers(&self, number: EditionNumber) -> Result<Option<Readers>, AppError> {
        let store = &self.context.store;
        let Some(stored) = store.published(number).await? else { return Ok(None) };
        let addressed = store.addressed(number).await?;
        let count = |at| addressed.get(at).map_or(0, |(known, _)| *known);
        Ok(Some(Readers::of(stored.segments.iter().map(|(at, segment)| (&segment.key, count(at))))))
    }

    async fn notices_beside(&self, before: &Edition, now: &[Notice]) -> Result<Vec<NoticeDifference>, AppError> {
        let published = self.context.store.published_view(before.number).await?;
        let before = published.map(|view| view.notices).unwrap_or_default();
        let was = |name: &str| before.iter().any(|notice| notice.name == name);
        let mut all: Vec<_> = now
            .iter()
            .map(|one| NoticeDifference { title: one.title.clone(), was: was(&one.name), is: true })
            .collect();
        let gone = before.iter().filter(|one| now.iter().all(|other| other.name != one.name));
        all.extend(gone.map(|one| NoticeDifference { title: one.title.clone(), was: true, is: false }));
        Ok(all)
    }
}

/// How many mailboxes there are, by sector and by band.
#[derive(Default)]
struct Readers {
    sectors: BTreeMap<Sector, u64>,
    bands: BTreeMap<BandName, u64>,
    all: u64,
}

impl Readers {
    fn of<'a>(segments: impl Iterator<Item = (&'a SegmentKey, u64)>) -> Self {
        let mut readers = Self::default();
        for (key, mailboxes) in segments {
            readers.all += mailboxes;
            *readers.sectors.entry(key.sector).or_default() += mailboxes;
            for band in &key.bands {
                *readers.bands.entry(band.clone()).or_default() += mailboxes;
            }
        }
        readers
    }

    fn sector(&self, sector: Sector) -> u64 {
        self.sectors.get(&sector).copied().unwrap_or_default()
    }

    fn band(&self, band: &BandName) -> u64 {
        self.bands.get(band).copied().unwrap_or_default()
    }
}
