//! The one question before something is changed: what it will do, in numbers, and the two ways on.

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::MethodRouter;
use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::answer;
use super::caller::Caller;
use super::form::Form;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
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

#[derive(Debug, Serialize)]
pub(super) struct Hidden {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl Question {
    /// Remembers in the form what was shown, so that nobody decides about something that changed meanwhile.
    pub(super) fn about(mut self, what: &impl std::fmt::Debug) -> Self {
        self.hidden.push(Hidden { name: "seen", value: seen(what) });
        self
    }

    /// The page. Its paths are our own, without what a proxy adds before them.
    pub(super) fn page(mut self, parts: &ConsoleParts, caller: &Caller, here: &str) -> Response {
        (self.action, self.back_url) = (caller.link(&self.action), caller.link(&self.back_url));
        answer::page("ask.html", &Shell::new(parts, caller, &self.title, here), &self)
    }
}

/// What stands for something that was shown.
pub(super) fn seen(what: &impl std::fmt::Debug) -> String {
    HEXLOWER.encode(&Sha256::digest(format!("{what:?}"))[..16])
}

/// Whether this is what was shown when the question was asked.
pub(super) fn is_as_seen(form: &Form, what: &impl std::fmt::Debug) -> bool {
    form.value("seen") == Some(&seen(what))
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
