//! A bulletin as the store holds it.

use chrono::{DateTime, NaiveDate, Utc};

use super::audience::Audience;
use super::id::BulletinId;
use super::text::{Bulletin, BulletinName};
use crate::domain::edition::{Edition, EditionState, HoldReason, Selection, ThemeReason};
use crate::domain::fingerprint::{Fingerprint, TextPart};

/// A bulletin about which someone has decided something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinRecord {
    pub id: BulletinId,
    pub name: BulletinName,
    /// How far it has come. A bulletin goes the way of an edition, and by the same rules, but no calendar moves it: it is due
    /// when someone sends it, and has neither theme nor picks.
    pub course: Edition,
    /// What a person approved of, as long as the approval stands.
    pub approved: Option<Fingerprint>,
    /// Once it is being sent.
    pub published: Option<PublishedBulletin>,
    /// When someone withdrew it in the middle of its sending. That is never taken back, whatever becomes of its mails.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// A bulletin as it went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedBulletin {
    pub text: Bulletin,
    /// Whom it was for.
    pub audience: Audience,
    /// Someone said that it may go out beside an edition.
    pub beside_edition: bool,
}

impl BulletinRecord {
    /// One about which nobody has decided anything; it was first heard of at this moment, which is on this date.
    pub fn planned(id: BulletinId, name: BulletinName, at: DateTime<Utc>, date: NaiveDate) -> Self {
        let selection = Selection {
            theme: String::new(),
            theme_reason: ThemeReason::NothingEligible,
            theme_fingerprint: Fingerprint::default(),
            picks: Vec::new(),
        };
        let course = Edition::planned(id.mailing(), date, at, selection);
        Self { id, name, course, approved: None, published: None, withdrawn_at: None }
    }

    /// Once it is withdrawn it stays so, while what is left of it is given up and afterwards.
    pub fn state(&self) -> EditionState {
        if self.withdrawn_at.is_some() { EditionState::Withdrawn } else { self.course.state }
    }

    /// Why it is held, if it is.
    pub fn hold_reason(&self) -> Option<&HoldReason> {
        self.course.hold_reason()
    }

    /// How it stands if its file says this now: an approval was of what the file said then.
    pub fn state_as(&self, text: &Bulletin) -> EditionState {
        match self.state() {
            EditionState::Approved if !self.is_approved_as(text) => EditionState::Planned,
            state => state,
        }
    }

    /// Whether a person approved of exactly this.
    pub fn is_approved_as(&self, text: &Bulletin) -> bool {
        self.course.approved_at.is_some() && self.approved.as_ref() == Some(&text.fingerprint())
    }

    /// What was edited since it was approved.
    pub fn edited(&self, text: &Bulletin) -> Vec<TextPart> {
        let approved = self.approved.as_ref().filter(|_| self.course.approved_at.is_some());
        approved.map(|approved| approved.changed(&text.fingerprint())).unwrap_or_default()
    }
}
