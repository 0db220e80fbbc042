//! What the templates see: plain, typed fields, none of them ever missing.
//!
//! A text that does not exist is empty, a list that does not exist has no items, so `{{#if}}` and strict mode agree.
//! Fields ending in `_prose` are ready-made: HTML in `digest.mjml.hbs` (write them `{{{…}}}`), wrapped lines in
//! `digest.txt.hbs`. Everything else is escaped by `{{…}}`.

use serde::Serialize;

use super::palette::{Accent, Look};
use super::wording::Wording;

#[derive(Debug, Serialize)]
pub(super) struct View {
    /// Language tag (RFC 5646).
    pub(super) lang: &'static str,
    pub(super) subject: String,
    /// The line that mail programs show beside the subject.
    pub(super) preheader: String,
    pub(super) edition: u32,
    /// `Monday 30 November 2026`.
    pub(super) date: String,
    /// `ages 4 to 10`.
    pub(super) bands: String,
    /// The web view of this edition for these bands; no token.
    pub(super) web_url: String,
    pub(super) service: ServiceView,
    pub(super) theme: ThemeView,
    pub(super) cards: Vec<CardView>,
    pub(super) notices: Vec<NoticeView>,
    pub(super) share: ShareView,
    pub(super) help: HelpView,
    pub(super) words: Wording,
    pub(super) look: Look,
}

#[derive(Debug, Serialize)]
pub(super) struct ServiceView {
    pub(super) name: String,
    pub(super) postal_address: String,
    pub(super) base_url: String,
    /// Empty when replies are not read.
    pub(super) reply_to: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ThemeView {
    pub(super) title: String,
    pub(super) strand: String,
    pub(super) opening_prose: String,
    /// Headings inside are of level 3.
    pub(super) article_prose: String,
}

#[derive(Debug, Serialize)]
pub(super) struct CardView {
    /// `Ages 4 to 5`.
    pub(super) age: String,
    pub(super) title: String,
    /// `15 minutes`.
    pub(super) time: String,
    /// `no screen needed`, or that one is.
    pub(super) screen: String,
    /// `paper, pencils`; empty when nothing is needed.
    pub(super) needs: String,
    pub(super) summary: String,
    /// A note for the adult; empty when none is due.
    pub(super) care: String,
    /// The title of another theme that it is from; else empty.
    pub(super) from_theme: String,
    /// Headings inside the four parts are of level 4.
    pub(super) get_ready_prose: String,
    pub(super) do_it_prose: String,
    pub(super) talk_prose: String,
    pub(super) worries_prose: String,
    pub(super) resources: Vec<ResourceView>,
    /// The web view of this activity.
    pub(super) url: String,
    pub(super) accent: Accent,
}

#[derive(Debug, Serialize)]
pub(super) struct ResourceView {
    pub(super) title: String,
    pub(super) url: String,
    pub(super) publisher: String,
}

#[derive(Debug, Serialize)]
pub(super) struct NoticeView {
    pub(super) title: String,
    /// Headings inside are of level 4.
    pub(super) body_prose: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ShareView {
    /// One line for an app, with the link.
    pub(super) line: String,
    /// About 60 words for a newsletter, with the link.
    pub(super) paragraph: String,
}

#[derive(Debug, Serialize)]
pub(super) struct HelpView {
    pub(super) title: String,
    pub(super) intro: String,
    pub(super) entries: Vec<HelpEntryView>,
}

#[derive(Debug, Serialize)]
pub(super) struct HelpEntryView {
    pub(super) when: String,
    pub(super) who: String,
    /// One line, its numbers linked in HTML; empty when there is none.
    pub(super) what_prose: String,
    /// As written; empty when there is none.
    pub(super) phone: String,
    /// The digits for a `tel:` link.
    pub(super) phone_digits: String,
    pub(super) email: String,
    pub(super) url: String,
    pub(super) link_text: String,
}
