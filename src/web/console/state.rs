//! The state of every handler: the use cases as they are now, and what is remembered between requests.

use std::sync::Arc;

use super::edition::kept::KeptReports;
use super::figures::Live;
use super::first_visits::FirstVisits;
use super::library::typed::TypedTexts;
use super::parts::ConsoleParts;
use super::report::kept::KeptYears;
use super::said::Said;
use super::uploads::Uploads;
use crate::app::writing::overview::KeptLook;

/// How a console is opened while it has no users: one link, good once, printed where the program was started.
#[derive(Debug, Clone)]
pub struct Opening {
    token: String,
}

impl Opening {
    /// A new link's token.
    pub fn new(token: String) -> Self {
        Self { token }
    }

    /// The link's path.
    pub fn path(&self) -> String {
        format!("/sign-in/first/{}", self.token)
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

/// The state of every handler.
#[derive(Clone)]
pub(super) struct Console(Arc<Inner>);

struct Inner {
    current: Box<dyn Fn() -> ConsoleParts + Send + Sync>,
    first: FirstVisits,
    said: Said,
    live: Live,
    uploads: Uploads,
    typed: TypedTexts,
    look: KeptLook,
    kept: KeptReports,
    years: KeptYears,
}

impl Console {
    pub(super) fn new(opening: &Opening, current: impl Fn() -> ConsoleParts + Send + Sync + 'static) -> Self {
        let first = FirstVisits::new(opening.token());
        Self(Arc::new(Inner {
            current: Box::new(current),
            first,
            said: Said::default(),
            live: Live::default(),
            uploads: Uploads::default(),
            typed: TypedTexts::default(),
            look: KeptLook::default(),
            kept: KeptReports::default(),
            years: KeptYears::default(),
        }))
    }

    /// The use cases as they are now.
    pub(super) fn parts(&self) -> ConsoleParts {
        (self.0.current)()
    }

    /// Who came by the link that is printed while there are no users.
    pub(super) fn first_visits(&self) -> &FirstVisits {
        &self.0.first
    }

    pub(super) fn live(&self) -> &Live {
        &self.0.live
    }

    /// Files that were looked at and wait for a yes.
    pub(super) fn uploads(&self) -> &Uploads {
        &self.0.uploads
    }

    /// What was found in the library when it was looked at last.
    pub(super) fn look(&self) -> &KeptLook {
        &self.0.look
    }

    /// How texts look that someone is writing.
    pub(super) fn typed(&self) -> &TypedTexts {
        &self.0.typed
    }

    /// What was found out about all mails of an edition.
    pub(super) fn kept(&self) -> &KeptReports {
        &self.0.kept
    }

    /// Reports of a moment ago.
    pub(super) fn years(&self) -> &KeptYears {
        &self.0.years
    }

    /// What is to be said on someone's next page.
    pub(super) fn said(&self) -> &Said {
        &self.0.said
    }
}
