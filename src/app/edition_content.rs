//! From an edition's picks to its digests: looks the texts up in the library, renders and checks a segment.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use chrono::NaiveDate;

use super::context::sender;
use super::error::ContentError;
use super::pictures::{Drawn, illustrate};
use super::sender::message::DeliveryLinks;
use super::sender::transport;
use super::{AppContext, AppError, Content, keyring};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::delivery::DeliveryId;
use crate::domain::edition::{EditionNumber, Pick};
use crate::domain::rendered::Rendered;
use crate::domain::segment::SegmentKey;
use crate::domain::subscriber::RecipientId;
use crate::domain::token::Keyring;
use crate::mail::{Frame, InlineParts};
use crate::render::{Card, Issue, render};
use crate::store::{PublishedPicture, PublishedSegment};

/// The recipient of a sample.
///
/// # Panics
/// Never: the address is a literal of the right form.
pub(super) fn sample_address() -> Address {
    "recipient@subscriber.example".parse().expect("a literal address of the right form")
}

/// The pictures that a mail shows, as it brings them.
pub(super) fn inline(rendered: &Rendered, pictures: &[PublishedPicture]) -> InlineParts {
    let pictures = pictures.iter().map(|one| &one.picture);
    InlineParts::of(pictures.filter(|picture| rendered.pictures.contains(&picture.info.name)))
}

/// An edition, and its pictures as they go out.
#[derive(Debug)]
pub(super) struct Illustrated<'a> {
    pub(super) issue: Issue<'a>,
    pub(super) drawn: Drawn,
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

    /// Looks up what an edition is made of. Every part comes from the checked library.
    pub(super) fn look_up(
        &self,
        edition: EditionNumber,
        date: NaiveDate,
        theme: &str,
        picks: &[Pick],
    ) -> Result<Illustrated<'_>, AppError> {
        let gone = |what: String| ContentError { edition, what };
        let library = &self.content.library;
        let theme = library.theme(theme).ok_or_else(|| gone(format!("theme {theme}")))?;
        let mut cards = Vec::new();
        for band in self.config.bands.iter() {
            if let Some(pick) = picks.iter().find(|pick| pick.band == band.id) {
                let activity = library.activity(&pick.id).ok_or_else(|| gone(format!("activity {}", pick.id)))?;
                let other = Some(activity.id.theme()).filter(|name| *name != theme.name);
                let from_theme = other.and_then(|name| library.theme(name)).map(|theme| theme.title.as_str());
                cards.push(Card { band, activity, from_theme, corrected: None });
            }
        }
        let notices = library.notices.iter().filter(|n| n.from <= date && date <= n.until).collect();
        let service = self.content.service_info(&self.config);
        let help = &library.help;
        let issue =
            Issue { service, edition, date, theme, theme_corrected: None, cards, notices, help, pictures: Vec::new() };
        Ok(self.illustrated(issue))
    }

    /// An edition with its pictures, the logo included. Those that can't be made are left out of it.
    pub(super) fn illustrated<'a>(&self, mut issue: Issue<'a>) -> Illustrated<'a> {
        let Content { library, pictures, .. } = &self.content;
        let mut drawn = pictures.of_mail(library, issue.cards.iter().map(|card| card.activity));
        match pictures.to_share(&self.config, &issue.theme.title) {
            Ok(square) => drawn.pictures.push(square),
            Err(left_out) => drawn.left_out.push(left_out),
        }
        illustrate(&mut issue, &drawn.pictures);
        Illustrated { issue, drawn }
    }

    /// [`Self::segment`] of each, on all cores: nothing of an edition leaves before the last one is rendered.
    ///
    /// # Errors
    /// The first error, where segments fail.
    pub(super) fn segments(
        &self,
        edition: &Illustrated<'_>,
        keys: &[SegmentKey],
    ) -> Result<Vec<PublishedSegment>, AppError> {
        on_all_cores(keys, |key| self.segment((&edition.issue, &edition.drawn.pictures), key))
    }

    /// Renders and checks one segment, and builds one message of it, so that a header that cannot be made is found before
    /// anything is stored.
    ///
    /// # Errors
    /// When the digest cannot be made or is not fit to go out.
    pub(super) fn segment(
        &self,
        (issue, pictures): (&Issue<'_>, &[PublishedPicture]),
        key: &SegmentKey,
    ) -> Result<PublishedSegment, AppError> {
        let rendered = render(&self.content.templates, issue, key, &self.config.bands).map_err(|source| {
            AppError::Digest { edition: issue.edition, segment: key.id(&self.config.bands), source }
        })?;
        let segment = PublishedSegment { key: key.clone(), rendered };
        self.try_message(issue.edition, &segment, pictures)?;
        Ok(segment)
    }

    pub(super) fn try_message(
        &self,
        number: EditionNumber,
        segment: &PublishedSegment,
        pictures: &[PublishedPicture],
    ) -> Result<(), AppError> {
        let sender = sender(&self.config, &self.keyring);
        let inline = inline(&segment.rendered, pictures);
        let frame = Frame::illustrated(&segment.rendered, &inline, &sender, number, self.clock.now())?;
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

/// What `segment` makes of each key, in the order of the keys. They are shared out among the processors.
///
/// # Errors
/// The first error, where segments fail.
pub(super) fn on_all_cores(
    keys: &[SegmentKey],
    segment: impl Fn(&SegmentKey) -> Result<PublishedSegment, AppError> + Copy + Send,
) -> Result<Vec<PublishedSegment>, AppError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let render = move |keys: &[SegmentKey]| keys.iter().map(segment).collect::<Result<Vec<_>, _>>();
    thread::scope(|scope| {
        let parts = keys.chunks(keys.len().div_ceil(threads).max(1));
        let parts: Vec<_> = parts.map(|keys| scope.spawn(move || render(keys))).collect();
        let parts = parts.into_iter().map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)));
        Ok(parts.collect::<Result<Vec<_>, _>>()?.concat())
    })
}
