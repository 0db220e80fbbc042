//! The one question before something is changed: what it will do, in numbers, and the two ways on.

use std::sync::Arc;

use axum::extract::{Extension, Request};
use axum::handler::Handler;
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::answer;
use super::asking::{Asked, Asking, Refusal};
use super::caller::Caller;
use super::form::Form;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::acting::as_person;
use crate::domain::user::Permission;

/// A question and what is known about the answer.
#[derive(Debug, Default, Serialize)]
pub(super) struct Question {
    /// The question itself.
    pub(super) title: String,
    /// What must be known first.
    pub(super) warnings: Vec<String>,
    /// What it will do, a sentence each.
    pub(super) facts: Vec<String>,
    pub(super) fields: Vec<Field>,
    pub(super) hidden: Vec<Hidden>,
    /// What the button says: the decision itself, never “OK”.
    pub(super) button: String,
    /// Whether it cannot be taken back.
    pub(super) is_danger: bool,
    /// The path that is posted to, and the one that “No” leads to.
    pub(super) action: String,
    pub(super) back_url: String,
    #[serde(skip)]
    /// What stands in its form for what was shown: by default, for all that it says.
    pub(super) seen: Option<Seen>,
}

/// Something to fill in.
#[derive(Debug, Default, Serialize)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    /// `text`, `email` and so on.
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// What to choose from; free text where there is nothing.
    pub(super) options: Vec<Choice>,
}

#[derive(Debug, Serialize)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Hidden {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl Question {
    /// Remembers in the form what was shown, so that nobody decides about something that has changed since. By default, that is
    /// all that the question says.
    pub(super) fn about(self, what: &impl std::fmt::Debug) -> Self {
        self.with(Seen::of(what))
    }

    pub(super) fn with(self, seen: Seen) -> Self {
        Self { seen: Some(seen), ..self }
    }

    /// It stops something: whoever wants that must not be kept from it because something else changed.
    pub(super) fn stops_something(self) -> Self {
        self.with(Seen::Whatever)
    }

    fn seen(&self) -> Seen {
        self.seen.clone().unwrap_or_else(|| Seen::of(self))
    }

    /// The page. Its paths are our own, without what a proxy adds before them.
    pub(super) fn page(mut self, parts: &ConsoleParts, caller: &Caller, section: &str) -> Response {
        self.hidden.push(self.seen().hidden());
        (self.action, self.back_url) = (caller.link(&self.action), caller.link(&self.back_url));
        answer::page("ask.html", &Shell::new(parts, caller, &self.title, section), &self)
    }
}

/// What is shown of very much, taken in piece by piece.
#[derive(Debug, Default)]
pub(super) struct Looking(Sha256);

impl Looking {
    /// One more piece; an address as its text, as in [`Seen::of`].
    pub(super) fn note(&mut self, what: &impl std::fmt::Debug) {
        let piece = format!("{what:?}");
        self.0.update(piece.len().to_be_bytes());
        self.0.update(piece);
    }

    pub(super) fn seen(self) -> Seen {
        Seen::Digest(HEXLOWER.encode(&self.0.finalize()[..16]))
    }
}

/// What stands in a form for what was shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    Digest(String),
    /// The decision stands whatever has changed.
    Whatever,
}

impl Seen {
    /// What stands for this. The `Debug` of an address says nothing, so an address is given as its text.
    pub(super) fn of(what: &impl std::fmt::Debug) -> Self {
        Self::Digest(HEXLOWER.encode(&Sha256::digest(format!("{what:?}"))[..16]))
    }

    /// The form's field.
    pub(super) fn hidden(&self) -> Hidden {
        Hidden { name: "seen", value: self.value().to_owned() }
    }

    pub(super) fn value(&self) -> &str {
        match self {
            Self::Digest(digest) => digest,
            Self::Whatever => "",
        }
    }

    fn is_in(&self, form: &Form) -> bool {
        *self == Self::Whatever || form.value("seen") == Some(self.value())
    }
}

/// A question at this path, and the decision. What the question was made from is found again when it is answered, and given to
/// `decide` only if it is still what was shown. `section` is the page in the bar that it belongs to.
pub(super) fn asks<T, Ask, Asks, Decide, Decides>(
    permission: Permission,
    section: &'static str,
    ask: Ask,
    decide: Decide,
) -> MethodRouter<Console>
where
    T: Send + 'static,
    Ask: Fn(Asked) -> Asks + Clone + Send + Sync + 'static,
    Asks: Future<Output = Result<(Question, T), Refusal>> + Send + 'static,
    Decide: Fn(Asked, T) -> Decides + Clone + Send + Sync + 'static,
    Decides: Future<Output = Result<Response, Refusal>> + Send + 'static,
{
    let asked = ask.clone();
    let page = async move |asking: Asking| {
        let asking = Arc::new(asking);
        match ask(Arc::clone(&asking)).await {
            Ok((question, _)) => question.page(&asking.parts, &asking.caller, section),
            Err(refusal) => refusal.page(),
        }
    };
    let look = move |asking| {
        let asked = asked(asking);
        async { asked.await.map(|(question, found)| (question.seen(), found)) }
    };
    decides(permission, look, |asking| asking.here.clone(), decide).merge(only(permission, get(page)))
}

/// A decision by a form that stands on a page of its own, `page`: there, the form carries what `look` says.
pub(super) fn decides<T, Look, Looks, Decide, Decides>(
    permission: Permission,
    look: Look,
    page: fn(&Asking) -> String,
    decide: Decide,
) -> MethodRouter<Console>
where
    T: Send + 'static,
    Look: Fn(Asked) -> Looks + Clone + Send + Sync + 'static,
    Looks: Future<Output = Result<(Seen, T), Refusal>> + Send + 'static,
    Decide: Fn(Asked, T) -> Decides + Clone + Send + Sync + 'static,
    Decides: Future<Output = Result<Response, Refusal>> + Send + 'static,
{
    let changed = move |asking: Asked, _: T| {
        std::future::ready(answer::changed_meanwhile(&asking.parts, &asking.caller, &page(&asking)))
    };
    decides_or(permission, look, changed, decide)
}

/// As [`decides`]; where what was shown has changed, `changed` answers with a page on which what was filled in isn't lost.
pub(super) fn decides_or<T, Look, Looks, Change, Changes, Decide, Decides>(
    permission: Permission,
    look: Look,
    changed: Change,
    decide: Decide,
) -> MethodRouter<Console>
where
    T: Send + 'static,
    Look: Fn(Asked) -> Looks + Clone + Send + Sync + 'static,
    Looks: Future<Output = Result<(Seen, T), Refusal>> + Send + 'static,
    Change: Fn(Asked, T) -> Changes + Clone + Send + Sync + 'static,
    Changes: Future<Output = Response> + Send + 'static,
    Decide: Fn(Asked, T) -> Decides + Clone + Send + Sync + 'static,
    Decides: Future<Output = Result<Response, Refusal>> + Send + 'static,
{
    let answer = async move |asking: Asking| {
        let asking = Arc::new(asking);
        let decided = async {
            let (seen, found) = look(Arc::clone(&asking)).await?;
            if !seen.is_in(&asking.form) {
                return Err(changed(Arc::clone(&asking), found).await.into());
            }
            let decided = to_its_end(&asking.caller, decide(Arc::clone(&asking), found)).await;
            asking.parts.decided.notify_one();
            Ok(decided)
        };
        decided.await.and_then(|decided| decided).unwrap_or_else(Refusal::page)
    };
    only(permission, post(answer))
}

/// Carries a decision out, also when its sender's connection ends meanwhile: some are made in parts, and would stop after any of them.
async fn to_its_end<T: Send + 'static>(caller: &Caller, decision: impl Future<Output = T> + Send + 'static) -> T {
    let person = caller.audited();
    let task = tokio::spawn(async move { as_person(Some(&person), decision).await });
    match task.await {
        Ok(decided) => decided,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program ends, and takes whoever waits along.
            Err(_) => std::future::pending().await,
        },
    }
}

/// A form that decides nothing that could change in between: it searches for something, or is about its sender's own account.
pub(super) fn posts<H: Handler<T, Console>, T: 'static>(permission: Permission, handler: H) -> MethodRouter<Console> {
    only(permission, post(handler))
}

/// These handlers, for those who may do that. Others are told so, and it is logged.
pub(super) fn only(permission: Permission, handlers: MethodRouter<Console>) -> MethodRouter<Console> {
    handlers.route_layer(from_fn(
        move |caller: Caller, Extension(console): Extension<Console>, request: Request, next: Next| async move {
            if caller.may(permission) {
                return next.run(request).await;
            }
            let (user, path) = (caller.person.user.map(|user| user.0), request.uri().path().to_owned());
            tracing::warn!(user, path, ?permission, "refused: the user's role does not allow it");
            let why = "Your role doesn't include this. An admin can change that under Users.";
            answer::refusal(&console.parts(), &caller, StatusCode::FORBIDDEN, why, "/")
        },
    ))
}
