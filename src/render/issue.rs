//! What a mail or a page is made from: one edition and its cards, or a bulletin, and the service that sends it.

use chrono::NaiveDate;

use crate::domain::activity::{Activity, Notice, Theme};
use crate::domain::address::Address;
use crate::domain::band::{Band, BandSet};
use crate::domain::bulletin::{Bulletin, MailingName};
use crate::domain::colour::BrandColour;
use crate::domain::edition::EditionNumber;
use crate::domain::help::Help;
use crate::domain::picture::{PictureInfo, PictureSubject};

/// What every mail and page says about the service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceInfo<'a> {
    pub name: &'a str,
    /// Its postal address, on one line.
    pub postal_address: &'a str,
    /// Its public address, without a trailing slash.
    pub base_url: &'a str,
    /// The address for replies; `None` when nobody reads them.
    pub reply_to: Option<&'a Address>,
    pub face: Face<'a>,
}

/// What is shown of the organisation besides its name; nothing of it must be there.
#[derive(Debug, Clone, Copy, Default)]
pub struct Face<'a> {
    /// The logo, which the web shows from `/pictures/` and a digest brings along, if it is among its pictures.
    pub logo: Option<&'a PictureInfo>,
    pub colour: Option<BrandColour>,
    /// One line at the foot; empty for none.
    pub footer: &'a str,
    /// The https address of the privacy notice; empty for none.
    pub privacy_url: &'a str,
}

/// One band's activity in this edition.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    pub band: &'a Band,
    pub activity: &'a Activity,
    /// The title of the activity's own theme, when that is not the edition's.
    pub from_theme: Option<&'a str>,
    /// The local date on which a slip in it was mended after it had gone out: on the web alone.
    pub corrected: Option<NaiveDate>,
}

/// A picture of the edition, and where what is made of it finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Illustration {
    pub subject: PictureSubject,
    pub info: PictureInfo,
    /// Its address: in the mail itself (`cid:…`), on the web, or where a page shows it before it is published.
    pub src: String,
}

/// One edition, with everything that its digests and pages need.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    pub service: ServiceInfo<'a>,
    pub edition: EditionNumber,
    /// The local date on which it goes out.
    pub date: NaiveDate,
    pub theme: &'a Theme,
    /// As [`Card::corrected`], of the theme's own texts.
    pub theme_corrected: Option<NaiveDate>,
    /// One card per band of the edition, in the order of the bands.
    pub cards: Vec<Card<'a>>,
    /// The notices to show on `date`.
    pub notices: Vec<&'a Notice>,
    pub help: &'a Help,
    pub pictures: Vec<Illustration>,
}

/// A bulletin, with everything that its mails and its page need.
#[derive(Debug, Clone)]
pub struct BulletinIssue<'a> {
    pub service: ServiceInfo<'a>,
    pub bulletin: &'a Bulletin,
    /// The local date on which it goes out.
    pub date: NaiveDate,
    /// The mail that it's about, where it goes to the readers of one.
    pub about: Option<EarlierMail<'a>>,
    /// The local date on which someone withdrew it after it had begun to be sent: then its page says that alone.
    pub withdrawn: Option<NaiveDate>,
    pub help: &'a Help,
    /// Those that its mails bring: the logo, if there is one.
    pub pictures: Vec<Illustration>,
}

/// The mail that a bulletin is about: of an edition, or of another bulletin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierMail<'a> {
    pub name: &'a MailingName,
    /// The local date on which it went out.
    pub date: NaiveDate,
    /// The title of the edition's theme, or of the bulletin.
    pub title: &'a str,
}

impl ServiceInfo<'_> {
    /// The path at which its pages begin: what a page of ours shows must come from wherever the page did.
    pub fn path(&self) -> &str {
        let place = self.base_url.split_once("://").map_or(self.base_url, |(_, place)| place);
        place.find('/').map_or("", |at| &place[at..])
    }
}

impl Issue<'_> {
    /// Gives the pictures of our pages their whole addresses, for a reader of feeds.
    pub fn show_pictures_anywhere(&mut self) {
        let path = self.service.path();
        let origin = self.service.base_url.strip_suffix(path).unwrap_or(self.service.base_url);
        for picture in self.pictures.iter_mut().filter(|picture| picture.src.starts_with('/')) {
            picture.src.insert_str(0, origin);
        }
    }

    /// The picture of this, if it has one.
    pub(super) fn picture(&self, subject: &PictureSubject) -> Option<&Illustration> {
        self.pictures.iter().find(|picture| picture.subject == *subject)
    }

    /// The bands that it has a card for.
    pub fn bands(&self) -> BandSet {
        self.cards.iter().map(|card| card.band.id.clone()).collect()
    }
}
