//! Where everything stands, and what needs a person.

mod bulletins;
mod pictures;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::Serialize;

use super::attention::{Attention, BrokenFiles, EditionAttention};
use super::bulletins::{BulletinStatus, Bulletins};
use super::context::PAGE;
use super::nodes::{NodeJson, nodes};
use super::planner::{PlanRow, Planner};
use super::restored::RestoredStore;
use super::{AppContext, AppError, Loaded, report_counts, sync};
use crate::domain::activity::ActivityId;
use crate::domain::audit::{AuditNumber, AuditRecord};
use crate::domain::calendar::{Approval, NextEdition};
use crate::domain::delivery::Tally;
use crate::domain::edition::{Edition, EditionNumber, EditionState, Repicked, StateReason};
use crate::domain::edits::edits;
use crate::domain::planning::unserved;
use crate::domain::segment::Segment;
use crate::domain::subscriber::SubscriberCounts;
use crate::domain::subscription::bounce;
use crate::domain::subscription::report_kind::ReportKind;
use crate::domain::text::dates;
use crate::mail::Waiting;
use crate::ordinary_file;
use rules::{of_bounces, of_relay, of_state};

/// What an edition needs before it falls due is said from two fortnights before; of the next one always.
const HORIZON: TimeDelta = TimeDelta::days(28);

/// The answer of `status`.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// Every edition, by number.
    pub editions: Vec<EditionStatus>,
    /// Every bulletin, by name.
    pub bulletins: Vec<BulletinStatus>,
    /// Organisations by state.
    pub subscribers: SubscriberCounts,
    /// Suppressed addresses.
    pub suppressions: u64,
    /// Messages that came in by mail, by kind.
    pub reports: BTreeMap<ReportKind, u64>,
    /// Who shares the store.
    pub nodes: Vec<NodeJson>,
    /// What goes out next by itself; nulls when there is nothing.
    pub next: NextJson,
    /// The next edition will need approval, and is not planned yet.
    #[serde(skip)]
    pub next_needs_approval: bool,
    /// What needs a person. In JSON it is said in sentences.
    #[serde(skip)]
    pub attention: Vec<Attention>,
}

/// One edition.
#[derive(Debug, Clone, Serialize)]
pub struct EditionStatus {
    /// Its number.
    pub edition: EditionNumber,
    /// Its state.
    pub state: &'static str,
    /// When it is or was due.
    #[serde(serialize_with = "dates::with_offset")]
    pub due_at: DateTime<FixedOffset>,
    /// Its deliveries by state.
    pub deliveries: Tally,
    /// How many of the accepted ones came back.
    pub bounced: u64,
    /// Why it is held, missed or withdrawn.
    #[serde(skip)]
    pub reason: Option<StateReason>,
    /// Nothing more of it goes out by itself.
    #[serde(skip)]
    pub is_over: bool,
}

/// The next edition as JSON has it: the keys are always there.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct NextJson {
    /// Its number.
    pub edition: Option<EditionNumber>,
    /// When it is due.
    #[serde(serialize_with = "dates::maybe_with_offset")]
    pub due_at: Option<DateTime<FixedOffset>>,
}

impl From<NextEdition> for NextJson {
    fn from(next: NextEdition) -> Self {
        Self { edition: Some(next.edition), due_at: Some(next.due_at) }
    }
}

/// Says where everything stands.
#[derive(Clone)]
pub struct Reporter {
    context: AppContext,
    loaded: Loaded,
    broken: Option<BrokenFiles>,
}

impl Reporter {
    /// Looks at store, calendar and file. A broken library is something that needs a person, and hides nothing else.
    pub fn new(context: &AppContext, loaded: Loaded) -> Self {
        Self { context: context.clone(), loaded, broken: None }
    }

    /// The same, in a service that goes on with files as they were before, if it does.
    #[must_use]
    pub fn with_broken_files(self, broken: Option<BrokenFiles>) -> Self {
        Self { broken, ..self }
    }

    /// Where everything stands; `only` leaves out the other editions' rows. Brings the picks of open editions up to date
    /// first, so it must work on a copy of the store.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self, only: Option<EditionNumber>) -> Result<Status, AppError> {
        let replaced = self.replaced().await?;
        let mut found = self.findings(only).await?;
        found.attention.extend(replaced);
        self.summed_up(found).await
    }

    /// The same in a running service: it changes nothing. What takes the place of picks that can no longer be used is not said,
    /// because the daemon sees to that itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn live_status(&self) -> Result<Status, AppError> {
        self.summed_up(self.findings(None).await?).await
    }

    async fn summed_up(&self, Findings { editions, rows, attention }: Findings) -> Result<Status, AppError> {
        let store = &self.context.store;
        let bulletins = self.bulletins().all().await?;
        let next = self.context.next_edition().await?;
        let is_new = next.is_some_and(|next| editions.iter().all(|edition| edition.number != next.edition));
        Ok(Status {
            editions: rows,
            bulletins,
            subscribers: store.subscriber_counts().await?,
            suppressions: store.suppression_count().await?,
            reports: report_counts::every_kind(&**store).await?,
            nodes: nodes(&self.context).await?,
            next: next.map(NextJson::from).unwrap_or_default(),
            next_needs_approval: is_new && self.is_approval_required(),
            attention,
        })
    }

    /// How many organisations stand where.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn subscribers(&self) -> Result<SubscriberCounts, AppError> {
        Ok(self.context.store.subscriber_counts().await?)
    }

    /// What needs a person, in a running service: see [`Self::live_status`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn attention(&self) -> Result<Vec<Attention>, AppError> {
        Ok(self.findings(None).await?.attention)
    }

    async fn findings(&self, only: Option<EditionNumber>) -> Result<Findings, AppError> {
        let AppContext { store, clock, .. } = &self.context;
        let (now, editions) = (clock.now(), store.editions().await?);
        let restored = RestoredStore::new(&self.context).attention(self.bulletins().texts()).await?;
        let mut attention: Vec<Attention> = restored.into_iter().map(Attention::Restored).collect();
        let (mut rows, bounces) = (Vec::new(), store.bounce_counts().await?);
        let next_open = editions.iter().find(|edition| edition.is_open() && edition.due_at > now).map(|one| one.number);
        for edition in &editions {
            let deliveries = store.tally(edition.number).await?;
            let mut needs = of_state(edition, &deliveries);
            if edition.due_at <= now + HORIZON || next_open == Some(edition.number) {
                needs.extend(self.of_time(edition, now).await?);
            }
            attention.extend(needs.into_iter().map(|need| Attention::Edition(edition.number, need)));
            if only.is_none_or(|only| only == edition.number) {
                rows.push(self.row(edition, deliveries, bounce::came_back(edition.number, &bounces)));
            }
        }
        attention.extend(self.of_bulletins(&bounces).await?);
        attention.extend(self.of_subscribers().await?);
        let came_back = of_bounces(editions.iter(), &bounces).into_iter();
        attention.extend(came_back.map(|(number, need)| Attention::Edition(number, need)));
        attention.extend(self.of_waves().await?);
        attention.extend(self.of_inbox());
        attention.extend(self.of_content());
        attention.extend(self.broken.map(Attention::BrokenFiles));
        let unreachable = |since, mails| Attention::RelayUnreachable { since: self.context.local(since), mails };
        attention.extend(of_relay(&store.relay_outages().await?, now).map(|(since, mails)| unreachable(since, mails)));
        Ok(Findings { editions, rows, attention })
    }

    /// Who decided what, and when: newest first, at most `limit` that come before this one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decisions_before(
        &self,
        before: Option<AuditNumber>,
        limit: u32,
    ) -> Result<Vec<(AuditNumber, AuditRecord)>, AppError> {
        Ok(self.context.store.audit_page_before(before, limit).await?)
    }

    /// How many mailboxes are on the list of the next edition.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn mailboxes(&self) -> Result<u64, AppError> {
        Ok(self.audience().await?.iter().map(|segment| segment.recipients).sum())
    }

    /// Who would get an edition now, by segment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn audience(&self) -> Result<Vec<Segment>, AppError> {
        let AppContext { config, store, .. } = &self.context;
        Ok(store.audience(&config.bands.names()).await?)
    }

    /// Every edition in the store, by number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn editions(&self) -> Result<Vec<Edition>, AppError> {
        Ok(self.context.store.editions().await?)
    }

    /// The deliveries of an edition by state; none before it is published.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn tally(&self, number: EditionNumber) -> Result<Tally, AppError> {
        Ok(self.context.store.tally(number).await?)
    }

    /// An edition as the store has it, without a look at the library.
    ///
    /// # Errors
    /// When there is none, or the store cannot be read.
    pub async fn row_of(&self, number: EditionNumber) -> Result<PlanRow, AppError> {
        let edition = self.context.store.edition(number).await?.ok_or(AppError::NoEdition(number))?;
        Ok(PlanRow::of(&edition, self.context.config.schedule.timezone))
    }

    /// Shows who decided what, and when: oldest first, until `take` has had enough; with a number, about that edition, its
    /// waves and its activities alone.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn each_decision(
        &self,
        edition: Option<EditionNumber>,
        mut take: impl FnMut(Vec<AuditRecord>) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let store = &self.context.store;
        let subjects = match edition {
            Some(number) => Some(self.subjects(number).await?),
            None => None,
        };
        let mut after = None;
        loop {
            let page = store.audit_page(subjects.as_ref(), after, PAGE).await?;
            after = page.last().map(|(number, _)| *number);
            if page.is_empty() || take(page.into_iter().map(|(_, record)| record).collect()).is_break() {
                return Ok(());
            }
        }
    }

    /// What the audit calls an edition, its waves of bounces, and the activities that it has or had.
    async fn subjects(&self, number: EditionNumber) -> Result<BTreeSet<String>, AppError> {
        let store = &self.context.store;
        let mut activities: BTreeSet<ActivityId> = BTreeSet::new();
        if let Some(edition) = store.edition(number).await? {
            activities.extend(edition.selection.picks.into_iter().map(|pick| pick.id));
        }
        let mut subjects = BTreeSet::from([format!("edition {number}")]);
        let mut after = None;
        while let page @ [.., (last, _)] = &store.audit_page(Some(&subjects), after, PAGE).await?[..] {
            after = Some(*last);
            let repicked = page.iter().flat_map(|(_, record)| Repicked::of(record));
            activities.extend(repicked.flat_map(|one| [one.before, one.after]).flatten());
        }
        subjects.extend(activities.into_iter().map(|id| format!("activity {id}")));
        let waves = store.waves().await?.into_iter().filter(|wave| wave.edition == number);
        subjects.extend(waves.map(|wave| format!("wave {}", wave.id.0)));
        Ok(subjects)
    }

    fn row(&self, edition: &Edition, deliveries: Tally, bounced: u64) -> EditionStatus {
        EditionStatus {
            edition: edition.number,
            state: edition.state.as_str(),
            due_at: self.context.local(edition.due_at),
            deliveries,
            bounced,
            reason: edition.reason.clone(),
            is_over: matches!(edition.state, EditionState::Sent | EditionState::Missed | EditionState::Withdrawn),
        }
    }

    /// What the next look of the daemon would replace, replaced in this copy.
    async fn replaced(&self) -> Result<Vec<Attention>, AppError> {
        let Some(content) = self.loaded.content() else { return Ok(Vec::new()) };
        let replaced = Planner::new(&self.context, content).follow_edits(self.context.clock.now()).await?;
        Ok(replaced.into_iter().map(Attention::Replaced).collect())
    }

    fn bulletins(&self) -> Bulletins {
        Bulletins::new(&self.context, self.loaded.content())
    }

    fn is_approval_required(&self) -> bool {
        self.context.config.schedule.approval == Approval::Required
    }

    /// What an open edition needs before it falls due, or needed.
    async fn of_time(&self, edition: &Edition, now: DateTime<Utc>) -> Result<Vec<EditionAttention>, AppError> {
        let due = self.context.local(edition.due_at);
        let mut found: Vec<EditionAttention> = self.edited(edition).into_iter().collect();
        let is_ahead = edition.due_at > now;
        if self.is_approval_required() && edition.state == EditionState::Planned && is_ahead {
            found.push(EditionAttention::NeedsApproval { due });
        }
        if edition.is_open() && is_ahead {
            let readers = self.context.store.readers().await?;
            let lacks = unserved(edition, &self.context.config.bands, &readers);
            found.extend(lacks.map(EditionAttention::WouldBeHeld));
        }
        if matches!(edition.state, EditionState::Planned | EditionState::Approved) && !is_ahead {
            let unapproved = self.is_approval_required() && edition.state == EditionState::Planned;
            found.push(EditionAttention::Overdue { due, unapproved });
        }
        found.extend(self.without_pictures(edition));
        Ok(found)
    }

    /// What was edited since an open edition was planned or approved.
    fn edited(&self, edition: &Edition) -> Option<EditionAttention> {
        let Loaded::Whole(content) = &self.loaded else { return None };
        if !edition.is_open() {
            return None;
        }
        let edits = edits(content.library.texts(), &edition.selection);
        let was_approved = edition.approved_at.is_some();
        (!edits.is_empty()).then_some(EditionAttention::Edited { was_approved, edits })
    }

    async fn of_subscribers(&self) -> Result<Vec<Attention>, AppError> {
        let AppContext { config, store, .. } = &self.context;
        let readers = store.readers().await?;
        let unknown = readers.into_iter().filter(|(band, count)| *count > 0 && config.bands.get(band).is_none());
        let mut found: Vec<_> = unknown.map(|(band, mailboxes)| Attention::UnknownBand { band, mailboxes }).collect();
        if sync::waits(&self.context).await? {
            found.push(Attention::SyncWaits);
        }
        found.extend(store.unfinished_imports().await?.into_iter().map(Attention::UnfinishedImport));
        Ok(found)
    }

    /// What the daemon passes over in the folder where messages come in. A folder that cannot be listed has none.
    fn of_inbox(&self) -> Option<Attention> {
        let folder = self.context.config.mail.bounce_maildir.as_ref()?;
        let others = Waiting::of(folder).ok()?.others;
        let (name, kind) = others.first_key_value()?;
        let (path, what) = (folder.join("new").join(name), ordinary_file::word(*kind));
        Some(Attention::NotAMessage { path, what, others: others.len() - 1 })
    }
}

/// What the store, the config and the library say.
struct Findings {
    editions: Vec<Edition>,
    rows: Vec<EditionStatus>,
    attention: Vec<Attention>,
}
