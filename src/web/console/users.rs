//! `/users`: who may use the console; added, changed and removed by an admin.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::answer;
use super::ask::{Choice, Field, Question, Seen, asks, decides, only};
use super::asking::{Asked, Asking, Refusal};
use super::caller::Caller;
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

const HERE: &str = "/users";

#[derive(Debug, Serialize)]
struct UsersView {
    users: Vec<UserView>,
    roles: Vec<Choice>,
    add_url: String,
    /// Stands for who is in the list.
    seen: String,
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
    const ADMIN: Permission = Permission::ManageUsers;
    Router::new()
        .route(HERE, only(ADMIN, get(list)).merge(decides(ADMIN, look, |_| HERE.to_owned(), add)))
        .route("/users/{id}/role", asks(ADMIN, HERE, ask_role, change_role))
        .route("/users/{id}/reset", asks(ADMIN, HERE, ask_reset, reset))
        .route("/users/{id}/remove", asks(ADMIN, HERE, ask_remove, remove))
}

async fn list(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let users = match parts.users().list().await {
        Ok(users) => users,
        Err(error) => return answer::failed(&parts, &caller, &error, "/"),
    };
    let view = UsersView {
        seen: seen(&users).value().to_owned(),
        users: users.iter().map(|user| UserView::new(&parts, &caller, user)).collect(),
        roles: roles(Role::Viewer),
        add_url: caller.link(HERE),
    };
    let shell = Shell::new(&parts, &caller, "Users", HERE).saying(console.said().take(&caller));
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

/// Who may use the console, as it's shown beside the form.
async fn look(asking: Asked) -> Result<(Seen, ()), Refusal> {
    let users = asking.parts.users().list().await.map_err(asking.failed(HERE))?;
    Ok((seen(&users), ()))
}

fn seen(users: &[UserRow]) -> Seen {
    Seen::of(&users.iter().map(seen_of).collect::<Vec<_>>())
}

/// What is decided about a user: not when they were last at the console.
fn seen_of(user: &UserRow) -> Seen {
    Seen::of(&(user.id, user.address.to_string(), &user.name, user.role, user.signs_in, user.codes))
}

async fn add(asking: Asked, (): ()) -> Result<Response, Refusal> {
    let address = asking.form.text("address").parse::<Address>();
    let address =
        address.map_err(|_| asking.wrong("That isn't an email address. Write it like anna@example.org.", HERE))?;
    let role = role(&asking)?;
    let name = Some(asking.form.text("name")).filter(|name| !name.is_empty());
    if name.is_some_and(|name| check_line(name).is_err()) {
        return Err(asking.wrong("Write the name in one line of plain text.", HERE));
    }
    match asking.parts.users().add(address, name.map(str::to_owned), role).await.map_err(failed(&asking))? {
        AddResult::Added(user, link) => Ok(link_page(&asking, words::added(&user), &link)),
        AddResult::Changed(before, after) => Ok(asking.decided(vec![words::changed(&before, &after)], HERE)),
    }
}

/// The role that was chosen.
fn role(asking: &Asking) -> Result<Role, Refusal> {
    asking.form.text("role").parse().map_err(|_| asking.wrong("Choose one of the roles.", HERE))
}

/// The link stands on this page alone, and is gone with it.
fn link_page(asking: &Asking, said: String, link: &UserLink) -> Response {
    let (parts, caller) = (&asking.parts, &asking.caller);
    let view = LinkView { said, explained: words::LINK, link: link.url.clone(), back_url: caller.link(HERE) };
    answer::page("user-link.html", &Shell::new(parts, caller, "A link to pass on", HERE), &view)
}

fn failed(asking: &Asking) -> impl Fn(AppError) -> Refusal {
    move |error| match &error {
        AppError::Users(why) => asking.conflict(&messages::sentence::sentence(&words::refused_plainly(why)), HERE),
        _ => asking.failed(HERE)(error),
    }
}

/// The user whom the path names.
async fn user(asking: &Asking) -> Result<UserRow, Refusal> {
    asking.parts.users().user(UserId(asking.number("id")?)).await.map_err(failed(asking))
}

async fn ask_role(asking: Asked) -> Result<(Question, UserRow), Refusal> {
    let user = user(&asking).await?;
    let role = Field { name: "role", label: "Role", options: roles(user.role), ..Field::default() };
    let question = Question {
        title: format!("Another role for {}?", user.name),
        facts: vec!["It takes effect with their next click.".to_owned()],
        fields: vec![role],
        button: "Change the role".to_owned(),
        action: format!("/users/{}/role", user.id.0),
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question.with(seen_of(&user)), user))
}

async fn change_role(asking: Asked, before: UserRow) -> Result<Response, Refusal> {
    let role = role(&asking)?;
    asking.parts.users().change_role(before.id, role).await.map_err(failed(&asking))?;
    let after = UserRow { role, ..before.clone() };
    Ok(asking.decided(vec![words::changed(&before, &after)], HERE))
}

async fn ask_reset(asking: Asked) -> Result<(Question, UserRow), Refusal> {
    let user = user(&asking).await?;
    let question = Question {
        title: format!("A new link for {}?", user.name),
        facts: vec![
            "They are signed out everywhere, and their password, codes or organisation's account no longer get them in."
                .to_owned(),
            "You get a link for them. It is good once and for 24 hours.".to_owned(),
        ],
        button: "Make a new link".to_owned(),
        action: format!("/users/{}/reset", user.id.0),
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question.with(seen_of(&user)), user))
}

async fn reset(asking: Asked, user: UserRow) -> Result<Response, Refusal> {
    let link = asking.parts.users().reset(user.id).await.map_err(failed(&asking))?;
    Ok(link_page(&asking, words::reset(&user), &link))
}

async fn ask_remove(asking: Asked) -> Result<(Question, UserRow), Refusal> {
    let user = user(&asking).await?;
    let question = Question {
        title: format!("Remove {}?", user.name),
        facts: vec![
            "They are signed out everywhere at once, and can't sign in any more.".to_owned(),
            "Their name stays in the log beside what they decided.".to_owned(),
        ],
        button: format!("Remove {}", user.name),
        is_danger: true,
        action: format!("/users/{}/remove", user.id.0),
        back_url: HERE.to_owned(),
        ..Question::default()
    };
    Ok((question.with(seen_of(&user)), user))
}

async fn remove(asking: Asked, user: UserRow) -> Result<Response, Refusal> {
    let users = asking.parts.users();
    users.remove(user.id).await.map_err(failed(&asking))?;
    let are_others = users.any().await.map_err(failed(&asking))?;
    Ok(asking.decided(vec![words::removed(&user, are_others)], HERE))
}
