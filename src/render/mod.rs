//! Segment → [`Rendered`](crate::domain::rendered::Rendered): view, templates, MJML, and the cut at the slots (design §2.5).

mod build;
mod check;
mod edition;
mod error;
mod escape;
mod helpers;
mod html;
mod html_scan;
pub mod index;
mod letter;
mod lint;
pub mod pages;
mod palette;
mod phone_numbers;
mod sample;
mod share;
mod slot_markers;
mod templates;
mod text;
mod view;
mod wording;

use chrono::NaiveDate;

use crate::domain::activity::{Activity, Help, Notice, Theme};
use crate::domain::address::Address;
use crate::domain::band::Band;
use crate::domain::edition::EditionNumber;

pub use check::{HTML_LIMIT, check_complete, check_rendered};
pub use edition::render;
pub use error::{Part, RenderError};
pub use letter::{Occasion, letter};
pub use templates::Templates;
pub use wording::greeting;

/// What every digest says about the service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceFacts<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its postal address, one line.
    pub postal_address: &'a str,
    /// Its public address, without a trailing slash.
    pub base_url: &'a str,
    /// The address that somebody reads; `None` when replies are not read.
    pub reply_to: Option<&'a Address>,
}

/// One band's activity in this edition.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// The band.
    pub band: &'a Band,
    /// Its activity.
    pub activity: &'a Activity,
    /// The title of the theme that the activity is from, when it is not the edition's.
    pub from_theme: Option<&'a str>,
}

/// An edition, with all that its digests need.
#[derive(Debug, Clone)]
pub struct Issue<'a> {
    /// Who sends it.
    pub service: ServiceFacts<'a>,
    /// Its number.
    pub edition: EditionNumber,
    /// The local date on which it goes out.
    pub date: NaiveDate,
    /// What its activities have in common.
    pub theme: &'a Theme,
    /// One card per band of the edition, in the bands' order.
    pub cards: Vec<Card<'a>>,
    /// The notices to show on this date.
    pub notices: Vec<&'a Notice>,
    /// Whom to turn to.
    pub help: &'a Help,
}

/// `text` as it must stand in HTML.
pub fn escape(text: &str) -> String {
    escape::html(text)
}
