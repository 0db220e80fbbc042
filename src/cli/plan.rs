//! `plan`: the calendar.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::{Context, out};
use crate::service::planning::PlanRow;

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// How many fortnights, starting with the one that contains now
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=260))]
    fortnights: u32,
    /// Say why each theme and activity was picked
    #[arg(long)]
    explain: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Plan {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let service = context.open_copy().await?;
        let rows = service.plan(service.clock.now(), self.fortnights).await?;
        if self.json {
            out::json(&rows);
        } else if self.explain {
            rows.iter().for_each(explain);
        } else {
            let header = ["Edition", "Date", "State", "Theme", "Activities"];
            out::table(&header, rows.iter().map(cells).collect());
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(row: &PlanRow) -> Vec<String> {
    let activities: Vec<String> = row.activities.iter().map(|pick| format!("{}: {}", pick.band, pick.title)).collect();
    let detail = row.reason.clone().unwrap_or_else(|| activities.join(if out::is_watched() { "\n" } else { "; " }));
    let date = row.date.format("%a %-d %b %Y").to_string();
    vec![row.edition.to_string(), date, row.state.to_owned(), row.theme.clone().unwrap_or_default(), detail]
}

fn explain(row: &PlanRow) {
    let when = row.due_at.format("%A %-d %B %Y, %H:%M (%:z)");
    out::line(&format!("Edition {} · {when} · {}", row.edition, row.state));
    if let Some(reason) = &row.reason {
        out::line(&format!("  {reason}"));
    }
    if let Some(shifted) = &row.shifted {
        out::line(&format!("  Moved: {shifted}"));
    }
    if let Some(theme) = &row.theme {
        out::line(&format!("  Theme {theme}: {}", row.selection.as_ref().map_or("", |s| s.theme_reason.as_str())));
    }
    for pick in &row.activities {
        out::line(&format!("  {:>6}  {} ({}): {}", pick.band, pick.title, pick.id, pick.reason));
    }
    out::line("");
}
