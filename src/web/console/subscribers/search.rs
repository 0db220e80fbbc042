//! Finds subscribers by name, address, register number or domain. What is looked for is posted: an address in a URL would stand
//! in logs and histories.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::view::{self, HERE, Organisation};
use crate::app::AppError;
use crate::app::subscriber::Known;
use crate::domain::address::Address;
use crate::domain::name_query::NameQuery;
use crate::domain::subscriber::SubscriberRecord;
use crate::messages::mailbox::kept_out;
use crate::web::console::answer;
use crate::web::console::caller::Caller;
use crate::web::console::form::Form;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::shell::Shell;
use crate::web::console::state::Console;

/// How many are shown.
const MOST: usize = 50;

/// How much of what is typed is looked for, in characters.
const LONGEST: usize = 200;

/// What was found.
enum Found {
    /// Just one thing, and this is its page.
    One(String),
    Some {
        records: Vec<SubscriberRecord>,
        more: bool,
    },
    /// Nothing was found, and what is known all the same.
    Nothing(String),
}

#[derive(Debug, Serialize)]
struct Results {
    search_url: String,
    sought: String,
    found: Vec<Organisation>,
    more: bool,
    nothing: String,
}

pub(super) async fn search(State(console): State<Console>, caller: Caller, form: Form) -> Response {
    let (parts, sought) = (console.parts(), form.text("q").chars().take(LONGEST).collect::<String>());
    let (records, more, nothing) = match find(&parts, &sought).await {
        Ok(Found::One(path)) => return answer::go_to(&caller.link(&path)),
        Ok(Found::Some { records, more }) => (records, more, String::new()),
        Ok(Found::Nothing(said)) => (Vec::new(), false, said),
        Err(error) => return answer::failed(&parts, &caller, &error, HERE),
    };
    let found = records.iter().map(|record| Organisation::new(parts.config(), &caller, record)).collect();
    let results = Results { search_url: caller.link("/subscribers/search"), sought, found, more, nothing };
    answer::page("found.html", &Shell::new(&parts, &caller, "Subscribers that were found", HERE), &results)
}

async fn find(parts: &ConsoleParts, sought: &str) -> Result<Found, AppError> {
    let subscriber = parts.subscriber();
    if let Some((local, domain)) = sought.split_once('@') {
        if local.is_empty() {
            return Ok(some(subscriber.find_at(domain, MOST).await?));
        }
        return by_address(parts, sought).await;
    }
    let looks_like_a_domain = sought.contains('.') && !sought.contains(' ');
    if looks_like_a_domain
        && let found @ (Found::Some { .. } | Found::One(_)) = some(subscriber.find_at(sought, MOST).await?)
    {
        return Ok(found);
    }
    match NameQuery::new(sought) {
        Some(query) => Ok(some(subscriber.find(&query, MOST).await?)),
        None => Ok(Found::Nothing("Write a name, an address, a register number or a domain in the box.".to_owned())),
    }
}

/// One subscriber leads to its page, and its only mailbox to that one's.
fn some((records, more): (Vec<SubscriberRecord>, bool)) -> Found {
    match &records[..] {
        [] => Found::Nothing("Nobody was found. Try fewer words, or only their beginnings.".to_owned()),
        [one] => Found::One(match &one.mailboxes[..] {
            [mailbox] => view::mailbox_path(mailbox.recipient),
            _ => view::path(one.id),
        }),
        _ => Found::Some { records, more },
    }
}

async fn by_address(parts: &ConsoleParts, sought: &str) -> Result<Found, AppError> {
    let Ok(address) = sought.parse::<Address>() else {
        return Ok(Found::Nothing("That isn't a whole address. Write it as “office@school.example”.".to_owned()));
    };
    Ok(match parts.subscriber().look_up(&address).await? {
        Known::Mailbox(id, _) => Found::One(view::mailbox_path(id)),
        Known::Suppressed(reason) => {
            Found::Nothing(format!("No subscriber has this address, and it is never mailed. {}", kept_out(reason)))
        }
        Known::Stranger => Found::Nothing("No subscriber has this address.".to_owned()),
    })
}
