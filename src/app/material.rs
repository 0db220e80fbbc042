//! From an edition and its segments to rendered digests.

use chrono::NaiveDate;

use super::dispatch::Letter;
use super::error::ContentError;
use super::{AppError, Content, Service};
use crate::domain::activity::{Activity, Notice, Theme};
use crate::domain::address::Address;
use crate::domain::band::Band;
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::segment::SegmentKey;
use crate::domain::sender::Sender;
use crate::domain::subscriber::RecipientId;
use crate::library::Library;
use crate::mail::Frame;
use crate::render::{Card, Issue, ServiceInfo, render};
use crate::store::PublishedSegment;

/// The recipient of a sample.
///
/// # Panics
/// Never: the address is a literal of the right form.
pub(super) fn sample_address() -> Address {
    "recipient@subscriber.example".parse().expect("a literal address of the right form")
}

/// An edition's material: its theme and, per band, the activity. Every part comes from the checked library.
#[derive(Clone)]
pub(super) struct Edition<'a> {
    pub(super) number: EditionNumber,
    pub(super) date: NaiveDate,
    /// The theme of the edition.
    pub(super) theme: &'a Theme,
    /// Band and activity, in the bands' order.
    pub(super) cards: Vec<(&'a Band, &'a Activity)>,
    /// The notices that are shown on its day.
    pub(super) notices: Vec<&'a Notice>,
    /// Who reads replies, if anybody does.
    pub(super) reply_to: Option<&'a Address>,
}

impl Service {
    /// Looks up theme and activities of an edition.
    pub(super) fn edition_material(
        &self,
        number: EditionNumber,
        date: NaiveDate,
        theme: &str,
        picks: &[Pick],
    ) -> Result<Edition<'_>, AppError> {
        let gone = |what: &str| ContentError { edition: number, what: what.to_owned() };
        let library = self.library()?;
        let theme = library.theme(theme).ok_or_else(|| gone(&format!("theme {theme}")))?;
        let mut cards = Vec::new();
        for band in self.config.bands.iter() {
            if let Some(pick) = picks.iter().find(|pick| pick.band == band.id) {
                let activity = library.activity(&pick.id).ok_or_else(|| gone(&format!("activity {}", pick.id)))?;
                cards.push((band, activity));
            }
        }
        let notices = library.notices.iter().filter(|n| n.from <= date && date <= n.until).collect();
        let reply_to = self.config.service.reply_to.as_ref().map(|mailbox| &mailbox.address);
        Ok(Edition { number, date, theme, cards, notices, reply_to })
    }

    /// Renders and checks one segment.
    pub(super) fn render_segment(
        &self,
        material: &Edition<'_>,
        key: &SegmentKey,
    ) -> Result<PublishedSegment, AppError> {
        let Content { library, templates, .. } = self.content()?;
        let issue = Issue {
            service: ServiceInfo { reply_to: material.reply_to, ..self.facts() },
            edition: material.number,
            date: material.date,
            theme: material.theme,
            cards: material.cards.iter().map(|(band, activity)| card(library, material, band, activity)).collect(),
            notices: material.notices.clone(),
            help: &library.help,
        };
        let rendered = render(templates, &issue, key, &self.config.bands).map_err(|source| AppError::Digest {
            edition: material.number,
            segment: key.id(&self.config.bands),
            source,
        })?;
        let segment = PublishedSegment { key: key.clone(), rendered };
        self.try_message(material.number, &segment)?;
        Ok(segment)
    }

    /// Builds one message, so that a header that cannot be made is found before anything is stored.
    fn try_message(&self, number: EditionNumber, segment: &PublishedSegment) -> Result<(), AppError> {
        let frame = Frame::build(&segment.rendered, &self.sender(), number, self.clock.now())?;
        let letter = self.sample_letter(number)?;
        let to = sample_address();
        let mut bytes = Vec::new();
        let personal = letter.personal(&to, "");
        frame.join(&personal, &mut bytes);
        self.dkim()?.sign(self.clock.now(), &mut bytes)?;
        frame.envelope(&personal)?;
        Ok(())
    }

    /// The sender's side of every header, as it is configured now.
    pub(super) fn sender(&self) -> Sender {
        let service = &self.config.service;
        Sender {
            service: service.name.clone(),
            from: service.from.clone(),
            reply_to: service.reply_to.clone(),
            base_url: service.base_url.clone(),
            bounce_address: self.config.mail.bounce_address.clone(),
            key_version: self.keyring.current(),
        }
    }

    /// A letter to recipient 0, who is nobody.
    pub(super) fn sample_letter(&self, edition: EditionNumber) -> Result<Letter, AppError> {
        let signer = self.signer(self.keyring.current())?;
        let id = DeliveryId { edition, recipient: RecipientId(0) };
        Ok(Letter::new(&signer, &self.config.service.base_url, id))
    }
}

fn card<'a>(library: &'a Library, edition: &Edition<'_>, band: &'a Band, activity: &'a Activity) -> Card<'a> {
    let other = Some(activity.id.theme()).filter(|name| *name != edition.theme.name);
    Card { band, activity, from_theme: other.and_then(|name| library.theme(name)).map(|t| t.title.as_str()) }
}
