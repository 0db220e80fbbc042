//! `/users`: who may use the console; added, changed and removed by an admin.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::answer;
use super::ask::{Choice, Field, Question, only};
use super::caller::Caller;
use super::form::Form;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::users::{AddResult, UserLink, UserRow};
use crate::domain::address::Address;
use crate::domain::text::check_line;
use crate::domain::text::dates;
use crate::domain::user::{Permission, Role, UserId};
use crate::messages;
use crate::messages::users as words;

#[derive(Debug, Serialize)]
struct UsersView {
    users: Vec<UserView>,
    roles: Vec<Choice>,
    add_url: String,
}

#[derive(Debug, Serialize)]
struct UserView {
    name: String,
    address: String,
    role: &'static str,
    signs_in: &'static str,
    seen: String,
    change_url: String,
    reset_url: String,
    remove_url: String,
}

/// A link that is shown once, to be passed on.
#[derive(Debug, Serialize)]
struct LinkView {
    said: String,
    explained: &'static str,
    link: String,
    back_url: String,
}

pub(super) fn routes() -> Router<Console> {
    let admin = |handlers| only(Permission::ManageUsers, handlers);
    Router::new()
        .route("/users", admin(get(list).post(add)))
        .route("/users/{id}/role", admin(get(ask_role).post(change_role)))
        .route("/users/{id}/reset", admin(get(ask_reset).post(reset)))
        .route("/users/{id}/remove", admin(get(ask_remove).post(remove)))
}

async fn list(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let users = match parts.users().list().await {
        Ok(users) => users,
        Err(error) => return answer::failed(&parts, &caller, &error, "/"),
    };
    let view = UsersView {
        users: users.iter().map(|user| UserView::new(&parts, &caller, user)).collect(),
        roles: roles(Role::Viewer),
        add_url: caller.link("/users"),
    };
    let shell = Shell::new(&parts, &caller, "Users", "/users").saying(console.said().take(&caller));
    answer::page("users.html", &shell, &view)
}

impl UserView {
    fn new(parts: &ConsoleParts, caller: &Caller, user: &UserRow) -> Self {
        let url = |what: &str| caller.link(&format!("/users/{}/{what}", user.id.0));
        Self {
            name: user.name.clone(),
            address: user.address.to_string(),
            role: user.role.as_str(),
            signs_in: words::signs_in(user),
            seen: user.seen.map(|seen| dates::local_moment(&parts.context.local(seen))).unwrap_or_default(),
            change_url: url("role"),
            reset_url: url("reset"),
            remove_url: url("remove"),
        }
    }
}

/// What each role may do, to choose from.
fn roles(chosen: Role) -> Vec<Choice> {
    let label = |role| match role {
        Role::Viewer => "Viewer: looks at everything, but sees no whole address",
        Role::Editor => "Editor: also sees whole addresses",
        Role::Approver => "Approver: also decides what goes out",
        Role::Admin => "Admin: also looks after subscribers and users",
    };
    let choice =
        |role: &Role| Choice { value: role.to_string(), label: label(*role).to_owned(), chosen: *role == chosen };
    Role::ALL.iter().map(choice).collect()
}

async fn add(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let parts = console.parts();
    let wrong = |why: &str| answer::refusal(&parts, &caller, StatusCode::UNPROCESSABLE_ENTITY, why, "/users");
    let Ok(address) = form.text("address").parse::<Address>() else {
        return wrong("That isn't an email address. Write it like anna@example.org.");
    };
    let Ok(role) = form.text("role").parse::<Role>() else { return wrong("Choose one of the roles.") };
    let name = Some(form.text("name")).filter(|name| !name.is_empty());
    if name.is_some_and(|name| check_line(name).is_err()) {
        return wrong("Write the name in one line of plain text.");
    }
    match parts.users().add(address, name.map(str::to_owned), role).await {
        Ok(AddResult::Added(user, link)) => link_page(&parts, &caller, words::added(&user), &link),
        Ok(AddResult::Changed(before, after)) => {
            answer::decided(&console, &caller, vec![words::changed(&before, &after)], "/users")
        }
        Err(error) => failed(&parts, &caller, &error),
    }
}

/// The link stands on this page alone, and is gone with it.
fn link_page(parts: &ConsoleParts, caller: &Caller, said: String, link: &UserLink) -> Response {
    let view = LinkView { said, explained: words::LINK, link: link.url.clone(), back_url: caller.link("/users") };
    answer::page("user-link.html", &Shell::new(parts, caller, "A link to pass on", "/users"), &view)
}

fn failed(parts: &ConsoleParts, caller: &Caller, error: &AppError) -> Response {
    let AppError::Users(why) = error else { return answer::failed(parts, caller, error, "/users") };
    let why = messages::console::sentence(&words::refused_plainly(why));
    answer::refusal(parts, caller, StatusCode::CONFLICT, &why, "/users")
}

async fn user(parts: &ConsoleParts, caller: &Caller, id: u64) -> Result<UserRow, Box<Response>> {
    parts.users().user(UserId(id)).await.map_err(|error| Box::new(failed(parts, caller, &error)))
}

async fn ask_role(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let role = Field { name: "role", label: "Role", options: roles(user.role), ..Field::default() };
    let question = Question {
        title: format!("Another role for {}?", user.name),
        facts: vec!["It takes effect with their next click.".to_owned()],
        fields: vec![role],
        button: "Change the role".to_owned(),
        action: format!("/users/{id}/role"),
        back_url: "/users".to_owned(),
        ..Question::default()
    };
    question.page(&parts, &caller, "/users")
}

async fn change_role(State(console): State<Console>, caller: Caller, Path(id): Path<u64>, form: Form) -> Response {
    let parts = console.parts();
    let Ok(role) = form.text("role").parse::<Role>() else {
        return answer::refusal(
            &parts,
            &caller,
            StatusCode::UNPROCESSABLE_ENTITY,
            "Choose one of the roles.",
            "/users",
        );
    };
    let before = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.users().change_role(before.id, role).await {
        Ok(_) => {
            let after = UserRow { role, ..before.clone() };
            answer::decided(&console, &caller, vec![words::changed(&before, &after)], "/users")
        }
        Err(error) => failed(&parts, &caller, &error),
    }
}

async fn ask_reset(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let question = Question {
        title: format!("A new link for {}?", user.name),
        facts: vec![
            "They are signed out everywhere, and their password, their codes or their sign-on no longer count."
                .to_owned(),
            "You get a link for them. It is good once and for 24 hours.".to_owned(),
        ],
        button: "Make a new link".to_owned(),
        action: format!("/users/{id}/reset"),
        back_url: "/users".to_owned(),
        ..Question::default()
    };
    question.page(&parts, &caller, "/users")
}

async fn reset(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    match parts.users().reset(user.id).await {
        Ok(link) => link_page(&parts, &caller, words::reset(&user), &link),
        Err(error) => failed(&parts, &caller, &error),
    }
}

async fn ask_remove(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let question = Question {
        title: format!("Remove {}?", user.name),
        facts: vec![
            "They are signed out everywhere at once, and can't sign in any more.".to_owned(),
            "Their name stays in the log beside what they decided.".to_owned(),
        ],
        button: format!("Remove {}", user.name),
        is_danger: true,
        action: format!("/users/{id}/remove"),
        back_url: "/users".to_owned(),
        ..Question::default()
    };
    question.page(&parts, &caller, "/users")
}

async fn remove(State(console): State<Console>, caller: Caller, Path(id): Path<u64>) -> Response {
    let parts = console.parts();
    let user = match user(&parts, &caller, id).await {
        Ok(user) => user,
        Err(refusal) => return *refusal,
    };
    let removed = async {
        parts.users().remove(user.id).await?;
        parts.users().any().await
    };
    match removed.await {
        Ok(are_others) => answer::decided(&console, &caller, vec![words::removed(&user, are_others)], "/users"),
        Err(error) => failed(&parts, &caller, &error),
    }
}
