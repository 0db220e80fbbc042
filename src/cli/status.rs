//! `status`: where everything stands.

use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use super::listing::{JsonList, LineList};
use super::out;
use crate::app::reporter::{self, EditionStatus, Reporter};
use crate::app::{AppError, bootstrap};
use crate::domain::audit::AuditRecord;
use crate::domain::edition::EditionNumber;
use crate::domain::text::dates::local_moment;
use crate::messages;
use crate::messages::attention::{attention, needs_approval};

#[derive(Debug, Args)]
pub(super) struct Status {
    /// Only this edition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    edition: Option<u32>,
    /// Also show who decided what, and when; with --edition, about that edition alone
    #[arg(long)]
    audit: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let config = context.config()?;
        let loaded = bootstrap::loaded(&config);
        let app = bootstrap::open_copy(config, context.clock).await?;
        let reporter = Reporter::new(&app, loaded);
        let status = reporter.status(self.edition.map(EditionNumber)).await?;
        if let (Some(number), true) = (self.edition, status.editions.is_empty()) {
            return Err(AppError::NoEdition(EditionNumber(number)).into());
        }
        let value = || -> Result<serde_json::Value, Failure> {
            let mut value = serde_json::to_value(&status).map_err(anyhow::Error::from)?;
            value["attention"] = status.attention.iter().map(attention).collect();
            Ok(value)
        };
        match (self.json, self.audit) {
            (true, true) => self.audit_json(&reporter, value()?).await?,
            (true, false) => out::json(&value()?),
            (false, audit) => {
                show(&status, app.config.subscribers.len() as u64);
                if audit {
                    self.audit_lines(&reporter).await?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The answer with the audit in its place.
    async fn audit_json(&self, reporter: &Reporter, mut value: serde_json::Value) -> Result<(), Failure> {
        value["audit"] = serde_json::json!([]);
        let text = serde_json::to_string_pretty(&value).map_err(anyhow::Error::from)?;
        // Quotation marks within a string of JSON are escaped, so this can only be the key.
        let (before, after) = text.split_once("\"audit\": []").unwrap_or((&text, ""));
        let mut list = JsonList::within(&format!("{before}\"audit\": "), "    ");
        self.each_decision(reporter, |record| list.add(&serde_json::json!(record))).await?;
        list.end(after);
        Ok(())
    }

    async fn audit_lines(&self, reporter: &Reporter) -> Result<(), Failure> {
        let mut lines = LineList::new();
        self.each_decision(reporter, |AuditRecord { at, actor, action, subject, detail, by }| {
            let by = by.unwrap_or_default();
            lines.add(&format!("{}\t{actor}\t{action}\t{subject}\t{detail}\t{by}", at.to_rfc3339()))
        })
        .await?;
        lines.end();
        Ok(())
    }

    async fn each_decision(
        &self,
        reporter: &Reporter,
        mut take: impl FnMut(AuditRecord) -> ControlFlow<()>,
    ) -> Result<(), AppError> {
        let in_words = |record: AuditRecord| AuditRecord {
            detail: messages::audit::detail(&record.action, &record.subject, &record.detail),
            ..record
        };
        let edition = self.edition.map(EditionNumber);
        reporter.each_decision(edition, |page| page.into_iter().map(in_words).try_for_each(&mut take)).await
    }
}

/// Editions, subscribers, what comes next and what needs a person. The config names `named` subscribers.
fn show(status: &reporter::Status, named: u64) {
    let header = ["Edition", "State", "Due", "Mails", "Accepted", "Bounced", "Waiting", "Other", "Note"];
    out::table(&header, status.editions.iter().map(cells).collect());
    let counts = status.subscribers;
    out::line(&format!(
        "Subscribers: {} active, {} pending, {} ended. Suppressed addresses: {}.",
        counts.active, counts.pending, counts.ended, status.suppressions
    ));
    if counts.active + counts.pending + counts.ended == 0 && named > 0 {
        let entries = out::count(named, "subscriber", "subscribers");
        out::line(&format!(
            "The config names {entries}, not read in yet: `fortnightly sync`, `send` and `run` do that."
        ));
    }
    match (status.next.edition, status.next.due_at) {
        (Some(edition), Some(due_at)) => {
            out::line(&format!("Next: edition {edition} on {} ({}).", local_moment(&due_at), due_at.format("%:z")));
            if status.next_needs_approval {
                let wanted = needs_approval(edition, &due_at);
                out::line(&format!("It is not planned yet. Approval is required: {wanted}."));
            }
        }
        _ => out::line("Next: nothing is planned."),
    }
    if let Some(came_in) = messages::subscription::came_in(&status.reports) {
        out::line(&came_in);
    }
    if !status.nodes.is_empty() {
        out::line(&messages::nodes::summary(&status.nodes));
    }
    for one in &status.attention {
        out::line(&format!("Needs a person: {}", attention(one)));
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
        row.bounced.to_string(),
        (d.queued + d.sending + d.deferred).to_string(),
        (d.uncertain + d.failed + d.expired + d.suppressed).to_string(),
        row.reason.as_ref().map(|reason| messages::edition::state(reason, row.edition)).unwrap_or_default(),
    ]
}
