//! Publishes an edition: render every segment, check it, then store everything in one transaction.

use chrono::{DateTime, Utc};

use super::{AppError, Service, TRIES, backup, edits};
use crate::domain::band::BandSet;
use crate::domain::calendar::Approval;
use crate::domain::edition::{Edition, EditionChange, EditionNumber, EditionState};
use crate::store::{Publication, Published, PublishedText};

/// Why an edition is held that nobody approved.
pub const APPROVAL_MISSING: &str = "approval is missing";

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is being sent, by this call or an earlier one.
    Sending,
    /// It was sent before.
    Sent,
    /// It is held, for this reason.
    Held(String),
    /// Nobody would get it, so it stays planned: whoever subscribes while it may still go out gets it.
    Nobody,
}

impl Service {
    /// Makes the edition `sending`. It changes nothing when that happened before.
    ///
    /// # Errors
    /// When a digest cannot be made (the edition stays planned), the edition may not be published, or the store fails.
    pub async fn publish(&self, number: EditionNumber, now: DateTime<Utc>) -> Result<Outcome, AppError> {
        for _ in 0..TRIES {
            let edition = self.edition(number).await?;
            match edition.state {
                EditionState::Sending => return Ok(Outcome::Sending),
                EditionState::Sent => return Ok(Outcome::Sent),
                EditionState::Held => return Ok(Outcome::Held(edition.reason.unwrap_or_default())),
                EditionState::Missed | EditionState::Withdrawn => {
                    return Err(AppError::Refused(format!("edition {number} is {} and cannot be sent", edition.state)));
                }
                EditionState::Planned | EditionState::Approved => {}
            }
            if let Some(reason) = self.objection(&edition).await? {
                // Before its time nothing is decided yet: whatever is missing may still come.
                if edition.due_at <= now {
                    let hold = EditionChange::Hold(number, reason.clone());
                    if !self.store.change_seen(std::slice::from_ref(&edition), &[hold], "publish", now).await? {
                        continue;
                    }
                }
                return Ok(Outcome::Held(reason));
            }
            self.refuse_unapproved_text(&edition)?;
            let publication = self.publication(&edition, now).await?;
            if publication.segments.is_empty() {
                return Ok(Outcome::Nobody);
            }
            match self.store.publish(&publication).await? {
                Published::Now { recipients } => {
                    tracing::info!(edition = number.0, recipients, segments = publication.segments.len(), "published");
                    return Ok(Outcome::Sending);
                }
                Published::Refused(reason) => return Err(AppError::Refused(reason)),
                Published::Already => {}
                // Perhaps an activity was withdrawn: its place is taken now.
                Published::Changed => drop(self.reconcile(now).await?),
            }
        }
        Err(AppError::Refused(format!(
            "edition {number}: the subscribers or the edition kept changing while it was published; run the command again"
        )))
    }

    /// The edition as the store holds it.
    ///
    /// # Errors
    /// When there is none of this number.
    pub async fn edition(&self, number: EditionNumber) -> Result<Edition, AppError> {
        let found = self.store.editions().await?.into_iter().find(|e| e.number == number);
        found.ok_or_else(|| {
            AppError::Refused(format!("there is no edition {number} in the store; see `fortnightly plan`"))
        })
    }

    /// Why the edition must not go out as it is, if so: a restored store, approval, or readers without an activity.
    pub(super) async fn objection(&self, edition: &Edition) -> Result<Option<String>, AppError> {
        if self.store.restored().await?.is_some() {
            return Ok(Some(backup::RESTORED.to_owned()));
        }
        if self.config.schedule.approval == Approval::Required && edition.state != EditionState::Approved {
            return Ok(Some(APPROVAL_MISSING.to_owned()));
        }
        self.unserved_readers(edition).await
    }

    /// The bands that somebody reads and for which the edition has nothing, if there are any, in words.
    pub(super) async fn unserved_readers(&self, edition: &Edition) -> Result<Option<String>, AppError> {
        let readers = self.store.readers().await?;
        let picked: BandSet = edition.selection.picks.iter().map(|pick| pick.band.clone()).collect();
        let unserved: Vec<String> = self
            .config
            .bands
            .iter()
            .filter(|band| !picked.contains(&band.id))
            .filter_map(|band| {
                readers.get(&band.id).filter(|n| **n > 0).map(|n| format!("{} ({n} mailboxes)", band.id))
            })
            .collect();
        if unserved.is_empty() {
            return Ok(None);
        }
        Ok(Some(format!(
            "no activity for a band that is read: {}; add one to the library or bring a review up to date",
            unserved.join(", ")
        )))
    }

    /// What this process read of the library may be older or newer than what was approved; the next look tells.
    fn refuse_unapproved_text(&self, edition: &Edition) -> Result<(), AppError> {
        if self.config.schedule.approval != Approval::Required {
            return Ok(());
        }
        let edits = edits::edits(self.library()?, &edition.selection);
        if edits.is_empty() {
            return Ok(());
        }
        Err(AppError::Refused(format!(
            "edition {} is not sent: this program's texts are not the ones that were approved: {}",
            edition.number,
            edits::told(&edits)
        )))
    }

    async fn publication(&self, edition: &Edition, now: DateTime<Utc>) -> Result<Publication, AppError> {
        let served = self.config.bands.names();
        let selection = &edition.selection;
        let digests = self.digests()?;
        let material = digests.look_up(edition.number, edition.date, &selection.theme, &selection.picks)?;
        let audience = self.store.audience(&served).await?;
        let segments =
            audience.iter().map(|segment| digests.segment(&material, &segment.key)).collect::<Result<_, _>>()?;
        let text = |(_, activity): &(_, &crate::domain::activity::Activity)| PublishedText {
            activity: activity.id.clone(),
            content: (*activity).clone(),
        };
        Ok(Publication {
            edition: edition.clone(),
            at: now,
            served,
            sender: self.sender(),
            segments,
            theme: material.theme.clone(),
            texts: material.cards.iter().map(text).collect(),
            notices: material.notices.iter().map(|notice| (*notice).clone()).collect(),
        })
    }
}
