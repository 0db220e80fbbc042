//! What there is to tell operators now.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::OperatorNotices;
use super::found::Found;
use crate::app::attention::{Attention, EditionAttention, UNDER_WAY};
use crate::app::context::Loaded;
use crate::app::reporter::Reporter;
use crate::app::{AppContext, AppError, reviews};
use crate::config::bank_holidays_known_until;
use crate::domain::calendar::ClosedDayPolicy;
use crate::domain::edition::{Edition, HoldReason};
use crate::domain::notice::{Finding, RECENT, RelayOutage, Rules, of_editions};

/// For how long after its end an outage of the relay is told.
const OUTAGES: TimeDelta = TimeDelta::days(7);

impl OperatorNotices {
    pub(super) async fn found(&self, now: DateTime<Utc>, today: NaiveDate) -> Result<Found, AppError> {
        let AppContext { config, store, .. } = &self.context;
        let (editions, bulletins) = (store.editions().await?, store.bulletins().await?);
        // Whoever withdrew one in the middle knows that it's over.
        let went_on = bulletins.iter().filter(|bulletin| bulletin.withdrawn_at.is_none());
        let courses: Vec<Edition> = went_on.map(|bulletin| bulletin.course.clone()).collect();
        let mut tallies = BTreeMap::new();
        let is_recent = |edition: &&Edition| edition.published_at.is_some_and(|at| now <= at + RECENT);
        for edition in editions.iter().chain(&courses).filter(is_recent) {
            tallies.insert(edition.number, store.tally(edition.number).await?);
        }
        let attention = self.attention().await?;
        let keyed = attention.iter().filter_map(|one| Some((key(one, now)?, one.clone())));
        let needs_a_person: BTreeMap<String, Attention> = keyed.collect();
        let rules = Rules { ahead: config.service.operator_notice, approval: config.schedule.approval };
        let mut findings = of_editions(rules, now, &editions, &tallies);
        // That a bulletin is held is told with everything else that needs a person.
        let of_bulletins = of_editions(rules, now, &courses, &tallies).into_iter();
        findings.extend(of_bulletins.filter(|finding| matches!(finding, Finding::Finished { .. })));
        findings.extend(attention.iter().filter_map(|one| match one {
            Attention::Wave { wave, .. } => Some(Finding::Wave(wave.id)),
            _ => None,
        }));
        findings.extend(needs_a_person.keys().map(|key| Finding::Attention { key: key.clone() }));
        let is_over = |outage: &RelayOutage| outage.until.is_some_and(|until| now < until + OUTAGES);
        findings.extend(store.relay_outages().await?.into_iter().filter(is_over).map(Finding::Relay));
        findings.extend(self.reviews(today));
        Ok(Found { findings, editions, bulletins, tallies, attention, needs_a_person })
    }

    async fn attention(&self) -> Result<Vec<Attention>, AppError> {
        let loaded = self.content.clone().map_or_else(|| Loaded::WithoutContent(Vec::new()), Loaded::Whole);
        let attention = Reporter::new(&self.context, loaded).with_broken_files(self.broken).attention().await?;
        // Whoever has no library to look at, does not say that it is broken.
        let is_known = |one: &Attention| !matches!(one, Attention::BrokenContent { errors: 0 });
        Ok(attention.into_iter().filter(is_known).collect())
    }

    /// Reviews that fall due soon, or fell due, by their day; and how far bank holidays are known, where that matters.
    fn reviews(&self, today: NaiveDate) -> Vec<Finding> {
        let until = today.checked_add_days(reviews::AHEAD).unwrap_or(today);
        let due = self.content.iter().flat_map(|content| reviews::falling_due(&content.library, today));
        let mut findings: Vec<_> = due.map(|review| Finding::Review { text: review.text, by: review.by }).collect();
        let known = bank_holidays_known_until();
        if known <= until && self.context.config.schedule.on_closed_day != ClosedDayPolicy::Send {
            findings.push(Finding::BankHolidays { until: known });
        }
        findings
    }
}

/// What tells something that needs a person from everything else, as long as it is the same; nothing for what other notices tell,
/// and for what may still pass by itself. Numbers that change every hour are no part of it.
fn key(attention: &Attention, now: DateTime<Utc>) -> Option<String> {
    if !attention.waits_for_a_person(now) {
        return None;
    }
    match attention {
        Attention::Edition(number, what) => match what {
            EditionAttention::WouldBeHeld(reason) => Some(format!("{number} would be held: {}", short(reason))),
            EditionAttention::Overdue { due, .. } if now > due.to_utc() + UNDER_WAY => {
                Some(format!("{number} overdue"))
            }
            _ => None,
        },
        Attention::Bulletin(name, what) => match what {
            EditionAttention::Held { .. } => Some(format!("bulletin {name}")),
            EditionAttention::Unapproved => Some(format!("bulletin {name} unapproved")),
            EditionAttention::Edited { .. } => Some(format!("bulletin {name} edited")),
            EditionAttention::Unfinished { .. } => Some(format!("bulletin {name} unfinished")),
            // The notice that it has gone out tells what became of its mails.
            _ => None,
        },
        Attention::UnknownBand { band, .. } => Some(format!("band {band}")),
        Attention::NotAMessage { path, .. } => Some(format!("no message {}", path.display())),
        Attention::SyncWaits => Some("sync".to_owned()),
        Attention::UnfinishedImport(import) => Some(format!("import {}", import.since.timestamp_millis())),
        Attention::BrokenContent { .. } | Attention::BrokenFiles(_) => Some("files".to_owned()),
        Attention::Restored(_)
        | Attention::Replaced(_)
        | Attention::WithoutLogo(_)
        | Attention::Wave { .. }
        | Attention::UnsettledWave { .. }
        | Attention::RelayUnreachable { .. } => None,
    }
}

fn short(reason: &HoldReason) -> String {
    match reason {
        HoldReason::UnservedBands { bands } => {
            bands.iter().map(|unserved| unserved.band.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    }
}
