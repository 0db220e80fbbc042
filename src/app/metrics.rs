//! What a monitoring system asks for: where things stand, and what this process did.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use super::readiness::Readiness;
use super::report_counts;
use super::{AppContext, AppError};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::bulletin::{BulletinName, BulletinRecord};
use crate::domain::delivery::{Outcome, Tally};
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::subscriber::SubscriberCounts;
use crate::domain::subscription::bounce;
use crate::domain::subscription::report_kind::ReportKind;
use crate::store::Store;

/// How many finished editions are shown beside the unfinished ones.
const FINISHED: usize = 2;

/// Attempts of this process, by what came of them, in the order of [`OUTCOMES`].
static ATTEMPTS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];

/// The words for what comes of an attempt.
pub const OUTCOMES: [&str; 4] = ["accepted", "deferred", "failed", "uncertain"];

/// Where things stand.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Attempts of this process so far, in the order of [`OUTCOMES`].
    pub attempts: [u64; 4],
    /// Editions that are published and unfinished, and the last finished ones, each with how many accepted mails came back.
    pub editions: Vec<(EditionNumber, Tally, u64)>,
    /// The same of bulletins.
    pub bulletins: Vec<(BulletinName, Tally, u64)>,
    /// Bulletins that are held.
    pub bulletins_held: u64,
    /// Editions that are held.
    pub held: u64,
    /// Organisations by state.
    pub subscribers: SubscriberCounts,
    /// Waves of bounces that wait for a person.
    pub waves: u64,
    /// Suppressed addresses.
    pub suppressions: u64,
    /// Messages that came in, by kind.
    pub reports: BTreeMap<ReportKind, u64>,
    /// How many things wait for a person.
    pub attention: u64,
    /// When the next edition is due.
    pub next_due: Option<DateTime<Utc>>,
}

/// Counts an attempt.
pub(super) fn count(outcome: &Outcome) {
    let at = match outcome {
        Outcome::Accepted(_) => 0,
        Outcome::Transient(_) => 1,
        Outcome::Permanent { .. } => 2,
        Outcome::Uncertain(_) => 3,
        Outcome::SenderRefused(_) | Outcome::Throttled { .. } | Outcome::Withheld => return,
    };
    ATTEMPTS[at].fetch_add(1, Ordering::Relaxed);
}

/// Reads where things stand.
#[derive(Clone)]
pub struct MetricsCollector {
    config: Arc<Config>,
    store: Arc<dyn Store>,
    clock: Clock,
    readiness: Readiness,
}

impl MetricsCollector {
    /// Reads the store of `context`.
    pub fn new(context: &AppContext, readiness: Readiness) -> Self {
        let AppContext { config, store, clock, .. } = context.clone();
        Self { config, store, clock, readiness }
    }

    /// Where things stand now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn collect(&self) -> Result<Metrics, AppError> {
        let editions = self.store.editions().await?;
        let bulletins = self.store.bulletins().await?;
        let mut of_bulletins = Vec::new();
        for (number, tally, bounced) in self.tallies(bulletins.iter().map(|bulletin| &bulletin.course)).await? {
            let name = bulletins.iter().find(|bulletin| bulletin.course.number == number);
            of_bulletins.extend(name.map(|bulletin| (bulletin.name.clone(), tally, bounced)));
        }
        let first = self.store.meta().await?.map(|meta| meta.first);
        let next = self.config.schedule.next_edition(self.clock.now(), first, &editions);
        Ok(Metrics {
            attempts: std::array::from_fn(|at| ATTEMPTS[at].load(Ordering::Relaxed)),
            editions: self.tallies(editions.iter()).await?,
            bulletins: of_bulletins,
            bulletins_held: held(bulletins.iter().map(BulletinRecord::state)),
            held: held(editions.iter().map(|edition| edition.state)),
            subscribers: self.store.subscriber_counts().await?,
            waves: self.store.open_waves().await?.iter().filter(|open| open.waiting > 0).count() as u64,
            suppressions: self.store.suppression_count().await?,
            reports: report_counts::every_kind(&*self.store).await?,
            attention: self.readiness.waiting().await?.len() as u64,
            next_due: next.map(|next| next.due_at.to_utc()),
        })
    }

    /// Of those that are published and unfinished, and the last finished ones, where their mails stand, and how many came back.
    async fn tallies<'a>(
        &self,
        editions: impl DoubleEndedIterator<Item = &'a Edition> + Clone,
    ) -> Result<Vec<(EditionNumber, Tally, u64)>, AppError> {
        // One that was withdrawn before it went out has no mails.
        let is_over = |edition: &&Edition| {
            edition.is_published() && matches!(edition.state, EditionState::Sent | EditionState::Withdrawn)
        };
        let finished = editions.clone().filter(is_over);
        let shown_from = finished.map(|edition| edition.number).rev().nth(FINISHED - 1);
        let (mut tallies, bounces) = (Vec::new(), self.store.bounce_counts().await?);
        for edition in editions.filter(|edition| edition.published_at.is_some()) {
            if !is_over(&edition) || Some(edition.number) >= shown_from {
                let (number, tally) = (edition.number, self.store.tally(edition.number).await?);
                tallies.push((number, tally, bounce::came_back(number, &bounces)));
            }
        }
        Ok(tallies)
    }
}

fn held(states: impl Iterator<Item = EditionState>) -> u64 {
    states.filter(|state| *state == EditionState::Held).count() as u64
}
