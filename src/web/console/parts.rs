//! What the console's pages work with: the use cases as they are at the moment of a request.

use std::sync::Arc;

use tokio::sync::Notify;

use super::caller::Person;
use crate::app::attention::BrokenFiles;
use crate::app::decisions::error::DecisionError;
use crate::app::decisions::{Decisions, REACH};
use crate::app::metrics::MetricsCollector;
use crate::app::planner::{PlanRow, Planner};
use crate::app::privacy::Privacy;
use crate::app::readiness::Readiness;
use crate::app::reporter::Reporter;
use crate::app::sign_in::SignIn;
use crate::app::subscriber::Subscriber;
use crate::app::unsubscriber::Unsubscriber;
use crate::app::users::Users;
use crate::app::writing::Writing;
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
    /// Told after each decision, so that the daemon of this process looks at once.
    pub decided: Arc<Notify>,
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
        let current = self.config().schedule.fortnight_at(self.context.clock.now());
        let last = EditionNumber(current.0.saturating_add(REACH));
        if number.0 == 0 {
            return Err(AppError::NoEdition(number));
        }
        // Each fortnight up to there is worked out.
        if number > last {
            return Err(DecisionError::TooFarAhead { number, last }.into());
        }
        match self.planner() {
            Some(planner) => planner.plan_of(number, self.context.clock.now()).await,
            None => self.reporter().row_of(number).await,
        }
    }

    /// Whether anyone may sign in.
    pub(super) async fn has_users(&self) -> Result<bool, AppError> {
        self.users().any().await
    }

    /// Who has this session.
    pub(super) async fn person(&self, session: &str) -> Result<Option<Person>, AppError> {
        let visitor = self.sign_in().visitor(session).await?;
        Ok(visitor.map(|visitor| Person { user: Some(visitor.user), name: visitor.name, role: visitor.role }))
    }

    /// The library's texts as they lie in its folder now.
    pub(super) fn writing(&self) -> Writing {
        Writing::new(&self.context, self.content())
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
