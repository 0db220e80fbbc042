//! `/bulletins`: bulletins, how they stand, and one of them: how it reads, who gets it, and where its mails stand.

mod copy;
mod decide;
mod order;
mod read;
mod segment;
mod view;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use self::order::{Named, SECTION, ordered, shown_not};
use self::view::BulletinView;
use super::answer;
use super::caller::Caller;
use super::edition_state::StateView;
use super::parts::ConsoleParts;
use super::shell::Shell;
use super::state::Console;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::{BulletinStatus, Bulletins};
use crate::domain::calendar::Approval;
use crate::domain::text::dates::local_moment;
use crate::domain::user::Permission;
use crate::messages::bulletins::people;

/// Where a new bulletin is written.
pub(super) const WRITE: &str = "/library/new?kind=bulletin";

pub(super) fn routes() -> Router<Console> {
    let routes = Router::new()
        .route("/bulletins", get(list))
        .route("/bulletins/{name}", get(bulletin))
        .route("/bulletins/{name}/segments/{segment}", get(segment::segment))
        .route("/bulletins/{name}/segments/{segment}/mail", get(segment::mail));
    copy::routes(decide::routes(routes))
}

impl ConsoleParts {
    pub(super) fn bulletins(&self) -> Bulletins {
        Bulletins::new(&self.context, self.content())
    }
}

#[derive(Debug, Serialize)]
struct ListView {
    bulletins: Vec<Row>,
    has_library: bool,
    /// Where one is begun; empty for those who may not write.
    write_url: String,
}

#[derive(Debug, Serialize)]
struct Row {
    title: String,
    url: String,
    state: StateView,
    /// When it began to be sent, and to how many; or why it isn't.
    note: String,
}

async fn list(State(console): State<Console>, caller: Caller) -> Response {
    let parts = console.parts();
    let mut all = match parts.bulletins().all().await {
        Ok(all) => all,
        Err(error) => return answer::failed(&parts, &caller, &error, "/"),
    };
    // What waits comes first, then what went out, the newest first.
    all.sort_by(|a, b| {
        let begun = |status: &BulletinStatus| status.sent_at;
        begun(a).is_some().cmp(&begun(b).is_some()).then_with(|| begun(b).cmp(&begun(a)))
    });
    let view = ListView {
        bulletins: all.iter().map(|status| row(&parts, &caller, status)).collect(),
        has_library: parts.content().is_some(),
        write_url: if caller.may(Permission::Write) { caller.link(WRITE) } else { String::new() },
    };
    let shell = Shell::new(&parts, &caller, "Bulletins", SECTION).saying(console.said().take(&caller));
    answer::page("bulletins.html", &shell, &view)
}

fn row(parts: &ConsoleParts, caller: &Caller, status: &BulletinStatus) -> Row {
    let sent_at = status.sent_at.map(|at| local_moment(&parts.context.local(at)));
    let is_required = parts.config().schedule.approval == Approval::Required;
    Row {
        title: status.title.clone().unwrap_or_else(|| status.name.to_string()),
        url: caller.link(&format!("/bulletins/{}", status.name)),
        state: StateView::of(status.state, is_required && sent_at.is_none()),
        note: people::note(status, sent_at.as_deref()),
    }
}

async fn bulletin(State(console): State<Console>, caller: Caller, named: Named, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let read = async {
        let order = ordered(&named, query.as_deref())?;
        BulletinView::read(&console, &parts, &caller, &order).await
    };
    let view: Result<BulletinView, BulletinError> = read.await;
    match view {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, view.title(), SECTION).saying(console.said().take(&caller));
            let shell = if view.is_moving() { shell.live("/live") } else { shell };
            answer::page("bulletin.html", &shell, &view)
        }
        Err(error) => shown_not(&parts, &caller, &error),
    }
}
