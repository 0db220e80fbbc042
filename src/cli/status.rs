//! `status`: where everything stands.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::{Context, out};
use crate::app::status::EditionStatus;
use crate::app::{AppError, Service};
use crate::domain::edition::EditionNumber;
use crate::messages;

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Only this edition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    /// Also show who decided what, and when
    #[arg(long)]
    audit: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let (service, broken) = open(context).await?;
        let replaced = match service.material {
            Some(_) => service.planner()?.follow_edits(service.clock.now()).await?,
            None => Vec::new(),
        };
        let mut status = service.status(self.edition.map(EditionNumber)).await?;
        status.attention.extend(replaced.iter().map(messages::plan::replacement));
        status.attention.extend(broken);
        if let (Some(number), true) = (self.edition, status.editions.is_empty()) {
            return Err(AppError::NoEdition(EditionNumber(number)).into());
        }
        let mut audit = if self.audit { service.store.audit().await? } else { Vec::new() };
        for record in &mut audit {
            record.detail = messages::audit::detail(&record.action, &record.subject, &record.detail);
        }
        if self.json {
            let mut value = serde_json::to_value(&status).map_err(anyhow::Error::from)?;
            if self.audit {
                value["audit"] = serde_json::to_value(&audit).map_err(anyhow::Error::from)?;
            }
            out::json(&value);
            return Ok(ExitCode::SUCCESS);
        }
        let header = ["Edition", "State", "Due", "Mails", "Accepted", "Waiting", "Other", "Note"];
        out::table(&header, status.editions.iter().map(cells).collect());
        let counts = status.subscribers;
        out::line(&format!(
            "Subscribers: {} active, {} pending, {} ended. Suppressed addresses: {}.",
            counts.active, counts.pending, counts.ended, status.suppressions
        ));
        let named = service.config.subscribers.len() as u64;
        if counts.active + counts.pending + counts.ended == 0 && named > 0 {
            let entries = out::count(named, "subscriber", "subscribers");
            out::line(&format!(
                "The config names {entries}, not read in yet: `fortnightly sync`, `send` and `run` do that."
            ));
        }
        match (status.next.edition, status.next.due_at) {
            (Some(edition), Some(due_at)) => {
                out::line(&format!("Next: edition {edition} on {}.", due_at.format("%A %-d %B %Y at %H:%M (%:z)")));
            }
            _ => out::line("Next: nothing is planned."),
        }
        for concern in &status.attention {
            out::line(&format!("Needs a person: {concern}"));
        }
        for record in &audit {
            out::line(&format!(
                "{}\t{}\t{}\t{}\t{}",
                record.at.to_rfc3339(),
                record.actor,
                record.action,
                record.subject,
                record.detail
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// With the library where it can be read; a broken one is something that needs a person.
async fn open(context: &Context) -> Result<(Service, Option<String>), Failure> {
    let config = context.config()?;
    match Service::open_copy(config.clone(), context.clock).await {
        Err(AppError::Findings(findings)) => {
            let errors = out::errors(&findings);
            let told = format!(
                "library or templates have {errors}: until they are mended nothing new goes out; run `fortnightly check`"
            );
            Ok((Service::open_bare_copy(config, context.clock).await?, Some(told)))
        }
        service => Ok((service?, None)),
    }
}

fn cells(row: &EditionStatus) -> Vec<String> {
    let d = row.deliveries;
    vec![
        row.edition.to_string(),
        row.state.to_owned(),
        row.due_at.format("%a %-d %b %Y %H:%M").to_string(),
        d.total.to_string(),
        d.accepted.to_string(),
        (d.queued + d.sending + d.deferred).to_string(),
        (d.uncertain + d.failed + d.expired + d.suppressed).to_string(),
        row.reason.as_ref().map(|reason| messages::edition::state(reason, row.edition)).unwrap_or_default(),
    ]
}
