//! `/calendar`: the school year as a grid, with its fortnights, pauses, bank holidays, campaigns and notices; what moved, and why.

mod days;
mod months;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use serde::Serialize;

use self::months::Month;
use super::answer;
use super::caller::Caller;
use super::parts::ConsoleParts;
use super::query::parameter;
use super::shell::Shell;
use super::state::Console;
use crate::app::AppError;
use crate::app::planner::{PlanRow, PlanState};
use crate::domain::calendar::{Fortnight, SchoolYear};
use crate::domain::edition::EditionNumber;

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
    let year = parameter(query.as_deref(), "year").parse().unwrap_or(SchoolYear::of(today));
    match view(&parts, &caller, year, today).await {
        Ok(view) => {
            let shell = Shell::new(&parts, &caller, "Calendar", "/calendar").saying(console.said().take(&caller));
            answer::page("calendar.html", &shell, &view)
        }
        Err(error) => answer::failed(&parts, &caller, &error, "/"),
    }
}

async fn view(
    parts: &ConsoleParts,
    caller: &Caller,
    year: SchoolYear,
    today: NaiveDate,
) -> Result<CalendarView, AppError> {
    let rows = rows(parts, year, today).await?;
    let url = |year: SchoolYear| caller.link(&format!("/calendar?year={year}"));
    Ok(CalendarView {
        year: year.to_string(),
        before_url: url(year.before()),
        after_url: url(year.after()),
        has_projected: rows.iter().any(|row| row.state == PlanState::Projected),
        months: months::of(parts, caller, (year, today), &rows),
    })
}

/// The fortnights of a school year: what is in the store, and from now on what the calendar and the library come to.
async fn rows(parts: &ConsoleParts, year: SchoolYear, today: NaiveDate) -> Result<Vec<PlanRow>, AppError> {
    let (zone, now) = (parts.config().schedule.timezone, parts.context.clock.now());
    let is_in = |day: NaiveDate| SchoolYear::of(day) == year;
    let editions = parts.reporter().editions().await?;
    let mut rows: Vec<PlanRow> = editions.iter().map(|edition| PlanRow::of(edition, zone)).collect();
    rows.retain(|row| is_in(row.date));
    if year.days().1 >= today
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
fn fortnights_until(parts: &ConsoleParts, year: SchoolYear, today: NaiveDate) -> u32 {
    let days = (year.days().1 - today).num_days().clamp(0, 3_650);
    let before_the_first = match parts.config().schedule.fortnight(EditionNumber(1)) {
        Fortnight::Sends { date, .. } | Fortnight::Paused { date, .. } => (date - today).num_days().clamp(0, 3_650),
    };
    u32::try_from((days - before_the_first).max(0) / 14 + 2).unwrap_or(1)
}
