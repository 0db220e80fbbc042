//! `/calendar`: the school year as a grid, with its fortnights, pauses, bank holidays, campaigns and notices; what moved, and why.

mod days;
mod months;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use chrono::{Datelike as _, NaiveDate};
use serde::Serialize;

use self::months::Month;
use super::answer;
use super::caller::Caller;
use super::parts::{Console, ConsoleParts};
use super::query::parameter;
use super::shell::Shell;
use crate::app::AppError;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::calendar::Fortnight;
use crate::domain::edition::EditionNumber;

/// The month in which a school year begins.
const SEPTEMBER: u32 = 9;

#[derive(Debug, Serialize)]
struct CalendarView {
    year: String,
    before_url: String,
    after_url: String,
    months: Vec<Month>,
    /// Whether some of it is not planned yet, so that it may change.
    has_projected: bool,
}

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/calendar", get(calendar))
}

async fn calendar(State(console): State<Console>, caller: Caller, RawQuery(query): RawQuery) -> Response {
    let parts = console.parts();
    let today = parts.context.local(parts.context.clock.now()).date_naive();
    let asked = parameter(query.as_deref(), "year").parse().ok().filter(|year| (1900..2200).contains(year));
    let year = asked.unwrap_or(school_year(today));
    match view(&parts, &caller, year, today).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Calendar", "/calendar").saying(console.said().take(&caller));
            answer::page("calendar.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

/// The year in which the school year of a day began.
fn school_year(day: NaiveDate) -> i32 {
    if day.month() < SEPTEMBER { day.year() - 1 } else { day.year() }
}

async fn view(parts: &ConsoleParts, caller: &Caller, year: i32, today: NaiveDate) -> Result<CalendarView, AppError> {
    let rows = rows(parts, year, today).await?;
    let url = |year: i32| caller.link(&format!("/calendar?year={year}"));
    Ok(CalendarView {
        year: format!("{year}/{:02}", (year + 1) % 100),
        before_url: url(year - 1),
        after_url: url(year + 1),
        has_projected: rows.iter().any(|row| row.state == PlanState::Projected),
        months: months::of(parts, caller, (year, today), &rows),
    })
}

/// The fortnights of a school year: what is in the store, and from now on what the calendar and the library come to.
async fn rows(parts: &ConsoleParts, year: i32, today: NaiveDate) -> Result<Vec<PlanRow>, AppError> {
    let (zone, now) = (parts.config().schedule.timezone, parts.context.clock.now());
    let is_in = |day: NaiveDate| school_year(day) == year;
    let editions = parts.reporter().editions().await?;
    let mut rows: Vec<PlanRow> = editions.iter().map(|edition| PlanRow::of(edition, zone)).collect();
    rows.retain(|row| is_in(row.date));
    if year >= school_year(today)
        && let Some(planner) = parts.planner()
    {
        let ahead = fortnights_until(parts, year, today);
        let planned = planner.plan(now, ahead).await?.into_iter().filter(|row| is_in(row.date));
        for row in planned {
            rows.retain(|known| known.edition != row.edition);
            rows.push(row);
        }
    }
    rows.sort_by_key(|row| row.edition);
    Ok(rows)
}

/// How many fortnights lie between now and the end of a school year: at most ten years of them.
fn fortnights_until(parts: &ConsoleParts, year: i32, today: NaiveDate) -> u32 {
    let end = NaiveDate::from_ymd_opt(year + 1, SEPTEMBER, 1).unwrap_or(NaiveDate::MAX);
    let days = (end - today).num_days().clamp(0, 3_650);
    let before_the_first = match parts.config().schedule.fortnight(EditionNumber(1)) {
        Fortnight::Sends { date, .. } | Fortnight::Paused { date, .. } => (date - today).num_days().clamp(0, 3_650),
    };
    u32::try_from((days - before_the_first).max(0) / 14 + 2).unwrap_or(1)
}
