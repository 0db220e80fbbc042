//! What is said about decisions: why one is refused, and when an edition goes out after it.

use crate::app::decisions::Decided;
use crate::app::{AppError, Service, sync};
use crate::domain::calendar::Lateness;
use crate::domain::edition::{Edition, EditionState};

/// Missed and withdrawn editions do not go out any more.
pub(super) fn refuse_ended(edition: &Edition) -> Result<(), AppError> {
    let (number, why) = (edition.number, edition.reason.as_deref().unwrap_or("its time passed"));
    match edition.state {
        EditionState::Missed => Err(AppError::Refused(format!("edition {number} was missed: {why}"))),
        EditionState::Withdrawn => Err(AppError::Refused(format!(
            "edition {number} was withdrawn; to take that back: `fortnightly withdraw {number} --undo`"
        ))),
        _ => Ok(()),
    }
}

impl Service {
    /// Why nothing about a published edition can be changed.
    pub(super) async fn too_late_for(&self, edition: &Edition, so: &str) -> Result<AppError, AppError> {
        let number = edition.number;
        let tally = self.store.tally(number).await?;
        let what = match edition.state {
            EditionState::Sent => {
                let day = edition.finished_at.map_or(edition.date, |at| self.local(at).date_naive());
                format!(
                    "was sent by {} ({} of {} mails accepted)",
                    crate::domain::text::dates::day(day),
                    tally.accepted,
                    tally.total
                )
            }
            EditionState::Held => {
                format!("was stopped in the middle ({} of {} mails accepted)", tally.accepted, tally.total)
            }
            _ => format!("is being sent ({} of {} mails accepted)", tally.accepted, tally.total),
        };
        Ok(AppError::Refused(format!("edition {number} {what}: {so}")))
    }

    /// What the operator should know after letting an edition go.
    pub(super) async fn note_what_follows(&self, decided: &mut Decided) -> Result<(), AppError> {
        let edition = &decided.edition;
        let withdrawn = self.store.withdrawn().await?;
        let spoiled = edition.selection.picks.iter().filter(|pick| withdrawn.contains(&pick.id));
        for pick in spoiled.filter(|_| edition.is_published()) {
            decided.notes.push(format!(
                "Careful: {} was withdrawn, and the mails that wait still carry it. `fortnightly hold {}` keeps them.",
                pick.id, edition.number
            ));
        }
        if !edition.is_published() && sync::waits(self.store.as_ref(), &self.config.subscribers).await? {
            decided.notes.push(format!("It would still be held: {}.", sync::HOLD));
        }
        decided.notes.extend(self.when_it_goes(&decided.edition));
        Ok(())
    }

    /// When an edition goes out after a decision, unless that is only a matter of its date.
    pub(super) fn when_it_goes(&self, edition: &Edition) -> Option<String> {
        let number = edition.number;
        let how = format!("`fortnightly run` sends it at its next look; `fortnightly send --edition {number}` at once");
        match edition.state {
            EditionState::Sending => Some(format!("The rest goes out now: {how}.")),
            EditionState::Planned | EditionState::Approved => {
                let early = self.config.schedule.lateness_of(edition, self.clock.now()) == Lateness::Early;
                (!early).then(|| format!("It is due: {how}."))
            }
            // Its reason is told already.
            EditionState::Held | EditionState::Sent | EditionState::Missed | EditionState::Withdrawn => None,
        }
    }
}
