//! From a bulletin to its mails: renders and checks a segment.

use std::sync::Arc;

use chrono::NaiveDate;

use super::edition_content::{DigestMaker, on_all_cores};
use super::pictures::in_mail;
use super::{AppContext, AppError, Content};
use crate::config::Config;
use crate::domain::bulletin::Bulletin;
use crate::domain::edition::EditionNumber;
use crate::domain::segment::SegmentKey;
use crate::render::{BulletinIssue, EarlierMail, render_bulletin};
use crate::store::{PublishedPicture, PublishedSegment};

/// The number that a message is tried with: no edition has it.
const NO_EDITION: EditionNumber = EditionNumber(0);

/// Makes the mails of bulletins.
#[derive(Clone)]
pub(super) struct BulletinMaker {
    config: Arc<Config>,
    content: Content,
    digests: DigestMaker,
    /// What the mails bring along.
    pictures: Vec<PublishedPicture>,
}

impl BulletinMaker {
    pub(super) fn new(context: &AppContext, content: &Content) -> Self {
        let (config, digests) = (Arc::clone(&context.config), DigestMaker::new(context, content));
        Self { config, content: content.clone(), digests, pictures: content.pictures.logo_of_mail() }
    }

    /// As [`Self::new`], for more mails of a bulletin that went out with these pictures.
    pub(super) fn with_pictures(context: &AppContext, content: &Content, pictures: Vec<PublishedPicture>) -> Self {
        Self { pictures, ..Self::new(context, content) }
    }

    /// What a bulletin's mails are made of, if it goes out on this local date.
    pub(super) fn issue<'a>(
        &'a self,
        bulletin: &'a Bulletin,
        date: NaiveDate,
        about: Option<EarlierMail<'a>>,
    ) -> BulletinIssue<'a> {
        let (service, help) = (self.content.service_info(&self.config), &self.content.library.help);
        let pictures = in_mail(service.base_url, &self.pictures);
        BulletinIssue { service, bulletin, date, about, withdrawn: None, help, pictures }
    }

    /// What its mails bring along.
    pub(super) fn pictures(&self) -> &[PublishedPicture] {
        &self.pictures
    }

    /// [`Self::segment`] of each, on all cores: nothing of a bulletin leaves before the last one is rendered.
    ///
    /// # Errors
    /// The first error, where segments fail.
    pub(super) fn segments(
        &self,
        issue: &BulletinIssue<'_>,
        keys: &[SegmentKey],
    ) -> Result<Vec<PublishedSegment>, AppError> {
        on_all_cores(keys, |key| self.segment(issue, key))
    }

    /// Renders and checks one segment, and builds one message of it, so that a header that cannot be made is found before
    /// anything is stored.
    ///
    /// # Errors
    /// When the mail cannot be made or is not fit to go out.
    pub(super) fn segment(&self, issue: &BulletinIssue<'_>, key: &SegmentKey) -> Result<PublishedSegment, AppError> {
        let bands = &self.config.bands;
        let rendered = render_bulletin(&self.content.templates, issue, key, bands).map_err(|source| {
            let (bulletin, source) = (issue.bulletin.name.clone(), Box::new(source));
            AppError::BulletinMail { bulletin, segment: key.id(bands), source }
        })?;
        let segment = PublishedSegment { key: key.clone(), rendered };
        self.digests.try_message(NO_EDITION, &segment, &self.pictures)?;
        Ok(segment)
    }
}
