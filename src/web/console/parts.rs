//! What the console's pages work with: the use cases as they are at the moment of a request.

use std::sync::Arc;

use super::caller::Person;
use super::edition::KeptReports;
use super::first_visit::FirstVisits;
use super::live::Live;
use super::shell::Said;
use super::uploads::Uploads;
use crate::app::attention::BrokenFiles;
use crate::app::decisions::Decisions;
use crate::app::metrics::MetricsCollector;
use crate::app::planner::{PlanRow, Planner};
use crate::app::privacy::Privacy;
use crate::app::readiness::Readiness;
use crate::app::reporter::Reporter;
use crate::app::sign_in::SignIn;
use crate::app::subscriber::Subscriber;
use crate::app::unsubscriber::Unsubscriber;
use crate::app::users::Users;
use crate::app::{AppContext, AppError, Content, Loaded};
use crate::config::Config;
use crate::domain::edition::EditionNumber;

/// The parts, from one reading of the files.
#[derive(Clone)]
pub struct ConsoleParts {
    pub context: AppContext,
    pub loaded: Loaded,
    /// The files were changed since, and are wrong.
    pub broken: Option<BrokenFiles>,
}

impl ConsoleParts {
    pub(super) fn config(&self) -> &Config {
        &self.context.config
    }

    /// Library and templates; none while they have errors.
    pub(super) fn content(&self) -> Option<&Content> {
        match &self.loaded {
            Loaded::Whole(content) => Some(content),
            Loaded::WithoutContent(_) => None,
        }
    }

    pub(super) fn reporter(&self) -> Reporter {
        Reporter::new(&self.context, self.loaded.clone()).with_broken_files(self.broken)
    }

    pub(super) fn decisions(&self) -> Decisions {
        Decisions::new(&self.context, self.content())
    }

    pub(super) fn planner(&self) -> Option<Planner> {
        self.content().map(|content| Planner::new(&self.context, content))
    }

    /// A fortnight as the calendar has it. While the library has errors, only what is in the store is known.
    pub(super) async fn row(&self, number: EditionNumber) -> Result<PlanRow, AppError> {
        match self.planner() {
            Some(planner) => planner.plan_of(number, self.context.clock.now()).await,
            None => self.reporter().row_of(number).await,
        }
    }

    /// Whether anybody may sign in.
    pub(super) async fn has_users(&self) -> Result<bool, AppError> {
        self.users().any().await
    }

    /// Who has this session.
    pub(super) async fn person(&self, session: &str) -> Result<Option<Person>, AppError> {
        let visitor = self.sign_in().visitor(session).await?;
        Ok(visitor.map(|visitor| Person { user: Some(visitor.user), name: visitor.name, role: visitor.role }))
    }

    pub(super) fn sign_in(&self) -> SignIn {
        SignIn::new(&self.context)
    }

    pub(super) fn users(&self) -> Users {
        Users::new(&self.context)
    }

    pub(super) fn readiness(&self) -> Readiness {
        Readiness::new(self.reporter(), self.context.clock, self.config().service.operator_notice)
    }

    pub(super) fn subscriber(&self) -> Subscriber {
        Subscriber::new(&self.context)
    }

    pub(super) fn unsubscriber(&self) -> Unsubscriber {
        Unsubscriber::new(&self.context)
    }

    pub(super) fn privacy(&self) -> Privacy {
        Privacy::new(&self.context)
    }

    pub(super) fn metrics(&self) -> MetricsCollector {
        MetricsCollector::new(&self.context, self.readiness())
    }
}

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
    kept: KeptReports,
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
            kept: KeptReports::default(),
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

    /// What was found out about all mails of an edition.
    pub(super) fn kept(&self) -> &KeptReports {
        &self.0.kept
    }

    /// What is to be said on somebody's next page.
    pub(super) fn said(&self) -> &Said {
        &self.0.said
    }
}
