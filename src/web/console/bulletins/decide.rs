//! What is decided about a bulletin. Each decision asks once, with what it will do in numbers.

use axum::Router;
use axum::response::Response;

use super::order::{SECTION, asked_about, path, shown_not};
use super::read;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::look::BulletinLook;
use crate::app::bulletins::send::{BulletinOrder, BulletinPublished};
use crate::app::sender::Observer;
use crate::domain::text::check_line;
use crate::domain::user::Permission;
use crate::messages::bulletins::people;
use crate::web::console::ask::{Field, Question, asks};
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::state::Console;

pub(super) fn routes(mut routes: Router<Console>) -> Router<Console> {
    for what in What::ALL {
        let ask = move |asking| asked(what, asking);
        let decide = move |asking, seen| decided(what, asking, seen);
        routes = routes
            .route(&format!("/bulletins/{{name}}{}", what.path()), asks(Permission::Decide, SECTION, ask, decide));
    }
    routes
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Approve,
    Send,
    Hold,
    Release,
    Withdraw,
    /// Takes a withdrawal back.
    Reinstate,
}

impl What {
    const ALL: [Self; 6] = [Self::Approve, Self::Send, Self::Hold, Self::Release, Self::Withdraw, Self::Reinstate];

    fn path(self) -> &'static str {
        match self {
            Self::Approve => "/approve",
            Self::Send => "/send",
            Self::Hold => "/hold",
            Self::Release => "/release",
            Self::Withdraw => "/withdraw",
            Self::Reinstate => "/reinstate",
        }
    }

    fn stops_something(self) -> bool {
        matches!(self, Self::Hold | Self::Withdraw)
    }

    /// Whether it lets something go that someone has looked at.
    fn is_of_what_was_read(self) -> bool {
        matches!(self, Self::Approve | Self::Send)
    }

    /// The question, the button, and what it will do.
    fn question(self, look: &BulletinLook, waiting: u64, read: String) -> Question {
        let title = look.text.as_ref().map_or_else(|| look.record.name.to_string(), |text| text.title.clone());
        let (verb, rest, button) = match self {
            Self::Approve => ("Approve", "", "Approve the bulletin"),
            Self::Send => ("Send", " now", "Send the bulletin now"),
            Self::Hold => ("Hold", "", "Hold the bulletin"),
            Self::Release => ("Release", "", "Release the bulletin"),
            Self::Withdraw => ("Withdraw", "", "Withdraw the bulletin"),
            Self::Reinstate => ("Bring", " back", "Bring the bulletin back"),
        };
        let readers = look.segments.as_ref().map(|all| all.iter().map(|segment| segment.recipients).sum());
        let is_published = look.record.published.is_some();
        let facts = match self {
            Self::Approve => people::of_approving(readers),
            Self::Send => people::of_sending(readers.unwrap_or(0), look.readers_of.as_ref()),
            Self::Hold => people::of_holding(is_published, waiting),
            Self::Release => people::of_releasing(is_published, waiting),
            Self::Withdraw => people::of_withdrawing(is_published, waiting),
            Self::Reinstate => vec!["It can be approved and sent again.".to_owned()],
        };
        let beside = look.beside.filter(|_| self == Self::Send).map(people::beside);
        let unread = if self.is_of_what_was_read() { read::since(read, look) } else { None };
        let earlier = look.readers_of.as_ref().filter(|_| self == Self::Send && look.may_follow > 0);
        let may_follow = earlier.map(|mailing| people::may_follow(mailing, look.may_follow));
        let edited = (self == Self::Approve && !look.edited.is_empty()).then(|| people::edited(&look.edited));
        Question {
            title: format!("{verb} “{title}”{rest}?"),
            warnings: beside.into_iter().chain(may_follow).chain(edited).chain(unread).collect(),
            facts,
            button: button.to_owned(),
            is_danger: self.stops_something(),
            ..Question::default()
        }
    }
}

/// What someone decides with, once the question was answered.
struct Seen {
    order: BulletinOrder,
    look: BulletinLook,
}

async fn asked(what: What, asking: Asked) -> Result<(Question, Seen), Refusal> {
    let mut order = asked_about(&asking)?;
    let not_shown = |error: &BulletinError| Refusal::from(shown_not(&asking.parts, &asking.caller, error));
    let look = asking.parts.bulletins().look(&order).await.map_err(|error| not_shown(&error))?;
    if what == What::Send && look.needs_approval {
        return Err(asking.conflict(people::APPROVE_FIRST, &path(&order, "")));
    }
    if what == What::Send && look.record.published.is_none() && look.segments.is_none() {
        return Err(asking.conflict(people::CHOOSE_EDITION, &path(&order, "")));
    }
    let tally = asking.parts.reporter().tally(look.record.id.mailing()).await.map_err(asking.failed(SECTION))?;
    let mut question = what.question(&look, tally.waiting(), asking.parameter(read::PARAMETER));
    (question.action, question.back_url) = (path(&order, what.path()), path(&order, ""));
    if what == What::Hold {
        question.fields = vec![Field {
            name: "reason",
            label: "Why? (optional)",
            hint: "For whoever looks at it later. Please don't name a child or a family.",
            kind: "text",
            ..Field::default()
        }];
    }
    // How many read it may change at any moment; what it says and to whom it goes must not.
    let question = if what.stops_something() {
        question.stops_something()
    } else {
        let (record, beside) = (&look.record, look.beside.map(|beside| beside.edition));
        let whose = (look.readers_of.as_ref().map(ToString::to_string), look.may_follow > 0);
        question.about(&(&look.text, look.state, &record.course.reason, whose, beside))
    };
    (order.beside_edition, order.before_the_last_has_left) = (look.beside.is_some(), look.may_follow > 0);
    Ok((question, Seen { order, look }))
}

async fn decided(what: What, asking: Asked, seen: Seen) -> Result<Response, Refusal> {
    let Seen { order, look } = seen;
    let page = path(&order, "");
    let reason = Some(asking.form.text("reason")).filter(|why| !why.is_empty());
    if what == What::Hold && reason.is_some_and(|why| check_line(why).is_err()) {
        let why = "Write the reason in one line of plain text, of at most 200 characters.";
        return Err(asking.wrong(why, &asking.here));
    }
    let (bulletins, name) = (asking.parts.bulletins(), &order.name);
    let done = match what {
        What::Send => match bulletins.publish(&order, &Silent).await {
            Ok(published) => return Ok(asking.decided(sent(published, &look), &page)),
            Err(error) => Err(error),
        },
        What::Approve => bulletins.approve(name).await,
        What::Hold => bulletins.hold(name, reason).await,
        What::Release => bulletins.release(name).await,
        What::Withdraw => bulletins.withdraw(name).await,
        What::Reinstate => bulletins.reinstate(name).await,
    };
    match done {
        Ok(decided) => Ok(asking.decided(people::decided(&decided), &page)),
        Err(BulletinError::App(error)) => Err(asking.failed(&page)(error)),
        Err(error) => Err(asking.conflict(&people::refusal(&error), &page)),
    }
}

fn sent(published: BulletinPublished, look: &BulletinLook) -> Vec<String> {
    match published {
        BulletinPublished::Sending(_) => {
            let readers = look.segments.iter().flatten().map(|segment| segment.recipients).sum();
            people::goes_out(readers)
        }
        BulletinPublished::Nobody(_) | BulletinPublished::NotWanted => vec![people::NOBODY.to_owned()],
    }
}

/// Nobody is asked anything here: the question was answered before.
struct Silent;

impl Observer for Silent {}
