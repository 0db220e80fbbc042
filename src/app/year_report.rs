//! What a year came to: editions with their figures, who is subscribed, who joined and who left. Nothing about what anyone read.
//!
//! It is made of what stays: deliveries' states, and when subscriptions began and ended. Bounces are forgotten after a while
//! (`retention.attempts`), so of older editions they are not told rather than told wrong.

mod csv;
mod figures;

use std::collections::BTreeMap;
use std::ops::Range;

pub use self::csv::write_csv;
pub use self::figures::{BandFigures, EditionFigures, Figures, Movement, SectorFigures, YearReport};
use super::context::PAGE;
use super::{AppContext, AppError, Loaded};
use crate::domain::band::BandName;
use crate::domain::calendar::SchoolYear;
use crate::domain::delivery::Tally;
use crate::domain::edition::Edition;
use crate::domain::sheet::Sheet;
use crate::domain::subscriber::{EndedBy, Sector};
use crate::domain::subscription::bounce::{self, LOOK_BACK};
use crate::domain::subscription::census::Census;
use crate::render;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};

/// The days that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The school year that it is now.
    Current,
    Year(SchoolYear),
    /// From the first of these days to the last.
    Days(NaiveDate, NaiveDate),
}

/// Makes reports.
pub struct YearReporter {
    context: AppContext,
    loaded: Loaded,
}

impl YearReporter {
    /// Reports on the store of `context`; themes have their titles where the library can be read.
    pub fn new(context: &AppContext, loaded: Loaded) -> Self {
        Self { context: context.clone(), loaded }
    }

    /// What the days came to.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn report(&self, span: Span) -> Result<YearReport, AppError> {
        let AppContext { config, clock, .. } = &self.context;
        let made_at = self.context.local(clock.now());
        let year = match span {
            Span::Current => Some(SchoolYear::of(made_at.date_naive())),
            Span::Year(year) => Some(year),
            Span::Days(..) => None,
        };
        let (from, to) = match (span, year) {
            (Span::Days(from, to), _) => (from, to),
            (_, year) => year.unwrap_or(SchoolYear::of(made_at.date_naive())).days(),
        };
        let editions = self.editions(from, to, made_at.date_naive()).await?;
        let census = self.census(&self.period(from, to, made_at.to_utc())).await?;
        Ok(YearReport {
            service: config.service.name.clone(),
            from,
            to,
            year: year.map(|year| year.to_string()),
            made_at,
            is_over: made_at.date_naive() > to,
            total: total(&editions),
            bounces_forgotten: editions.iter().filter(|one| one.figures.bounced.is_none()).count() as u64,
            editions,
            sectors: sectors(&census),
            bands: self.bands(&census),
            movement: Movement {
                before: census.before,
                joined: census.joined,
                left: left(&census),
                after: census.after,
            },
        })
    }

    /// The instants between the local midnights, no later than now.
    fn period(&self, from: NaiveDate, to: NaiveDate, now: DateTime<Utc>) -> Range<DateTime<Utc>> {
        let next = to.checked_add_days(Days::new(1)).unwrap_or(to);
        // What happens at this very moment is in the report.
        self.midnight(from)..self.midnight(next).min(now + TimeDelta::milliseconds(1))
    }

    /// When a day begins; where the clock skips midnight, an hour earlier by the clock before.
    fn midnight(&self, day: NaiveDate) -> DateTime<Utc> {
        let zone = self.context.config.schedule.timezone;
        let midnight = day.and_time(NaiveTime::MIN);
        let earliest = |at: &chrono::NaiveDateTime| zone.from_local_datetime(at).earliest();
        let found = earliest(&midnight).or_else(|| earliest(&(midnight - TimeDelta::hours(1))));
        found.map_or_else(|| midnight.and_utc(), |at| at.to_utc())
    }

    /// The editions of these days that were published, or whose day has come.
    async fn editions(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        today: NaiveDate,
    ) -> Result<Vec<EditionFigures>, AppError> {
        let store = &self.context.store;
        let (all, bounces) = (store.editions().await?, store.bounce_counts().await?);
        let kept = self.bounces_kept(&all);
        let mut found = Vec::new();
        let is_meant = |one: &&Edition| one.date >= from && one.date <= to && (one.is_published() || one.date <= today);
        for edition in all.iter().filter(is_meant) {
            let tally = store.tally(edition.number).await?;
            let is_known = !edition.is_published() || kept(edition);
            let bounced = is_known.then(|| bounce::came_back(edition.number, &bounces));
            found.push(EditionFigures {
                edition: edition.number,
                date: edition.date,
                theme: self.theme(&edition.selection.theme),
                state: edition.state.as_str(),
                figures: figures(&tally, bounced),
            });
        }
        Ok(found)
    }

    /// Whether all bounces of an edition are still there: those of the newest ones are, and those that are young enough.
    fn bounces_kept(&self, all: &[Edition]) -> impl Fn(&Edition) -> bool + use<> {
        let AppContext { config, clock, .. } = &self.context;
        let limit = clock.now() - config.retention.attempts;
        let published = all.iter().rev().filter(|edition| edition.is_published());
        let newest = published.take(LOOK_BACK as usize).last().map(|edition| edition.number);
        move |edition| {
            newest.is_none_or(|newest| edition.number >= newest) || edition.published_at.is_some_and(|at| at >= limit)
        }
    }

    fn theme(&self, name: &str) -> String {
        let Loaded::Whole(content) = &self.loaded else { return name.to_owned() };
        content.library.theme(name).map_or(name, |theme| theme.title.as_str()).to_owned()
    }

    async fn census(&self, period: &Range<DateTime<Utc>>) -> Result<Census, AppError> {
        let (mut census, mut after) = (Census::default(), None);
        while let page @ [.., last] = &self.context.store.memberships_page(after, PAGE).await?[..] {
            after = Some(last.recipient);
            for mailbox in page {
                census.count(mailbox, period);
            }
        }
        Ok(census)
    }

    /// In the service's order; bands that are no longer configured come last.
    fn bands(&self, census: &Census) -> Vec<BandFigures> {
        let configured = &self.context.config.bands;
        let mailboxes = |band: &BandName| census.bands.get(band).copied().unwrap_or_default();
        let known = configured.iter().map(|band| BandFigures {
            band: band.id.clone(),
            label: band.label.clone(),
            mailboxes: mailboxes(&band.id),
        });
        let others = census.bands.keys().filter(|band| configured.get(band).is_none());
        let others =
            others.map(|band| BandFigures { band: band.clone(), label: band.to_string(), mailboxes: mailboxes(band) });
        known.chain(others).collect()
    }
}

/// A report with its words as a page of HTML, which prints on A4 and needs neither script nor network.
pub fn page(sheet: &Sheet) -> String {
    render::report::page(sheet)
}

fn figures(tally: &Tally, bounced: Option<u64>) -> Figures {
    let Tally { total, queued, sending, accepted, deferred, uncertain, failed, expired, suppressed } = *tally;
    let waiting = queued + sending + deferred;
    Figures { recipients: total, accepted, bounced, failed, uncertain, expired, suppressed, waiting }
}

/// All editions together. Where the bounces of one are forgotten, those of all are not known.
fn total(editions: &[EditionFigures]) -> Figures {
    let zero = Figures { bounced: Some(0), ..Figures::default() };
    editions.iter().map(|one| one.figures).fold(zero, |sum, one| Figures {
        recipients: sum.recipients + one.recipients,
        accepted: sum.accepted + one.accepted,
        bounced: sum.bounced.zip(one.bounced).map(|(sum, one)| sum + one),
        failed: sum.failed + one.failed,
        uncertain: sum.uncertain + one.uncertain,
        expired: sum.expired + one.expired,
        suppressed: sum.suppressed + one.suppressed,
        waiting: sum.waiting + one.waiting,
    })
}

/// Every sector, also those that nobody is in.
fn sectors(census: &Census) -> Vec<SectorFigures> {
    let of = |sector: &Sector| SectorFigures {
        sector: *sector,
        subscribers: census.subscribers(*sector),
        mailboxes: census.sectors.get(sector).copied().unwrap_or_default(),
    };
    Sector::ALL.iter().map(of).collect()
}

/// Every way of leaving, also those that nobody took.
fn left(census: &Census) -> BTreeMap<EndedBy, u64> {
    EndedBy::ALL.iter().map(|by| (*by, census.left.get(by).copied().unwrap_or_default())).collect()
}
