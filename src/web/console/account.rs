//! `/account`: where someone is signed in, and the codes that are asked for beside their password.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::answer;
use super::ask::{only, posts};
use super::caller::Caller;
use super::entrance::Origin;
use super::form::Form;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::sign_in::CodeOffer;
use crate::app::users::SignsIn;
use crate::domain::text::dates;
use crate::domain::user::bearer::TokenHash;
use crate::domain::user::session::Session;
use crate::domain::user::{Permission, UserId};
use crate::messages;

#[derive(Debug, Serialize)]
struct AccountView {
    address: String,
    sessions: Vec<SessionView>,
    /// Whether codes are asked for.
    has_codes: bool,
    has_password: bool,
    /// Whether they sign in with the organisation's account instead.
    has_sign_on: bool,
    end_url: String,
    end_all_url: String,
    codes_url: String,
}

#[derive(Debug, Serialize)]
struct SessionView {
    begun: String,
    seen: String,
    network: String,
    is_this: bool,
    id: String,
}

#[derive(Serialize)]
struct CodesView {
    problem: String,
    secret: String,
    url: String,
    action: String,
    back_url: String,
}

pub(super) fn routes() -> Router<Console> {
    let own = |handlers| only(Permission::Look, handlers);
    Router::new()
        .route("/account", own(get(account)))
        .route("/account/end", posts(Permission::Look, end))
        .route("/account/end-all", posts(Permission::Look, end_all))
        .route("/account/codes", own(get(offer)).merge(posts(Permission::Look, confirm)))
        .route("/account/codes/remove", posts(Permission::Look, remove))
}

/// Whoever came by the first link has no account.
fn user(parts: &ConsoleParts, caller: &Caller) -> Result<UserId, Box<Response>> {
    let none = || Box::new(answer::missing(parts, caller, "You have no account yet: add yourself under Users."));
    caller.person.user.ok_or_else(none)
}

async fn account(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match view(&parts, &caller, user).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Your account", "").saying(console.said().take(&caller));
            answer::page("account.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, user: UserId) -> Result<AccountView, AppError> {
    let row = parts.users().user(user).await?;
    let this = TokenHash::of(caller.session());
    let at = |at| dates::local_moment(&parts.context.local(at));
    let session = |session: &Session| SessionView {
        begun: at(session.begun),
        seen: at(session.seen),
        network: session.network.clone(),
        is_this: session.token == this,
        id: session.token.to_string(),
    };
    Ok(AccountView {
        address: row.address.to_string(),
        has_codes: row.codes,
        has_password: row.signs_in == SignsIn::Password,
        has_sign_on: row.signs_in == SignsIn::SignOn,
        sessions: parts.sign_in().sessions(user).await?.iter().map(session).collect(),
        end_url: caller.link("/account/end"),
        end_all_url: caller.link("/account/end-all"),
        codes_url: caller.link("/account/codes"),
    })
}

async fn end(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let Ok(session) = form.text("session").parse::<TokenHash>() else {
        return answer::missing(&parts, &caller, "That session is over already.");
    };
    match parts.sign_in().end_session(user, session).await {
        Ok(true) => answer::decided(&console, &caller, vec!["That browser is signed out.".to_owned()], "/account"),
        Ok(false) => answer::decided(&console, &caller, vec!["That session was over already.".to_owned()], "/account"),
        Err(error) => answer::failed(&parts, &caller, &error, "/account"),
    }
}

async fn end_all(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.sign_in().end_all(user, Some(TokenHash::of(caller.session()))).await {
        Ok(()) => {
            let said = "You're signed out everywhere but here.".to_owned();
            answer::decided(&console, &caller, vec![said], "/account")
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/account"),
    }
}

/// A new secret for the user's app; nothing is kept of it until they show that their app has it.
async fn offer(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.sign_in().begin_totp(user).await {
        Ok(offer) => codes_page(&parts, &caller, StatusCode::OK, String::new(), offer),
        Err(error) => answer::failed(&parts, &caller, &error, "/account"),
    }
}

fn codes_page(
    parts: &ConsoleParts,
    caller: &Caller,
    status: StatusCode,
    problem: String,
    offer: CodeOffer,
) -> Response {
    let (action, back_url) = (caller.link("/account/codes"), caller.link("/account"));
    let view = CodesView { problem, secret: offer.secret, url: offer.url, action, back_url };
    answer::with_status(status, "codes.html", &Shell::new(parts, caller, "Codes from an app", ""), &view)
}

async fn confirm(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.sign_in().confirm_totp(user, form.text("secret"), form.text("code")).await {
        Ok(()) => {
            let said = "From now on you need a code from your app as well when you sign in.".to_owned();
            answer::decided(&console, &caller, vec![said], "/account")
        }
        Err(AppError::SignIn(why)) => {
            let problem = messages::sentence::sentence(&messages::users::not_let_in(why));
            let offer = CodeOffer { secret: form.text("secret").to_owned(), url: form.text("url").to_owned() };
            codes_page(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, problem, offer)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/account"),
    }
}

async fn remove(State(console): State<Console>, caller: Caller, Origin(from): Origin, form: Form) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller) {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.sign_in().remove_totp(user, form.text("code"), from).await {
        Ok(()) => answer::decided(&console, &caller, vec!["No code is asked for any more.".to_owned()], "/account"),
        Err(AppError::SignIn(why)) => {
            let why = messages::sentence::sentence(&messages::users::not_let_in(why));
            answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, &why, "/account")
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/account"),
    }
}
