//! Bulletins: which there are, what an operator decides about one, and how it is sent.

pub mod approved;
pub mod decide;
pub(super) mod earlier;
pub mod error;
pub mod later;
pub mod look;
pub mod rehearse;
pub mod send;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::context::{AppContext, Content};
use super::edition::bulletins_on_their_way;
use super::error::AppError;
use crate::domain::bulletin::{Audience, Bulletin, BulletinId, BulletinName, BulletinRecord, MailingName};
use crate::domain::delivery::Tally;
use crate::domain::edition::{EditionNumber, EditionState, StateReason};
use error::BulletinError;

/// What can be done with bulletins.
pub struct Bulletins {
    context: AppContext,
    /// None while the library has errors: nothing new can be sent then, but that must not keep anyone from stopping a bulletin.
    content: Option<Content>,
}

/// Where one bulletin stands.
#[derive(Debug, Clone, Serialize)]
pub struct BulletinStatus {
    pub name: BulletinName,
    pub state: EditionState,
    /// Its deliveries by state; none before it is sent.
    pub deliveries: Tally,
    /// As it went out, or as its file says.
    #[serde(skip)]
    pub title: Option<String>,
    /// Why it is held or withdrawn.
    #[serde(skip)]
    pub reason: Option<StateReason>,
    /// When it began to be sent.
    #[serde(skip)]
    pub sent_at: Option<DateTime<Utc>>,
    /// It goes to those who got this, or went to them.
    #[serde(skip)]
    pub readers_of: Option<MailingName>,
    /// It says what was wrong in that, and what is right.
    #[serde(skip)]
    pub is_correction: bool,
    /// Someone had approved of it, and it was edited since.
    #[serde(skip)]
    pub was_edited: bool,
}

/// A bulletin that went out, as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBulletin {
    pub text: Bulletin,
    /// Every mail's Date.
    pub sent_at: DateTime<Utc>,
    /// Whether it is being sent, was stopped on its way, or has been sent.
    pub state: EditionState,
    /// Whom it was for.
    pub audience: Audience,
    /// When someone withdrew it in the middle of its sending.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Every bulletin that went out or is being sent, the newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn sent(context: &AppContext) -> Result<Vec<SentBulletin>, AppError> {
    let records = context.store.bulletins().await?;
    let mut sent: Vec<SentBulletin> = records.into_iter().filter_map(as_sent).collect();
    sent.sort_by_key(|bulletin| Reverse(bulletin.sent_at));
    Ok(sent)
}

/// One bulletin as it went out; `None` when it did not.
///
/// # Errors
/// When the store cannot be read.
pub async fn sent_one(context: &AppContext, name: &BulletinName) -> Result<Option<SentBulletin>, AppError> {
    Ok(context.store.bulletin(name).await?.and_then(as_sent))
}

fn as_sent(record: BulletinRecord) -> Option<SentBulletin> {
    let (sent_at, state, withdrawn_at) = (record.course.published_at?, record.state(), record.withdrawn_at);
    record.published.map(|published| SentBulletin {
        text: published.text,
        sent_at,
        state,
        audience: published.audience,
        withdrawn_at,
    })
}

impl Bulletins {
    /// Those of this store and this library.
    pub fn new(context: &AppContext, content: Option<&Content>) -> Self {
        Self { context: context.clone(), content: content.cloned() }
    }

    /// Where each stands, by name: those about which someone has decided something, and those that only lie in the library.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn all(&self) -> Result<Vec<BulletinStatus>, AppError> {
        let mut all: BTreeMap<BulletinName, BulletinStatus> = BTreeMap::new();
        let records = self.context.store.bulletins().await?;
        let names: BTreeMap<EditionNumber, BulletinName> =
            records.iter().map(|record| (record.id.mailing(), record.name.clone())).collect();
        for record in records {
            let deliveries = match record.published {
                Some(_) => self.context.store.tally(record.id.mailing()).await?,
                None => Tally::default(),
            };
            all.insert(record.name.clone(), self.status(record, deliveries, &names));
        }
        for text in self.texts() {
            all.entry(text.name.clone()).or_insert_with(|| BulletinStatus {
                name: text.name.clone(),
                state: EditionState::Planned,
                deliveries: Tally::default(),
                title: Some(text.title.clone()),
                reason: None,
                sent_at: None,
                readers_of: None,
                is_correction: text.correction.is_some(),
                was_edited: false,
            });
        }
        Ok(all.into_values().collect())
    }

    /// The numbers under which bulletins are being sent.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn being_sent(&self) -> Result<Vec<EditionNumber>, AppError> {
        let records = bulletins_on_their_way(&*self.context.store).await?;
        Ok(records.into_iter().map(|record| record.id.mailing()).collect())
    }

    fn status(
        &self,
        record: BulletinRecord,
        deliveries: Tally,
        names: &BTreeMap<EditionNumber, BulletinName>,
    ) -> BulletinStatus {
        let text = self.text(&record.name);
        let state = text.map_or_else(|| record.state(), |text| record.state_as(text));
        let says = record.published.as_ref().map(|published| &published.text).or(text);
        BulletinStatus {
            state,
            deliveries,
            title: says.map(|text| text.title.clone()),
            sent_at: record.course.published_at,
            readers_of: record.published.as_ref().and_then(|published| published.audience.readers_of).map(|number| {
                names.get(&number).map_or(MailingName::Edition(number), |name| MailingName::Bulletin(name.clone()))
            }),
            is_correction: says.is_some_and(|text| text.correction.is_some()),
            was_edited: record.published.is_none() && text.is_some_and(|text| !record.edited(text).is_empty()),
            reason: record.course.reason,
            name: record.name,
        }
    }

    /// Those whose files are in the library; none while it has errors.
    pub fn texts(&self) -> &[Bulletin] {
        self.content.as_ref().map_or(&[], |content| &content.library.bulletins)
    }

    fn text(&self, name: &BulletinName) -> Option<&Bulletin> {
        self.texts().iter().find(|text| text.name == *name)
    }

    /// What its file says now.
    fn needed_text(&self, name: &BulletinName) -> Result<&Bulletin, BulletinError> {
        if self.content.is_none() {
            return Err(BulletinError::LibraryBroken(name.clone()));
        }
        let known = || self.texts().iter().map(|text| text.name.clone()).collect();
        self.text(name).ok_or_else(|| BulletinError::Unknown { name: name.clone(), known: known() })
    }

    /// The bulletin as the store holds it. One about which nobody has decided anything is planned, and must be in the library.
    async fn at_hand(&self, name: &BulletinName) -> Result<(Option<BulletinRecord>, BulletinRecord), BulletinError> {
        let records = self.context.store.bulletins().await?;
        let found = records.iter().find(|record| record.name == *name).cloned();
        if let Some(record) = found {
            return Ok((Some(record.clone()), record));
        }
        self.needed_text(name)?;
        let id = BulletinId(records.last().map_or(0, |last| last.id.0) + 1);
        let now = self.context.clock.now();
        Ok((None, BulletinRecord::planned(id, name.clone(), now, self.context.local(now).date_naive())))
    }
}
