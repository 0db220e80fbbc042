//! Publishes an edition: render every segment, check it, then store everything in one transaction.

use std::slice;

use chrono::{DateTime, Utc};

use super::context::{AppContext, Content, sender};
use super::edition::{TRIES, edition};
use super::edition_content::{DigestMaker, Illustrated};
use super::error::{AppError, PublishError};
use super::planner::Planner;
use crate::domain::calendar::Approval;
use crate::domain::edition::state::{self, change};
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState, HoldReason};
use crate::domain::edits::edits;
use crate::domain::planning::{self, Circumstances};
use crate::render::Card;
use crate::store::{Publication, PublishResult, PublishedText};

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is being sent, by this call or an earlier one.
    Sending,
    Sent,
    /// It is held, or would be at its time.
    Held(HoldReason),
    /// Nobody would get it, so it stays planned: whoever subscribes while it may still go out gets it.
    Nobody,
}

/// Publishes editions.
pub struct Publisher {
    context: AppContext,
    content: Content,
    digests: DigestMaker,
    planner: Planner,
}

impl Publisher {
    /// One that renders with this library and these templates.
    pub fn new(base: &AppContext, content: &Content) -> Self {
        let (digests, planner) = (DigestMaker::new(base, content), Planner::new(base, content));
        Self { context: base.clone(), content: content.clone(), digests, planner }
    }

    /// Makes the edition `sending`. It changes nothing when that happened before.
    ///
    /// # Errors
    /// When a digest cannot be made (the edition stays planned), the edition may not be published, or the store fails.
    pub async fn publish(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<Outcome, AppError> {
        let store = self.context.store.as_ref();
        for _ in 0..TRIES {
            let edition = edition(store, number).await?;
            if let Some(outcome) = standing(&edition)? {
                return Ok(outcome);
            }
            if let Some(reason) = objection(&self.context, &edition).await? {
                // Before its time nothing is decided yet: whatever is missing may still come.
                let hold = [EditionChange::Hold(number, reason.clone())];
                let done = edition.due_at > now
                    || store
                        .write_editions(&change(slice::from_ref(&edition), &hold, now), &[], "publish", now)
                        .await?;
                if done {
                    return Ok(Outcome::Held(reason));
                }
                continue;
            }
            self.refuse_other_texts(&edition)?;
            let publication = self.publication(&edition, now).await?;
            if publication.segments.is_empty() {
                return Ok(Outcome::Nobody);
            }
            match store.publish(&publication).await? {
                PublishResult::Published { recipients } => {
                    tracing::info!(edition = number.0, recipients, segments = publication.segments.len(), "published");
                    return Ok(Outcome::Sending);
                }
                // Perhaps an activity was withdrawn: its place is taken now.
                PublishResult::Changed => drop(self.planner.reconcile(now).await?),
            }
        }
        Err(PublishError::KeepsChanging(number).into())
    }

    fn refuse_other_texts(&self, edition: &Edition) -> Result<(), PublishError> {
        let edits = match self.context.config.schedule.approval {
            Approval::Required => edits(self.content.library.texts(), &edition.selection),
            Approval::Automatic => Vec::new(),
        };
        if edits.is_empty() { Ok(()) } else { Err(PublishError::OtherTexts { number: edition.number, edits }) }
    }

    async fn publication(&self, edition: &Edition, now: DateTime<Utc>) -> Result<Publication, AppError> {
        let AppContext { config, store, keyring, .. } = &self.context;
        let served = config.bands.names();
        let selection = &edition.selection;
        let illustrated = self.digests.look_up(edition.number, edition.date, &selection.theme, &selection.picks)?;
        let audience = store.audience(&served).await?;
        let keys: Vec<_> = audience.into_iter().map(|segment| segment.key).collect();
        let segments = self.digests.segments(&illustrated, &keys)?;
        let Illustrated { issue, drawn } = illustrated;
        for left_out in drawn.left_out.iter().filter(|_| !segments.is_empty()) {
            tracing::warn!(edition = edition.number.0, "{left_out}");
        }
        let text =
            |card: &Card<'_>| PublishedText { activity: card.activity.id.clone(), content: card.activity.clone() };
        let after = state::publish(edition, now)
            .map_err(|_| PublishError::Ended { number: edition.number, state: edition.state })?;
        Ok(Publication {
            before: edition.clone(),
            after,
            at: now,
            served,
            sender: sender(config, keyring),
            segments,
            theme: issue.theme.clone(),
            texts: issue.cards.iter().map(text).collect(),
            notices: issue.notices.iter().map(|notice| (*notice).clone()).collect(),
            pictures: drawn.pictures,
        })
    }
}

/// What an edition's state says already; `None` for one that may be published.
fn standing(edition: &Edition) -> Result<Option<Outcome>, PublishError> {
    match edition.state {
        EditionState::Sending => Ok(Some(Outcome::Sending)),
        EditionState::Sent => Ok(Some(Outcome::Sent)),
        EditionState::Held => {
            let untold = HoldReason::unknown();
            Ok(Some(Outcome::Held(edition.hold_reason().cloned().unwrap_or(untold))))
        }
        state @ (EditionState::Missed | EditionState::Withdrawn) => {
            Err(PublishError::Ended { number: edition.number, state })
        }
        EditionState::Planned | EditionState::Approved => Ok(None),
    }
}

/// Why the edition must not go out as it is, if so.
pub(super) async fn objection(context: &AppContext, edition: &Edition) -> Result<Option<HoldReason>, AppError> {
    let readers = context.store.readers().await?;
    let when = Circumstances {
        restored: context.store.restored().await?.is_some(),
        approval: context.config.schedule.approval,
        bands: &context.config.bands,
        readers: &readers,
    };
    Ok(planning::objection(edition, when))
}
