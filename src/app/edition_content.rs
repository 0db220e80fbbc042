//! From an edition's picks to its digests: looks the texts up in the library, renders and checks a segment.

use std::sync::Arc;

use chrono::NaiveDate;

use super::context::{sender, service_info};
use super::error::ContentError;
use super::sender::message::DeliveryLinks;
use super::sender::transport;
use super::{AppContext, AppError, Content, keyring};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::activity::{Activity, Notice, Theme};
use crate::domain::address::Address;
use crate::domain::band::{Band, BandSet};
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::RecipientId;
use crate::domain::token::Keyring;
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

/// What an edition is made of. Every part comes from the checked library.
#[derive(Clone)]
pub(super) struct EditionContent<'a> {
    pub(super) number: EditionNumber,
    pub(super) date: NaiveDate,
    pub(super) theme: &'a Theme,
    /// Band and activity, in the bands' order.
    pub(super) cards: Vec<(&'a Band, &'a Activity)>,
    /// The notices that are shown on its day.
    pub(super) notices: Vec<&'a Notice>,
    /// Who reads replies, if anybody does.
    pub(super) reply_to: Option<&'a Address>,
}

impl EditionContent<'_> {
    pub(super) fn bands(&self) -> BandSet {
        self.cards.iter().map(|(band, _)| band.id.clone()).collect()
    }
}

/// Makes the digests of editions.
#[derive(Clone)]
pub(super) struct DigestMaker {
    config: Arc<Config>,
    content: Content,
    keyring: Arc<Keyring>,
    clock: Clock,
}

impl DigestMaker {
    pub(super) fn new(context: &AppContext, content: &Content) -> Self {
        let AppContext { config, keyring, clock, .. } = context.clone();
        Self { config, content: content.clone(), keyring, clock }
    }

    /// Looks up theme and activities of an edition.
    pub(super) fn look_up(
        &self,
        number: EditionNumber,
        date: NaiveDate,
        theme: &str,
        picks: &[Pick],
    ) -> Result<EditionContent<'_>, ContentError> {
        let gone = |what: String| ContentError { edition: number, what };
        let library = &self.content.library;
        let theme = library.theme(theme).ok_or_else(|| gone(format!("theme {theme}")))?;
        let mut cards = Vec::new();
        for band in self.config.bands.iter() {
            if let Some(pick) = picks.iter().find(|pick| pick.band == band.id) {
                let activity = library.activity(&pick.id).ok_or_else(|| gone(format!("activity {}", pick.id)))?;
                cards.push((band, activity));
            }
        }
        let notices = library.notices.iter().filter(|n| n.from <= date && date <= n.until).collect();
        let reply_to = self.config.service.reply_to.as_ref().map(|mailbox| &mailbox.address);
        Ok(EditionContent { number, date, theme, cards, notices, reply_to })
    }

    /// Renders and checks one segment, and builds one message of it, so that a header that cannot be made is found before
    /// anything is stored.
    ///
    /// # Errors
    /// When the digest cannot be made or is not fit to go out.
    pub(super) fn segment(&self, edition: &EditionContent<'_>, key: &SegmentKey) -> Result<PublishedSegment, AppError> {
        let Content { library, templates, .. } = &self.content;
        let issue = Issue {
            service: ServiceInfo { reply_to: edition.reply_to, ..service_info(&self.config) },
            edition: edition.number,
            date: edition.date,
            theme: edition.theme,
            cards: edition.cards.iter().map(|(band, activity)| card(library, edition, band, activity)).collect(),
            notices: edition.notices.clone(),
            help: &library.help,
        };
        let rendered = render(templates, &issue, key, &self.config.bands).map_err(|source| AppError::Digest {
            edition: edition.number,
            segment: key.id(&self.config.bands),
            source,
        })?;
        let segment = PublishedSegment { key: key.clone(), rendered };
        self.try_message(edition.number, &segment)?;
        Ok(segment)
    }

    fn try_message(&self, number: EditionNumber, segment: &PublishedSegment) -> Result<(), AppError> {
        let sender = sender(&self.config, &self.keyring);
        let frame = Frame::build(&segment.rendered, &sender, number, self.clock.now())?;
        let links = self.sample_links(number)?;
        let to = sample_address();
        let mut bytes = Vec::new();
        let personal = links.personal(&to, "");
        frame.join(&personal, &mut bytes);
        transport::signers(&self.config)?.sign(self.clock.now(), &mut bytes)?;
        frame.envelope(&personal)?;
        Ok(())
    }

    /// Links of recipient 0, who is nobody.
    pub(super) fn sample_links(&self, edition: EditionNumber) -> Result<DeliveryLinks, AppError> {
        let signer = keyring::signer(&self.keyring, self.keyring.current(), &self.config.web.secret_file)?;
        let id = DeliveryId { edition, recipient: RecipientId(0) };
        Ok(DeliveryLinks::of_delivery(&signer, &self.config.service.base_url, id))
    }
}

fn card<'a>(library: &'a Library, edition: &EditionContent<'_>, band: &'a Band, activity: &'a Activity) -> Card<'a> {
    let other = Some(activity.id.theme()).filter(|name| *name != edition.theme.name);
    Card { band, activity, from_theme: other.and_then(|name| library.theme(name)).map(|t| t.title.as_str()) }
}
