//! An operator's decisions about an edition. Each asks once, with what it will do in numbers, and then does it.

mod activity;
mod facts;
mod list_in_config;
mod read;
mod swap;
mod whole_store;

use axum::Router;
use axum::response::Response;

use self::facts::Facts;
use super::ask::{Question, asks};
use super::asking::{Asked, Refusal};
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::AppError;
use crate::app::decisions::Decided;
use crate::app::planner::PlanRow;
use crate::domain::edition::EditionNumber;
use crate::domain::text::check_line;
use crate::domain::user::Permission;
use crate::messages;

pub(super) use self::activity::{reinstate_path, withdraw_path};
pub(super) use self::read::Read;

/// The page in the bar that editions belong to.
const SECTION: &str = "/calendar";

pub(super) fn routes() -> Router<Console> {
    let mut routes = Router::new();
    for what in What::ALL {
        let ask = move |asking| asked(what, asking);
        let decide = move |asking, seen| decided(what, asking, seen);
        let path = format!("/editions/{{number}}/{}", what.word());
        routes = routes.route(&path, asks(Permission::Decide, SECTION, ask, decide));
    }
    routes
        .route("/editions/{number}/swap", asks(Permission::Decide, SECTION, swap::ask, swap::decide))
        .route("/library/{theme}/{name}/withdraw", asks(Permission::Decide, SECTION, activity::ask, activity::decide))
        .route(
            "/library/{theme}/{name}/reinstate",
            asks(Permission::Decide, SECTION, activity::ask_back, activity::bring_back),
        )
        .route("/sync", asks(Permission::ManageSubscribers, "/", list_in_config::ask, list_in_config::decide))
        .route("/release", asks(Permission::Decide, "/", whole_store::ask, whole_store::decide))
}

/// What can be decided with one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Approve,
    Hold,
    Release,
    Withdraw,
    /// Takes a withdrawal back.
    Reinstate,
    /// Lets a late edition go, or one that was held for something that has been put right.
    SendLate,
}

impl What {
    const ALL: [Self; 6] = [Self::Approve, Self::Hold, Self::Release, Self::Withdraw, Self::Reinstate, Self::SendLate];

    /// The last part of its path.
    fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Withdraw => "withdraw",
            Self::Reinstate => "reinstate",
            Self::SendLate => "send-late",
        }
    }

    /// Whoever wants that is let, whatever has changed since they looked.
    fn stops_something(self) -> bool {
        matches!(self, Self::Hold | Self::Withdraw)
    }

    fn question(self, facts: &Facts, read: &str) -> Question {
        let asked = match self {
            Self::Approve => facts.approve(read),
            Self::Hold => facts.hold(),
            Self::Release => facts.release(),
            Self::Withdraw => facts.withdraw(),
            Self::Reinstate => facts.reinstate(),
            Self::SendLate => facts.send_late(),
        };
        let number = facts.row.edition;
        let (action, back_url) = (format!("/editions/{number}/{}", self.word()), format!("/editions/{number}"));
        let question = Question { action, back_url, ..asked };
        if self.stops_something() { question.stops_something() } else { question.about(&facts.seen()) }
    }
}

async fn asked(what: What, asking: Asked) -> Result<(Question, PlanRow), Refusal> {
    let number = EditionNumber(asking.number("number")?);
    let facts = Facts::read(&asking.parts, number).await.map_err(asking.failed("/"))?;
    Ok((what.question(&facts, &asking.parameter(read::PARAMETER)), facts.row))
}

async fn decided(what: What, asking: Asked, seen: PlanRow) -> Result<Response, Refusal> {
    let number = seen.edition;
    let path = format!("/editions/{number}");
    let reason = Some(asking.form.text("reason")).filter(|why| !why.is_empty());
    if what == What::Hold && reason.is_some_and(|why| check_line(why).is_err()) {
        let why = "Write the reason in one line of plain text, of at most 200 characters.";
        return Err(asking.wrong(why, &asking.here));
    }
    let said = match decide(what, &asking.parts, seen, reason).await.map_err(asking.failed(&path))? {
        Some(decided) => messages::console::decided(&decided, &asking.parts.context.local(decided.edition.due_at)),
        None => vec![format!("Edition {number} goes out within a minute.")],
    };
    Ok(asking.decided(said, &path))
}

/// None where a late edition goes out, of which there's nothing more to say.
async fn decide(
    what: What,
    parts: &ConsoleParts,
    seen: PlanRow,
    reason: Option<&str>,
) -> Result<Option<Decided>, AppError> {
    let (number, decisions) = (seen.edition, parts.decisions());
    let decisions = if what.stops_something() { decisions } else { decisions.while_as(seen) };
    Ok(Some(match what {
        What::Approve => decisions.approve(number).await?,
        What::Release => decisions.release(number).await?,
        What::Withdraw => decisions.withdraw(number).await?,
        What::Reinstate => decisions.reinstate(number).await?,
        What::Hold => decisions.hold(number, reason).await?,
        What::SendLate => {
            decisions.approve_late(number).await?;
            return Ok(None);
        }
    }))
}
