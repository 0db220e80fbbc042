//! `/log`: who did what, and when; the newest first.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use serde::Serialize;

use super::answer;
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::query::parameter;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::domain::audit::{AuditNumber, AuditRecord};
use crate::domain::text::dates;
use crate::messages;

/// Lines on a page.
const PAGE: u32 = 50;

#[derive(Debug, Serialize)]
struct LogView {
    lines: Vec<Line>,
    /// Where older lines are; empty at the end.
    older_url: String,
    /// Whether these are not the newest.
    newest_url: String,
}

#[derive(Debug, Serialize)]
struct Line {
    when: String,
    who: String,
    what: String,
    detail: String,
    /// The page of what it is about; empty where it has none.
    url: String,
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/log", get(log))
}

async fn log(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let before = parameter(query.as_deref(), "before").parse().ok().map(AuditNumber);
    match view(&parts, &caller, before).await {
        Ok(view) => answer::page("log.html", &Shell::new(&parts, &caller, "Log", "/log"), &view),
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(parts: &ConsoleParts, caller: &Caller, before: Option<AuditNumber>) -> Result<LogView, AppError> {
    let records = parts.reporter().decisions_before(before, PAGE).await?;
    let last = records.last().filter(|_| records.len() == PAGE as usize).map(|(number, _)| number.0);
    Ok(LogView {
        lines: records.iter().map(|(_, record)| Line::new(parts, caller, record)).collect(),
        older_url: last.map(|number| caller.link(&format!("/log?before={number}"))).unwrap_or_default(),
        newest_url: before.map(|_| caller.link("/log")).unwrap_or_default(),
    })
}

impl Line {
    fn new(parts: &ConsoleParts, caller: &Caller, record: &AuditRecord) -> Self {
        let (kind, number) = record.subject.split_once(' ').unwrap_or((&record.subject, ""));
        let page = match kind {
            "edition" => format!("/editions/{number}"),
            "subscriber" => format!("/subscribers/{number}"),
            "mailbox" | "recipient" => format!("/subscribers/mailboxes/{number}"),
            "wave" => format!("/suppressions/waves/{number}"),
            _ => String::new(),
        };
        Self {
            when: dates::local_moment(&parts.context.local(record.at)),
            who: messages::log::who(record),
            what: messages::log::what(record),
            detail: messages::log::detail(record),
            url: if page.is_empty() || number.parse::<u64>().is_err() { String::new() } else { caller.link(&page) },
        }
    }
}
