//! Whoever got an earlier mail after the bulletin about it had been sent.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use parking_lot::Mutex;

use super::Bulletins;
use super::earlier::{Earlier, earlier};
use super::error::BulletinError;
use crate::app::bulletin_content::BulletinMaker;
use crate::app::edition::TRIES;
use crate::app::restored::RestoredStore;
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinRecord, PublishedBulletin, life};
use crate::domain::edition::EditionState;
use crate::domain::segment::SegmentKey;
use crate::store::{BulletinAddition, PublishResult, PublishedPicture, PublishedSegment};

/// For how long after a bulletin was sent it is looked for more readers: for nearly as long as what it said is kept.
const FOLLOWED: TimeDelta = TimeDelta::days(60);

/// How many had got what each bulletin is about when it was last looked for more readers. Counting those is cheap, and finding
/// them is not.
#[derive(Debug, Default)]
pub struct Followed(Mutex<BTreeMap<BulletinId, u64>>);

impl Bulletins {
    /// Sees to it that bulletins about an earlier mail also get to those who got that mail later. Whoever sent one decided
    /// that its readers get it; nobody need remember it when a mail that was late arrives.
    ///
    /// # Errors
    /// The first that fails; it is tried again the next time.
    pub async fn follow(&self, followed: &Followed) -> Result<(), BulletinError> {
        let store = &self.context.store;
        let since = self.context.clock.now() - FOLLOWED;
        let mut failed = Ok(());
        for record in store.bulletins().await? {
            let earlier = record.published.as_ref().and_then(|published| published.audience.readers_of);
            let is_recent = record.course.published_at.is_some_and(|at| at > since);
            let Some(earlier) = earlier.filter(|_| is_recent && record.state() == EditionState::Sent) else { continue };
            let tally = store.tally(earlier).await?;
            let arrived = tally.accepted + tally.uncertain;
            if followed.0.lock().get(&record.id) == Some(&arrived) {
                continue;
            }
            match self.add_readers(&record.name).await {
                Ok(_) => drop(followed.0.lock().insert(record.id, arrived)),
                Err(error) => failed = failed.and(Err(error)),
            }
        }
        failed
    }

    /// Adds whoever has got the mail that a bulletin is about since the bulletin was sent, so that nobody is left with the wrong mail
    /// alone. Nothing while it is still being sent: a run knows the segments that it began with. Returns how many.
    ///
    /// # Errors
    /// When they get it in a form that can't be made, or the store fails.
    pub(super) async fn add_readers(&self, name: &BulletinName) -> Result<u64, BulletinError> {
        let store = &self.context.store;
        for _ in 0..TRIES {
            let found = store.bulletin(name).await?.filter(|record| record.state() == EditionState::Sent);
            let Some((record, published)) = found.and_then(|record| Some((record.clone(), record.published?))) else {
                return Ok(0);
            };
            let Some(addition) = self.addition(record, &published).await? else { return Ok(0) };
            RestoredStore::new(&self.context).refuse().await?;
            if let PublishResult::Published { recipients } = store.add_readers(&addition).await? {
                tracing::info!(bulletin = %name, recipients, "more readers");
                return Ok(recipients);
            }
        }
        Err(BulletinError::KeepsChanging(name.clone()))
    }

    async fn addition(
        &self,
        record: BulletinRecord,
        published: &PublishedBulletin,
    ) -> Result<Option<BulletinAddition>, BulletinError> {
        let (store, served) = (&self.context.store, self.context.config.bands.names());
        if published.audience.readers_of.is_none() {
            return Ok(None);
        }
        let missed = store.missed_by_bulletin(record.id, &published.audience, &served).await?;
        // What it said is no longer kept once it is very old.
        let Some(stored) = store.published(record.id.mailing()).await?.filter(|_| !missed.is_empty()) else {
            return Ok(None);
        };
        let pictures = stored.pictures;
        let known: BTreeSet<SegmentKey> = stored.segments.into_values().map(|segment| segment.key).collect();
        let keys: Vec<_> = missed.into_iter().map(|one| one.key).filter(|key| !known.contains(key)).collect();
        let segments =
            if keys.is_empty() { Vec::new() } else { self.rendered(&record, published, pictures, &keys).await? };
        let after = life::resume(&record).map_err(|_| BulletinError::KeepsChanging(record.name.clone()))?;
        let (audience, at) = (published.audience.clone(), self.context.clock.now());
        Ok(Some(BulletinAddition { before: record, after, audience, at, served, segments }))
    }

    /// As it would have read for these when it went out, with the pictures of that day: those are what its mails are made of.
    async fn rendered(
        &self,
        record: &BulletinRecord,
        published: &PublishedBulletin,
        pictures: Vec<PublishedPicture>,
        keys: &[SegmentKey],
    ) -> Result<Vec<PublishedSegment>, BulletinError> {
        let content = self.content.as_ref().ok_or_else(|| BulletinError::LibraryBroken(record.name.clone()))?;
        let about = earlier(&self.context, &published.audience).await?;
        let maker = BulletinMaker::with_pictures(&self.context, content, pictures);
        let sent_at = record.course.published_at.unwrap_or_else(|| self.context.clock.now());
        let date = self.context.local(sent_at).date_naive();
        let issue = maker.issue(&published.text, date, about.as_ref().map(Earlier::as_shown));
        Ok(maker.segments(&issue, keys)?)
    }
}
