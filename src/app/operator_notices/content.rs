//! Everything that a notice says, read where it is to be written.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::OperatorNotices;
use super::found::Found;
use super::notice::{ApprovalNeed, Audience, ComingEdition, Console, FinishedEdition, Item, Notice};
use crate::app::attention::{Attention, EditionAttention};
use crate::app::{AppContext, AppError};
use crate::domain::band::BandSet;
use crate::domain::bulletin::MailingName;
use crate::domain::calendar::Approval;
use crate::domain::edition::{Edition, EditionNumber, EditionState};
use crate::domain::notice::{DueNotice, Finding, NoticeKind, Told};
use crate::domain::subscriber::Sector;
use crate::domain::subscription::bounce;

impl OperatorNotices {
    pub(super) async fn notice(
        &self,
        found: &Found,
        told: &[Told],
        due: &DueNotice,
        now: DateTime<Utc>,
    ) -> Result<Notice, AppError> {
        let mut items = Vec::new();
        for finding in &due.findings {
            items.extend(self.item(found, told, finding, now).await?);
        }
        let web = &self.context.config.web;
        Ok(Notice {
            kind: due.kind,
            items,
            console: Console { url: web.console_url.clone(), listen: web.console_listen },
        })
    }

    async fn item(
        &self,
        found: &Found,
        told: &[Told],
        finding: &Finding,
        now: DateTime<Utc>,
    ) -> Result<Option<Item>, AppError> {
        let edition_of = |number: &EditionNumber| found.editions.iter().find(|edition| edition.number == *number);
        Ok(match finding {
            Finding::Coming { edition, .. } => match edition_of(edition) {
                Some(edition) => {
                    let coming = ComingEdition {
                        was_told: was_told(edition.number, told),
                        ..self.coming(found, edition, now).await?
                    };
                    Some(Item::Coming(Box::new(coming)))
                }
                None => None,
            },
            Finding::Held { edition, reason, .. } | Finding::Stopped { edition, reason, .. } => {
                let is_published = edition_of(edition).is_some_and(Edition::is_published);
                let held = EditionAttention::Held { reason: reason.clone(), is_published };
                Some(Item::Matter(Attention::Edition(*edition, held)))
            }
            Finding::Missed { edition, reason } => Some(Item::Missed { edition: *edition, reason: reason.clone() }),
            Finding::Finished { edition } => match found.mailing(*edition) {
                Some((what, course)) => {
                    self.finished(found, what, course).await?.map(|finished| Item::Finished(Box::new(finished)))
                }
                None => None,
            },
            Finding::Wave(id) => {
                let is_it = |one: &&Attention| matches!(one, Attention::Wave { wave, .. } if wave.id == *id);
                found.attention.iter().find(is_it).cloned().map(Item::Matter)
            }
            Finding::Attention { key } => found.needs_a_person.get(key).cloned().map(Item::Matter),
            Finding::Relay(outage) => outage.until.map(|until| Item::Relay {
                from: self.context.local(outage.since),
                to: self.context.local(until),
                mails: outage.mails,
            }),
            Finding::Review { text, by } => {
                let is_over = *by < self.context.local(now).date_naive();
                Some(Item::Review { title: self.title_of(text), by: *by, is_over })
            }
            Finding::BankHolidays { until } => {
                Some(Item::BankHolidays { nation: self.context.config.service.nation, until: *until })
            }
        })
    }

    async fn coming(&self, found: &Found, edition: &Edition, now: DateTime<Utc>) -> Result<ComingEdition, AppError> {
        let AppContext { config, .. } = &self.context;
        let selection = edition.selection.clone();
        let activities = selection.picks.iter().map(|pick| (config.bands.get(&pick.band).cloned(), pick.clone()));
        let theme = (!selection.theme.is_empty()).then(|| self.title_of(&selection.theme));
        let approval = match (config.schedule.approval, edition.state) {
            (_, EditionState::Approved) => ApprovalNeed::Given,
            (Approval::Required, _) => ApprovalNeed::Needed,
            (Approval::Automatic, _) => ApprovalNeed::Automatic,
        };
        let number = edition.number;
        let matters = found.attention.iter().filter(|one| match one {
            Attention::Edition(_, EditionAttention::NeedsApproval { .. }) => false,
            Attention::Edition(about, EditionAttention::Edited { .. } | EditionAttention::WithoutPicture(_)) => {
                *about == number
            }
            Attention::Edition(about, _) => *about == number && one.waits_for_a_person(now),
            Attention::WithoutLogo(_) => true,
            other => other.waits_for_a_person(now),
        });
        Ok(ComingEdition {
            number,
            due: self.context.local(edition.due_at),
            left: edition.due_at - now,
            was_told: false,
            theme,
            activities: activities.collect(),
            audience: self.audience(edition).await?,
            approval,
            matters: matters.cloned().collect(),
            selection,
        })
    }

    /// Who gets an edition, if nobody comes or leaves until then.
    async fn audience(&self, edition: &Edition) -> Result<Audience, AppError> {
        let AppContext { config, store, .. } = &self.context;
        let served: BandSet = edition.selection.picks.iter().map(|pick| pick.band.clone()).collect();
        let segments = store.audience(&served).await?;
        let mut by_sector = BTreeMap::<Sector, u64>::new();
        for segment in &segments {
            *by_sector.entry(segment.key.sector).or_default() += segment.recipients;
        }
        let readers = |band: &crate::domain::band::Band| -> u64 {
            let reads = segments.iter().filter(|segment| segment.key.bands.contains(&band.id));
            reads.map(|segment| segment.recipients).sum()
        };
        let bands = config.bands.iter().filter(|band| served.contains(&band.id));
        Ok(Audience {
            mailboxes: segments.iter().map(|segment| segment.recipients).sum(),
            sectors: by_sector.into_iter().filter(|(_, mailboxes)| *mailboxes > 0).collect(),
            bands: bands.map(|band| (band.clone(), readers(band))).collect(),
        })
    }

    async fn finished(
        &self,
        found: &Found,
        what: MailingName,
        edition: &Edition,
    ) -> Result<Option<FinishedEdition>, AppError> {
        let Some(published_at) = edition.published_at else { return Ok(None) };
        let bounces = self.context.store.bounce_counts().await?;
        Ok(Some(FinishedEdition {
            what,
            tally: found.tallies.get(&edition.number).copied().unwrap_or_default(),
            bounced: bounce::came_back(edition.number, &bounces),
            from: self.context.local(published_at),
            to: edition.finished_at.map(|at| self.context.local(at)),
        }))
    }

    /// The title of an activity or a theme; what names it, where no library can be read.
    fn title_of(&self, text: &str) -> String {
        let title = self.content.as_ref().and_then(|content| {
            let library = &content.library;
            let activity = library.activities.iter().find(|one| one.id.to_string() == text).map(|one| &one.title);
            activity.or_else(|| library.themes.iter().find(|one| one.name == text).map(|one| &one.title)).cloned()
        });
        title.unwrap_or_else(|| text.to_owned())
    }
}

/// Whether an edition was told before as it was then.
fn was_told(number: EditionNumber, told: &[Told]) -> bool {
    let before = format!("{number} ");
    told.iter().any(|told| told.kind == NoticeKind::Coming && told.finding.starts_with(&before))
}
