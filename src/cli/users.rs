//! `users`: who may use the console.

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::{Args, Subcommand};
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::bootstrap;
use crate::app::users::{AddResult, SignsIn, UserLink, UserRow, Users as UserDesk};
use crate::domain::address::Address;
use crate::domain::text::check_line;
use crate::domain::user::Role;
use crate::messages::users;

#[derive(Debug, Subcommand)]
pub(super) enum Users {
    /// Everyone who may use the console, with their role
    List(List),
    /// Add someone, or change the role or name of someone who is there
    ///
    /// A viewer looks. An editor also sees whole addresses. An approver also approves, swaps, holds, releases,
    /// withdraws and sends. An admin also looks after subscribers and users.
    Add(Add),
    /// Remove someone: they are signed out everywhere at once
    Remove(Named),
    /// Give someone a new link, because they forgot their password or lost their phone: the way they signed in before no longer
    /// works
    Reset(Named),
}

impl Users {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        match self {
            Self::List(command) => command.run(context).await,
            Self::Add(command) => command.run(context).await,
            Self::Remove(command) => command.remove(context).await,
            Self::Reset(command) => command.reset(context).await,
        }
    }
}

const COLUMNS: &[Column] = &[
    Column::Text("Name"),
    Column::Text("Address"),
    Column::Text("Role"),
    Column::Text("Signs in"),
    Column::Text("Last seen"),
];

#[derive(Debug, Args)]
pub(super) struct List {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl List {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = bootstrap::open_copy_undated(context.config()?, context.clock).await?;
        let list = UserDesk::new(&app).list().await?;
        let moment = |at: chrono::DateTime<chrono::Utc>| {
            at.with_timezone(&app.config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
        };
        if self.json {
            let rows = list.iter().map(|user| {
                json!({
                    "user": user.id, "address": user.address, "name": user.name, "role": user.role,
                    "signs_in": word(user.signs_in), "codes": user.codes, "created": moment(user.created),
                    "last_seen": user.seen.map(moment)
                })
            });
            out::json(&rows.collect::<Vec<_>>());
        } else if list.is_empty() && out::is_watched() {
            out::line("There are no users: `fortnightly users add ADDRESS --role admin` adds the first.");
        } else {
            let cells = |user: &UserRow| {
                let seen = user.seen.map(|seen| app.local(seen).format("%-d %b %Y %H:%M").to_string());
                let signs_in = users::signs_in(user).to_owned();
                vec![
                    user.name.clone(),
                    user.address.to_string(),
                    user.role.to_string(),
                    signs_in,
                    seen.unwrap_or_default(),
                ]
            };
            out::table(COLUMNS, list.iter().map(cells).collect());
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The word in JSON; null where they never did.
fn word(signs_in: SignsIn) -> Option<&'static str> {
    match signs_in {
        SignsIn::NotYet => None,
        SignsIn::Password => Some("password"),
        SignsIn::SignOn => Some("sign-on"),
    }
}

#[derive(Debug, Args)]
pub(super) struct Add {
    /// The address that they sign in with
    address: Address,
    /// What they may do: viewer, editor, approver or admin
    #[arg(long)]
    role: Role,
    /// What the log calls them; left out, the part of the address before the @
    #[arg(long, value_parser = name)]
    name: Option<String>,
}

impl Add {
    async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = bootstrap::open_undated(context.config()?, context.clock).await?;
        match UserDesk::new(&app).add(self.address, self.name, self.role).await? {
            AddResult::Added(user, link) => {
                out::line(&users::added(&user));
                print(&link);
            }
            AddResult::Changed(before, after) => out::line(&users::changed(&before, &after)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Named {
    /// The user's address
    address: Address,
}

impl Named {
    async fn remove(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = bootstrap::open_undated(context.config()?, context.clock).await?;
        let desk = UserDesk::new(&app);
        let user = desk.at(&self.address).await?;
        desk.remove(user.id).await?;
        out::line(&users::removed(&user, desk.any().await?));
        Ok(ExitCode::SUCCESS)
    }

    async fn reset(self, context: &Context) -> Result<ExitCode, Failure> {
        let app = bootstrap::open_undated(context.config()?, context.clock).await?;
        let desk = UserDesk::new(&app);
        let user = desk.at(&self.address).await?;
        let link = desk.reset(user.id).await?;
        out::line(&users::reset(&user));
        print(&link);
        Ok(ExitCode::SUCCESS)
    }
}

/// The link on a line of its own, where a program finds it.
fn print(link: &UserLink) {
    out::line(users::LINK);
    out::line(&link.url);
}

fn name(text: &str) -> Result<String, String> {
    check_line(text).map(|()| text.trim().to_owned()).map_err(|error| format!("the name {error}"))
}
