//! What is known about one edition besides its row of the plan: what changed since it was approved, who gets it or got it, when its
//! mails were accepted, and what kept the others. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use super::deliveries::Deliveries;
use super::{AppContext, AppError, Content};
use crate::domain::activity::{ActivityId, Notice};
use crate::domain::delivery::listing::{DeliveryFilter, DeliveryRecord};
use crate::domain::delivery::{DeliveryState, Tally, Timeline, Trouble};
use crate::domain::edit_marks::{self, TextChange};
use crate::domain::edition::{Edit, Edition, EditionNumber};
use crate::domain::edits::edits;
use crate::domain::segment::Segment;
use crate::domain::subscription::bounce;
use crate::store::PublishedView;

/// How many minutes are read in which mails were accepted: two weeks' worth.
const MINUTES: u32 = 20_160;

/// How many mails that did not arrive are looked at one by one.
const LOOKED_AT: usize = 20_000;

/// Looks at one edition.
pub struct EditionReport {
    context: AppContext,
    content: Option<Content>,
    number: EditionNumber,
}

/// What was edited since a person approved of it, or since it was planned.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    /// Word by word, where what was approved is known.
    pub changes: Vec<TextChange>,
    /// The texts and their parts, where it is not.
    pub named: Vec<Edit>,
    /// Whether what was approved is known.
    pub was_approved: bool,
}

/// Where the mails of an edition stand: while this is the same, so is the rest of what is told about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub tally: Tally,
    /// How many came back.
    pub bounced: u64,
}

/// What kept mails from their mailboxes, and where.
#[derive(Debug, Clone, Default)]
pub struct Failures {
    /// The most frequent first.
    pub troubles: Vec<(Trouble, u64)>,
    /// By the domain of the mailbox, the most frequent first.
    pub domains: Vec<(String, u64)>,
    /// Whether these are all, and not just the first of very many.
    pub are_all: bool,
}

impl EditionReport {
    /// Without the library, nothing is said about edits.
    pub fn new(context: &AppContext, content: Option<&Content>, number: EditionNumber) -> Self {
        Self { context: context.clone(), content: content.cloned(), number }
    }

    /// Which activities were withdrawn for good.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn withdrawn(&self) -> Result<BTreeSet<ActivityId>, AppError> {
        Ok(self.context.store.withdrawn().await?)
    }

    /// The edition as the store has it.
    ///
    /// # Errors
    /// When the store cannot be read, as for all of these.
    pub async fn edition(&self) -> Result<Option<Edition>, AppError> {
        Ok(self.context.store.edition(self.number).await?)
    }

    /// Theme, texts and notices as they went out; `None` before that.
    pub async fn published(&self) -> Result<Option<PublishedView>, AppError> {
        Ok(self.context.store.published_view(self.number).await?)
    }

    /// The notices that would go out with an edition of that day.
    pub fn notices(&self, date: chrono::NaiveDate) -> Vec<Notice> {
        let library = self.content.as_ref().map(|content| &content.library);
        let notices = library.iter().flat_map(|library| &library.notices);
        notices.filter(|notice| notice.from <= date && date <= notice.until).cloned().collect()
    }

    /// What was edited of an edition that is still to go out.
    pub async fn edits(&self) -> Result<Edits, AppError> {
        let edition = self.edition().await?.filter(Edition::is_open);
        let (Some(edition), Some(content)) = (edition, &self.content) else { return Ok(Edits::default()) };
        let texts = content.library.texts();
        let Some(approved) = self.context.store.approved_texts(self.number).await? else {
            return Ok(Edits { named: edits(texts, &edition.selection), ..Edits::default() });
        };
        Ok(Edits {
            changes: edit_marks::changes(&approved, texts, &edition.selection),
            was_approved: true,
            ..Edits::default()
        })
    }

    /// For whom a published edition was made, by segment. `None` when what they read is no longer kept.
    pub async fn addressed(&self) -> Result<Option<Vec<Segment>>, AppError> {
        let store = &self.context.store;
        let Some(mails) = store.published(self.number).await? else { return Ok(None) };
        let mut mailboxes = store.addressed(self.number).await?;
        let segments = mails.segments.into_iter().map(|(at, segment)| {
            let recipients = mailboxes.remove(&at).map_or(0, |(mailboxes, _)| mailboxes);
            Segment { key: segment.key, recipients }
        });
        Ok(Some(segments.collect()))
    }

    /// Where its mails stand.
    pub async fn standing(&self) -> Result<Standing, AppError> {
        let store = &self.context.store;
        let tally = store.tally(self.number).await?;
        let bounced = if tally.total > 0 { bounce::came_back(self.number, &store.bounce_counts().await?) } else { 0 };
        Ok(Standing { tally, bounced })
    }

    /// When its mails were accepted; `None` when none was, or their attempts are no longer kept.
    pub async fn timeline(&self) -> Result<Option<Timeline>, AppError> {
        Ok(Timeline::of(&self.context.store.accepted_by_minute(self.number, MINUTES).await?))
    }

    /// Chart and failures together.
    pub async fn figures(&self) -> Result<Figures, AppError> {
        let all = DeliveryFilter { edition: Some(self.number), ..DeliveryFilter::default() };
        let ended = DeliveryFilter { states: DeliveryState::ENDED.to_vec(), ..all.clone() };
        let returned = DeliveryFilter { states: vec![DeliveryState::Accepted], bounced: true, ..all };
        Ok(Figures {
            timeline: self.timeline().await?,
            failures: self.failures(&ended).await?,
            returned: self.failures(&returned).await?,
        })
    }

    async fn failures(&self, filter: &DeliveryFilter) -> Result<Failures, AppError> {
        let (mut troubles, mut domains) = (BTreeMap::new(), BTreeMap::new());
        let count = |page: &[DeliveryRecord]| {
            for record in page {
                let Some(trouble) = Trouble::of(record) else { continue };
                *troubles.entry(trouble).or_insert(0) += 1;
                let domain = record.address.as_ref().map(|address| address.domain().to_lowercase());
                *domains.entry(domain.unwrap_or_default()).or_insert(0) += 1;
            }
            ControlFlow::Continue(())
        };
        let more = Deliveries::new(&self.context).each(filter, LOOKED_AT, count).await?;
        Ok(Failures { troubles: by_number(troubles), domains: by_number(domains), are_all: !more })
    }
}

/// The most frequent first; those that are as frequent in their order.
fn by_number<T: Ord>(counts: BTreeMap<T, u64>) -> Vec<(T, u64)> {
    let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    counts
}

/// What takes a look at all deliveries, to be kept while they stand as they do.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub timeline: Option<Timeline>,
    /// Of what did not arrive, or may not have.
    pub failures: Failures,
    /// Of what was accepted and came back.
    pub returned: Failures,
}
