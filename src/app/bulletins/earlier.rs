//! The mail that a bulletin is about, where it goes to those who got it.

use chrono::NaiveDate;

use super::Bulletins;
use super::error::BulletinError;
use crate::app::context::AppContext;
use crate::app::edition::bulletin_name;
use crate::app::error::AppError;
use crate::domain::bulletin::{Audience, BulletinId, BulletinRecord, MailingName};
use crate::domain::edition::{Edition, EditionNumber};
use crate::render::EarlierMail;
use crate::store::PublishedView;

/// What a bulletin says of the mail that it is about.
pub(in crate::app) struct Earlier {
    name: MailingName,
    /// The local date on which it went out.
    date: NaiveDate,
    title: String,
}

impl Earlier {
    pub(in crate::app) fn as_shown(&self) -> EarlierMail<'_> {
        EarlierMail { name: &self.name, date: self.date, title: &self.title }
    }
}

/// The mail whose readers these are, if they are of one.
pub(in crate::app) async fn earlier(context: &AppContext, audience: &Audience) -> Result<Option<Earlier>, AppError> {
    let Some(number) = audience.readers_of else { return Ok(None) };
    let found = match BulletinId::of(number) {
        None => context.store.published_view(number).await?.map(|PublishedView { edition, theme, .. }| {
            (MailingName::Edition(number), edition.published_at, edition.date, theme.title)
        }),
        Some(id) => sent(context, id).await?.and_then(|record| {
            let title = record.published?.text.title;
            Some((MailingName::Bulletin(record.name), record.course.published_at, record.course.date, title))
        }),
    };
    Ok(found.map(|(name, sent_at, date, title)| {
        let date = sent_at.map_or(date, |at| context.local(at).date_naive());
        Earlier { name, date, title }
    }))
}

/// What people call that of which these are the readers.
pub(super) async fn name_of(
    context: &AppContext,
    readers_of: Option<EditionNumber>,
) -> Result<Option<MailingName>, AppError> {
    let Some(number) = readers_of else { return Ok(None) };
    if BulletinId::of(number).is_none() {
        return Ok(Some(MailingName::Edition(number)));
    }
    Ok(bulletin_name(&*context.store, number).await?.map(MailingName::Bulletin))
}

async fn sent(context: &AppContext, id: BulletinId) -> Result<Option<BulletinRecord>, AppError> {
    Ok(context.store.bulletins().await?.into_iter().find(|record| record.id == id))
}

/// An edition or a bulletin that was sent, and that another bulletin may be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentBefore {
    pub name: MailingName,
    /// The local date on which it went out.
    pub date: NaiveDate,
    /// Of its theme, or its own.
    pub title: String,
}

impl Bulletins {
    /// What a bulletin may be about: so many editions at most, and then so many bulletins, the newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sent_before(&self, most: usize) -> Result<Vec<SentBefore>, BulletinError> {
        let mut before = Vec::new();
        for edition in self.context.store.editions().await?.into_iter().rev().filter(Edition::is_published).take(most) {
            let view = self.context.store.published_view(edition.number).await?;
            let title = view.map(|view| view.theme.title).unwrap_or_default();
            before.push(SentBefore { name: MailingName::Edition(edition.number), date: edition.date, title });
        }
        let bulletins = super::sent(&self.context).await?.into_iter().take(most).map(|sent| SentBefore {
            name: MailingName::Bulletin(sent.text.name),
            date: self.context.local(sent.sent_at).date_naive(),
            title: sent.text.title,
        });
        before.extend(bulletins);
        Ok(before)
    }

    /// The number under which it was sent.
    ///
    /// # Errors
    /// When it wasn't, or the store cannot be read.
    pub(super) async fn number_of(&self, mailing: &MailingName) -> Result<EditionNumber, BulletinError> {
        let store = &self.context.store;
        let found = match mailing {
            MailingName::Edition(number) => {
                store.edition(*number).await?.filter(Edition::is_published).map(|edition| edition.number)
            }
            MailingName::Bulletin(name) => {
                store.bulletin(name).await?.filter(|it| it.published.is_some()).map(|it| it.id.mailing())
            }
        };
        found.ok_or_else(|| BulletinError::NotSent(mailing.clone()))
    }
}
