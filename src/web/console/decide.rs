//! An operator's decisions about an edition. Each asks once, with what it will do in numbers, and then does it.

mod facts;
mod swap;
mod whole_store;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use self::facts::Facts;
use super::answer;
use super::ask::{Question, is_as_seen, only};
use super::caller::Caller;
use super::form::Form;
use super::parts::ConsoleParts;
use super::state::Console;
use crate::app::AppError;
use crate::app::decisions::Decided;
use crate::domain::edition::EditionNumber;
use crate::domain::text::check_line;
use crate::domain::user::Permission;
use crate::messages;

pub(super) fn routes() -> Router<Console> {
    let mut routes = Router::new();
    for what in What::ALL {
        let ask = async move |State(console): State<Console>, caller: Caller, Path(number): Path<u32>| {
            asked(what, &console, &caller, EditionNumber(number)).await
        };
        let decide =
            async move |State(console): State<Console>, caller: Caller, Path(number): Path<u32>, form: Form| {
                decided(what, &console, &caller, EditionNumber(number), &form).await
            };
        let path = format!("/editions/{{number}}/{}", what.word());
        routes = routes.route(&path, only(Permission::Decide, get(ask).post(decide)));
    }
    routes
        .route("/editions/{number}/swap", only(Permission::Decide, get(swap::ask).post(swap::decide)))
        .route("/release", only(Permission::Decide, get(whole_store::ask).post(whole_store::decide)))
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

    fn question(self, facts: &Facts) -> Question {
        let asked = match self {
            Self::Approve => facts.approve(),
            Self::Hold => facts.hold(),
            Self::Release => facts.release(),
            Self::Withdraw => facts.withdraw(),
            Self::Reinstate => facts.reinstate(),
            Self::SendLate => facts.send_late(),
        };
        let number = facts.row.edition;
        let (action, back_url) = (format!("/editions/{number}/{}", self.word()), format!("/editions/{number}"));
        Question { action, back_url, ..asked }.about(&facts.seen())
    }
}

async fn asked(what: What, console: &Console, caller: &Caller, number: EditionNumber) -> Response {
    let parts = console.parts();
    match Facts::read(&parts, number).await {
        Ok(facts) => what.question(&facts).page(&parts, caller, "/calendar"),
        Err(error) => answer::failed(&parts, caller, &error, "/"),
    }
}

async fn decided(what: What, console: &Console, caller: &Caller, number: EditionNumber, form: &Form) -> Response {
    let parts = console.parts();
    let path = format!("/editions/{number}");
    match decide(what, &parts, number, form).await {
        Ok(Answer::Decided(decided)) => {
            let due = parts.context.local(decided.edition.due_at);
            answer::decided(console, caller, messages::console::decided(&decided, &due), &path)
        }
        Ok(Answer::Said(said)) => answer::decided(console, caller, vec![said], &path),
        Ok(Answer::Changed) => answer::changed_meanwhile(&parts, caller, &format!("{path}/{}", what.word())),
        Ok(Answer::NotOneLine) => {
            let why = "Write the reason in one line of plain text, of at most 200 characters.";
            answer::refusal(&parts, caller, StatusCode::UNPROCESSABLE_ENTITY, why, &format!("{path}/{}", what.word()))
        }
        Err(error) => answer::failed(&parts, caller, &error, &path),
    }
}

enum Answer {
    Decided(Box<Decided>),
    Said(String),
    /// The edition is not as it was shown.
    Changed,
    NotOneLine,
}

async fn decide(what: What, parts: &ConsoleParts, number: EditionNumber, form: &Form) -> Result<Answer, AppError> {
    let decisions = parts.decisions();
    // Whoever wants to stop something must not be kept from it because something else changed.
    let must_be_as_seen = !matches!(what, What::Hold | What::Withdraw);
    if must_be_as_seen && !is_as_seen(form, &Facts::read(parts, number).await?.seen()) {
        return Ok(Answer::Changed);
    }
    let decided = match what {
        What::Approve => decisions.approve(number).await?,
        What::Release => decisions.release(number).await?,
        What::Withdraw => decisions.withdraw(number).await?,
        What::Reinstate => decisions.reinstate(number).await?,
        What::Hold => {
            let why = Some(form.text("reason")).filter(|why| !why.is_empty());
            if why.is_some_and(|why| check_line(why).is_err()) {
                return Ok(Answer::NotOneLine);
            }
            decisions.hold(number, why).await?
        }
        What::SendLate => {
            decisions.approve_late(number).await?;
            return Ok(Answer::Said(format!("Edition {number} goes out within a minute.")));
        }
    };
    Ok(Answer::Decided(Box::new(decided)))
}
