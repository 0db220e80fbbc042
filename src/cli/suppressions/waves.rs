//! `suppressions confirm|dismiss` and `list --wave`: so many bounces at once that a person decides about them.

use std::process::ExitCode;

use chrono::SecondsFormat;
use clap::Args;
use serde_json::json;

use crate::app::AppContext;
use crate::app::waves::Waves;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::cli::table::Column;
use crate::domain::audit::OPERATOR;
use crate::domain::subscription::wave::WaveId;
use crate::messages::waves;

#[derive(Debug, Args)]
pub(in crate::cli) struct Settle {
    /// The wave, as `status` names it
    #[arg(value_name = "ID")]
    wave: u64,
}

impl Settle {
    pub(super) async fn confirm(self, context: &Context) -> Result<ExitCode, Failure> {
        let settled = Waves::new(&context.open().await?).confirm(WaveId(self.wave), OPERATOR).await?;
        out::line(&waves::confirmed(&settled));
        Ok(ExitCode::SUCCESS)
    }

    pub(super) async fn dismiss(self, context: &Context) -> Result<ExitCode, Failure> {
        let settled = Waves::new(&context.open().await?).dismiss(WaveId(self.wave), OPERATOR).await?;
        out::line(&waves::dismissed(&settled));
        Ok(ExitCode::SUCCESS)
    }
}

const COLUMNS: &[Column<'_>] = &[
    Column::Text("Address"),
    Column::Text("Subscriber"),
    Column::Text("Status"),
    Column::Text("Mail server"),
    Column::Text("Since"),
];

/// Shows the bounces of a wave.
pub(super) async fn list(app: &AppContext, wave: WaveId, json: bool) -> Result<ExitCode, Failure> {
    let bounces = Waves::new(app).bounces(wave).await?;
    let moment = |at: chrono::DateTime<chrono::Utc>| {
        at.with_timezone(&app.config.schedule.timezone).to_rfc3339_opts(SecondsFormat::Secs, false)
    };
    if json {
        let rows = bounces.iter().map(|one| {
            json!({
                "address": one.address, "subscriber": one.subscriber, "status": one.status, "server": one.server,
                "at": moment(one.at)
            })
        });
        out::json(&rows.collect::<Vec<_>>());
    } else if bounces.is_empty() && out::is_watched() {
        out::line("No mailbox of this wave is known any more.");
    } else {
        let rows = bounces.iter().map(|one| {
            let (status, server) = (one.status.clone().unwrap_or_default(), one.server.clone().unwrap_or_default());
            vec![one.address.to_string(), one.subscriber.clone(), status, server, out::moment(one.at, &app.config)]
        });
        out::table(COLUMNS, rows.collect());
    }
    Ok(ExitCode::SUCCESS)
}
