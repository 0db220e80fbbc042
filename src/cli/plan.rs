//! `plan`: the calendar.

mod explain;
mod say;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::out;
use super::table::Column;
use crate::app::planner::{PlanRow, Planner};
use crate::messages;

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// How many fortnights, starting with the one that contains now
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=260))]
    fortnights: u32,
    /// Show it as a calendar by months, with closed days, and why each theme and activity was picked
    #[arg(long)]
    explain: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

const COLUMNS: &[Column<'_>] = &[
    Column::Number("Edition"),
    Column::Text("Date"),
    Column::Text("State"),
    Column::Text("Theme"),
    Column::Note("Activities"),
];

impl Plan {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let (app, content) = context.open_whole_copy().await?;
        let (planner, now, config) = (Planner::new(&app, &content), app.clock.now(), Arc::clone(&app.config));
        planner.follow_edits(now).await?;
        let rows = planner.plan(now, self.fortnights).await?;
        // On a shared store others wait for what it has changed.
        drop((app, planner));
        if self.json {
            out::json(&rows.iter().map(messages::plan::json).collect::<Vec<_>>());
        } else if self.explain {
            for line in explain::calendar(&config, &content, &rows) {
                out::line(&line);
            }
        } else {
            out::table(COLUMNS, rows.iter().map(cells).collect());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(row: &PlanRow) -> Vec<String> {
    let mut details = say::notes(row);
    details.extend(row.picks().iter().map(|pick| format!("{}: {}", pick.band, pick.title)));
    let date = row.date.format("%a %-d %b %Y").to_string();
    let theme = row.theme().unwrap_or_default().to_owned();
    vec![row.edition.to_string(), date, row.state.as_str().to_owned(), theme, details.join("\n")]
}
