//! Who asks, and about what: what a question is made from, when it is asked and again when it is answered.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::answer;
use super::caller::Caller;
use super::form::Form;
use super::parts::ConsoleParts;
use super::query::parameter;
use super::state::Console;
use crate::app::AppError;

/// The page that says why not.
pub(super) struct Refusal(Box<Response>);

impl From<Response> for Refusal {
    fn from(page: Response) -> Self {
        Self(Box::new(page))
    }
}

impl Refusal {
    pub(super) fn page(self) -> Response {
        *self.0
    }
}

/// A request for a question, or with the answer to one.
pub(super) struct Asking {
    pub(super) console: Console,
    pub(super) parts: ConsoleParts,
    pub(super) caller: Caller,
    /// What was posted; nothing when the question is only asked.
    pub(super) form: Form,
    /// Our path with its query: where the question stands.
    pub(super) here: String,
    named: Vec<(String, String)>,
    query: Option<String>,
}

impl Asking {
    /// What stands at this place of the path.
    pub(super) fn named(&self, place: &str) -> &str {
        self.named.iter().find(|(name, _)| name == place).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The number at this place of the path.
    ///
    /// # Errors
    /// Where something else stands there.
    pub(super) fn number<T: FromStr>(&self, place: &str) -> Result<T, Refusal> {
        let nothing = |_| self.missing("There's no page at this address. Use the menu at the top, or go back.");
        self.named(place).parse().map_err(nothing)
    }

    pub(super) fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// A parameter of the query; empty when it is not there.
    pub(super) fn parameter(&self, name: &str) -> String {
        parameter(self.query(), name)
    }

    pub(super) fn missing(&self, why: &str) -> Refusal {
        answer::missing(&self.parts, &self.caller, why).into()
    }

    pub(super) fn conflict(&self, why: &str, back: &str) -> Refusal {
        self.refused(StatusCode::CONFLICT, why, back)
    }

    /// What was filled in is not what it has to be.
    pub(super) fn wrong(&self, why: &str, back: &str) -> Refusal {
        self.refused(StatusCode::UNPROCESSABLE_ENTITY, why, back)
    }

    pub(super) fn refused(&self, status: StatusCode, why: &str, back: &str) -> Refusal {
        answer::refusal(&self.parts, &self.caller, status, why, back).into()
    }

    /// Turns a use case's error into its page.
    pub(super) fn failed<'a>(&'a self, back: &'a str) -> impl Fn(AppError) -> Refusal + 'a {
        move |error| answer::failed(&self.parts, &self.caller, &error, back).into()
    }

    /// What came of the decision, said on the next page.
    pub(super) fn decided(&self, sentences: Vec<String>, path: &str) -> Response {
        answer::decided(&self.console, &self.caller, sentences, path)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = StatusCode;

    async fn from_request_parts(head: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let caller = Caller::from_request_parts(head, &()).await?;
        let console = head.extensions.get::<Console>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let named = RawPathParams::from_request_parts(head, &()).await.map_err(|_| StatusCode::NOT_FOUND)?;
        Ok(Self {
            parts: console.parts(),
            console,
            caller,
            form: head.extensions.get::<Form>().cloned().unwrap_or_default(),
            here: head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            named: named.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            query: head.uri.query().map(str::to_owned),
        })
    }
}

/// As the handlers get it: it is needed twice, for the question and for the decision.
pub(super) type Asked = Arc<Asking>;
